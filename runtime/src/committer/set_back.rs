//! A clock that was set back takes no progress: what running steps had reached by then is noted before
//! anything is decided by the new time.

use engine::progress::reached;
use engine::{Command, Timestamp, WorkflowId};
use tokio::time::Instant;

use super::{BATCH_MAX, Committer, Message};

impl Committer {
    /// Notes it, if the clock was set back, then lets moments go on. What cannot be written yet is noted
    /// at the next look; until then they stand still, for readers as well.
    pub(super) async fn note_what_was_reached(&mut self) {
        let Some((before, now)) = self.moments.set_back() else {
            return;
        };
        self.watch.clock_was_set();
        let mut notes = self.reached(before, now).into_iter().peekable();
        while notes.peek().is_some() {
            let part = notes.by_ref().take(BATCH_MAX);
            self.process(part.collect()).await;
        }
        // One that has to be read back is not in memory.
        if !self.held.has_unread() && self.reached(before, now).is_empty() {
            self.moments.go_on(before);
        }
    }

    /// A wait that an attempt begins, as it is by the present clock: that may have been set since the
    /// attempt ended, where nothing could be written down meanwhile.
    pub(super) fn counted_anew(
        &self,
        command: &Command,
        waits_until: Option<Instant>,
        now: Timestamp,
    ) -> Option<Command> {
        let (Command::Wait { task, attempt, .. }, Some(at)) = (command, waits_until) else {
            return None;
        };
        let left = at.saturating_duration_since(self.clock.steady());
        Some(Command::Wait {
            task: *task,
            attempt: *attempt,
            until: now.plus(left),
        })
    }

    fn reached(&self, before: Timestamp, now: Timestamp) -> Vec<Message> {
        let of = |(id, active): (&WorkflowId, &super::Active)| {
            let id = *id;
            let commands = reached(&active.workflow, before, now).into_iter();
            commands.map(move |command| Message::small(id, command))
        };
        self.active.iter().flat_map(of).collect()
    }
}
