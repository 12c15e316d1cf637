//! Active workflows that are not in memory, and attempts that nobody carries out.

use std::collections::HashSet;

use engine::{StepIndex, TaskStatus, WorkflowId};
use tracing::error;

use super::Committer;

impl Committer {
    /// Brings workflows into memory that were active a moment ago, and answers the attempts of
    /// theirs that the rows call running and that nobody here carries out.
    pub(super) async fn take_up(
        &mut self,
        ids: Vec<WorkflowId>,
    ) -> Vec<(WorkflowId, StepIndex, u32)> {
        let mut read = self.read_together(&ids).await;
        let ends = self.held.ends();
        let mut orphans = Vec::new();
        for id in ids {
            let was_here = self.active.contains_key(&id);
            if let Err(fault) = self.take_in(id, read.remove(&id)).await {
                error!(%fault, workflow = id.0, "an active workflow cannot be read");
            }
            orphans.extend(self.orphans(id, &ends));
            if !was_here {
                // It may be over by now. What was here may be so only once this batch is written.
                self.evict(id);
            }
        }
        orphans
    }

    fn orphans(
        &self,
        id: WorkflowId,
        ends: &HashSet<(WorkflowId, StepIndex)>,
    ) -> Vec<(WorkflowId, StepIndex, u32)> {
        let Some(active) = self.active.get(&id) else {
            return Vec::new();
        };
        let tasks = active.workflow.tasks().iter().enumerate();
        tasks
            .filter(|(task, known)| {
                let record = known.record();
                let is_alive = record.superseded.is_some()
                    || (record.status == TaskStatus::Running && !record.waiting);
                is_alive && !self.attempts.is_live(id, *task) && !ends.contains(&(id, *task))
            })
            .map(|(task, known)| {
                let record = known.record();
                (id, task, record.superseded.unwrap_or(record.attempt))
            })
            .collect()
    }
}
