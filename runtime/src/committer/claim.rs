//! Gives free slots to queued tasks, in the same transaction that made them ready.

use engine::{Command, Handler, advance};

use super::Committer;
use super::aside::{Blame, guarded};
use super::batch::Batch;
use super::lanes::Share;
use super::roll_back::Claimants;
use crate::crash_point;
use crate::health::Claims;

impl Committer {
    /// The error is the workflow on which the engine broke.
    pub(super) fn claim(&mut self, claimants: Claimants, batch: &mut Batch) -> Result<(), Blame> {
        let share = match self.health.claims() {
            _ if self.is_stopping => return Ok(()),
            Claims::None => return Ok(()),
            Claims::Half => Share::Half,
            Claims::All => Share::All,
        };
        let only = match claimants {
            Claimants::All => None,
            Claimants::Only(id) => Some(id),
        };
        while let Some((id, task)) = self.lanes.next(only, share) {
            if self.park(id, task) {
                continue;
            }
            let Some(active) = self.active.get_mut(&id) else {
                continue;
            };
            let step = active.workflow.definition().steps().get(task);
            let is_disabled = step.is_some_and(|step| {
                step.handler == Handler::StepType && self.health.is_disabled(&step.task_type)
            });
            if is_disabled {
                self.disabled.insert((id, task));
                continue;
            }
            let now = self.moments.now();
            // A refusal means that the entry is out of date: the task is not queued any more, or
            // its workflow is paused and the resume queues it again.
            let start = Command::StartTask { task };
            let claim = guarded(id, || advance(&mut active.workflow, &start, None, now))?;
            if let Ok(events) = claim {
                let starts_program = self.attempts.starts_program(&active.workflow, task);
                self.lanes.hold(starts_program, (id, task));
                batch.started.push((id, task));
                batch.add(id, events);
                crash_point::reach("c0");
            }
        }
        Ok(())
    }
}
