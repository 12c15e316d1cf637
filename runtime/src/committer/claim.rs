//! Gives free slots to queued tasks, in the same transaction that made them ready.

use engine::{Command, advance};

use super::Committer;
use super::batch::Batch;
use crate::crash_point;

impl Committer {
    pub(super) fn claim(&mut self, batch: &mut Batch) {
        while !self.is_stopping {
            let Some((id, task)) = self.lanes.next() else {
                return;
            };
            if self.park(id, task) {
                continue;
            }
            let Some(active) = self.active.get_mut(&id) else {
                continue;
            };
            let now = self.clock.now();
            // A refusal means that the entry is out of date: the task is not queued any more, or
            // its workflow is paused and the resume queues it again.
            let claim = advance(
                &mut active.workflow,
                &Command::StartTask { task },
                None,
                now,
            );
            if let Ok(events) = claim {
                let starts_program = self.attempts.starts_program(&active.workflow, task);
                self.lanes.hold(starts_program, (id, task));
                batch.started.push((id, task));
                batch.add(id, events);
                crash_point::reach("c0");
            }
        }
    }
}
