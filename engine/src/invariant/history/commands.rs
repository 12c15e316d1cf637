//! I16 as far as events tell it: what follows from a command with an id follows once, all together.

use std::collections::HashMap;
use std::time::Duration;

use super::super::finding::{Findings, Invariant as I};
use crate::event::EventRecord;
use crate::id::Seq;
use crate::role::ActorKind;
use crate::time::Timestamp;

/// After this long an id may be given to another command.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Whose a command is, and its id.
type Key = (Option<ActorKind>, String, String);

/// The last event of each command.
#[derive(Debug, Default)]
pub(in crate::invariant) struct Commands(HashMap<Key, (Seq, Timestamp)>);

impl Commands {
    pub(in crate::invariant) fn follow(&mut self, record: &EventRecord, found: &mut Findings) {
        let (Some(actor), Some(id)) = (&record.actor, &record.command_id) else {
            return;
        };
        let key = (record.actor_kind, actor.clone(), id.clone());
        let Some((seq, at)) = self.0.insert(key, (record.seq, record.at)) else {
            return;
        };
        let goes_on = record.seq == seq + 1;
        let is_forgotten = record.at.since(at) >= REMEMBERED;
        found.hold(I::I16, goes_on || is_forgotten, || {
            let now = record.seq;
            format!("the command {id} of {actor} led to event {seq} and again to event {now}")
        });
    }
}
