//! I10: numbers that never go down between two looks at the same workflow.

use super::finding::{Finding, Findings, Invariant as I};
use crate::id::Seq;
use crate::workflow::Workflow;

/// The numbers of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    rev: Seq,
    epoch: u32,
    /// Attempt, generation and redo of each task.
    tasks: Vec<[u32; 3]>,
}

impl Look {
    /// The numbers as they stand now.
    #[must_use]
    pub fn at(workflow: &Workflow) -> Self {
        let numbers = |task: &crate::workflow::Task| {
            let record = task.record();
            [record.attempt, record.generation, record.redo]
        };
        Self {
            rev: workflow.rev(),
            epoch: workflow.record().epoch,
            tasks: workflow.tasks().iter().map(numbers).collect(),
        }
    }

    /// What went down between this look and a later one.
    #[must_use]
    pub fn grown_to(&self, later: &Self) -> Vec<Finding> {
        let mut found = Findings::default();
        let before = (self.rev, self.epoch);
        let after = (later.rev, later.epoch);
        let grows = before.0 <= after.0 && before.1 <= after.1;
        found.hold(I::I10, grows, || {
            format!("its last event and epoch were {before:?} and are {after:?}")
        });
        found.hold(I::I10, self.tasks.len() == later.tasks.len(), || {
            format!(
                "it had {} tasks and has {}",
                self.tasks.len(),
                later.tasks.len()
            )
        });
        for (index, (before, after)) in self.tasks.iter().zip(&later.tasks).enumerate() {
            let grows = before.iter().zip(after).all(|(old, new)| old <= new);
            found.hold_for(index, I::I10, grows, || {
                format!("attempt, generation and redo were {before:?} and are {after:?}")
            });
        }
        found.into_vec()
    }
}
