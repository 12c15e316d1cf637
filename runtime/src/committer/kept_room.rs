//! A disk that is full while there is still the room that is kept for such a case: it is given to what
//! running steps came to and to cancels. Whoever asks for anything else is told that the disk is full,
//! and what would start waits.

use engine::{Action, Command};
use tracing::warn;

use super::batch::Batch;
use super::roll_back::Part;
use super::{Committer, Message};
use crate::store::{Concern, StoreError};

impl Message {
    /// Whether it may be written into the room that is kept.
    const fn may_use_kept_room(&self) -> bool {
        match self {
            Self::Report { command, .. } => {
                matches!(command, Command::Report { .. } | Command::Wait { .. })
            }
            Self::Act { request, .. } => matches!(request.action, Action::Cancel),
            _ => false,
        }
    }
}

impl Committer {
    /// Gives up the room that is kept, when the batch found none on the disk and somebody in it may use
    /// it.
    pub(super) fn makes_room_for(&self, batch: &Batch, fault: &StoreError) -> bool {
        let mut messages = batch.members.iter().map(|member| &member.message);
        fault.concern() == Concern::Disk
            && messages.any(Message::may_use_kept_room)
            && self.health.make_room()
    }

    /// Tries those again, together, who may use the room that was kept; the others are given up. What
    /// the batch would have started stays in the queue: nothing starts on a full disk.
    pub(super) fn carry_over(&mut self, batch: Batch, fault: &StoreError) -> Vec<Part> {
        let messages = self.undo(batch).into_iter().map(|member| member.message);
        let (kept, others): (Vec<_>, Vec<_>) = messages.partition(Message::may_use_kept_room);
        warn!(
            outcomes = kept.len(),
            "the ballast is given up, so that what steps came to can be written"
        );
        for message in others {
            self.give_up(message, Some(fault));
        }
        vec![Part::Together(kept)]
    }
}
