//! What the design says about tasks, written down a second time and slowly: from the states alone,
//! without the counters that the engine keeps.

use engine::definition::{OnFailure, RunIf};
use engine::{StepIndex, TaskStatus, Workflow};

/// What a pending task may do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Waits,
    Ready,
    NotNeeded,
    Blocked,
}

/// The rules applied to one moment of a workflow.
pub struct Oracle<'a> {
    workflow: &'a Workflow,
    blocked: Vec<bool>,
}

impl<'a> Oracle<'a> {
    pub fn new(workflow: &'a Workflow) -> Self {
        let mut oracle = Self {
            workflow,
            blocked: vec![false; workflow.tasks().len()],
        };
        for &index in workflow.definition().graph().order() {
            oracle.blocked[index] = oracle.blocks(index);
        }
        oracle
    }

    fn status(&self, index: StepIndex) -> TaskStatus {
        self.workflow.tasks()[index].status()
    }

    fn run_if(&self, index: StepIndex) -> RunIf {
        self.workflow.definition().steps()[index].run_if
    }

    fn dependencies(&self, index: StepIndex) -> &'a [StepIndex] {
        self.workflow.definition().graph().dependencies(index)
    }

    fn is_stopping(&self) -> bool {
        let failed = |t: &engine::workflow::Task| t.status() == TaskStatus::Failed;
        self.workflow.definition().on_failure() == OnFailure::Stop
            && self.workflow.tasks().iter().any(failed)
    }

    fn blocks(&self, index: StepIndex) -> bool {
        let stopped = self.is_stopping();
        let broken = || self.dependencies(index).iter().any(|d| self.is_broken(*d));
        self.run_if(index) == RunIf::Ok
            && match self.status(index) {
                TaskStatus::Pending => stopped || broken(),
                TaskStatus::Queued | TaskStatus::Retrying => stopped,
                _ => false,
            }
    }

    pub fn is_blocked(&self, index: StepIndex) -> bool {
        self.blocked[index]
    }

    /// Skipped, and not because of a failure.
    pub fn is_spared(&self, index: StepIndex) -> bool {
        let reason = self.workflow.tasks()[index].record().skip_reason;
        self.status(index) == TaskStatus::Skipped && reason.is_some_and(|r| r.is_for_good())
    }

    fn is_broken(&self, index: StepIndex) -> bool {
        match self.status(index) {
            TaskStatus::Failed | TaskStatus::Cancelled => true,
            TaskStatus::Skipped => !self.is_spared(index),
            _ => self.blocked[index],
        }
    }

    /// Whether everything above the task is settled or blocked and its `run_if` holds.
    pub fn run_if_holds(&self, index: StepIndex) -> bool {
        let above = self.dependencies(index);
        let is_over = |d: &StepIndex| self.status(*d).is_settled() || self.blocked[*d];
        let completed = |d: &StepIndex| self.status(*d) == TaskStatus::Completed;
        above.iter().all(is_over)
            && match self.run_if(index) {
                RunIf::Ok => {
                    let is_well = |d: &StepIndex| completed(d) || self.is_spared(*d);
                    above.iter().all(is_well) && (above.is_empty() || above.iter().any(completed))
                }
                RunIf::Always => true,
                RunIf::Failed => above.iter().any(|d| self.is_broken(*d)),
            }
    }

    /// What the pending task may do next.
    pub fn next(&self, index: StepIndex) -> Next {
        let above = self.dependencies(index);
        if self.blocked[index] {
            Next::Blocked
        } else if !above
            .iter()
            .all(|d| self.status(*d).is_settled() || self.blocked[*d])
        {
            Next::Waits
        } else if self.run_if_holds(index) {
            Next::Ready
        } else {
            Next::NotNeeded
        }
    }
}
