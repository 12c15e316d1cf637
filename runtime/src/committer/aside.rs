//! A workflow that cannot be read, decided or written is put aside: its attempts are stopped, its
//! commands refused, and the loop and its neighbours go on.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use engine::WorkflowId;
use engine::invariant::Finding;
use engine::workflow::Impossible;
use tracing::error;

use super::batch::{Batch, Member};
use super::{Committer, Message};
use crate::store::{Defect, Quarantined, StoreError};

/// Why a batch is not written.
pub(super) struct Blame {
    pub(super) workflow: WorkflowId,
    pub(super) defect: Defect,
    pub(super) cause: String,
}

impl Blame {
    pub(super) fn findings(workflow: WorkflowId, found: &[Finding]) -> Self {
        let told: Vec<_> = found.iter().take(3).map(ToString::to_string).collect();
        Self {
            workflow,
            defect: Defect::Invariant,
            cause: format!(
                "something that must always hold does not ({})",
                told.join("; ")
            ),
        }
    }

    pub(super) fn unreadable(workflow: WorkflowId, fault: &StoreError) -> Self {
        Self {
            workflow,
            defect: Defect::Unreadable,
            cause: fault.to_string(),
        }
    }

    pub(super) fn unwritable(workflow: WorkflowId, fault: &StoreError) -> Self {
        Self {
            workflow,
            defect: Defect::Unwritable,
            cause: format!("what follows for it cannot be written ({fault})"),
        }
    }

    /// A decision that the tables do not know: memory may be halfway.
    pub(super) fn contradiction(workflow: WorkflowId, fault: &Impossible) -> Self {
        Self {
            workflow,
            defect: Defect::Invariant,
            cause: format!("a decision about it contradicts the tables ({fault})"),
        }
    }

    pub(super) fn panic(workflow: WorkflowId, panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self {
            workflow,
            defect: Defect::Panic,
            cause: format!(
                "the engine broke on it ({})",
                text.unwrap_or("without a text")
            ),
        }
    }
}

/// Does something with a workflow; a panic is blamed on it.
pub(super) fn guarded<T>(workflow: WorkflowId, act: impl FnOnce() -> T) -> Result<T, Blame> {
    // Whatever is half done in memory is thrown away with the workflow.
    catch_unwind(AssertUnwindSafe(act)).map_err(|panic| Blame::panic(workflow, &*panic))
}

impl Committer {
    /// Puts a workflow aside. The alarm is given once.
    pub(super) async fn put_aside(&mut self, blame: Blame) {
        let Blame {
            workflow,
            defect,
            cause,
        } = blame;
        self.attempts.stop_workflow(workflow);
        self.forget(workflow);
        let aside = Quarantined {
            workflow,
            at: self.clock.now(),
            defect,
            cause,
        };
        if !self.quarantine.put(aside.clone()) {
            return;
        }
        error!(
            workflow = workflow.0,
            defect = defect.as_str(),
            cause = aside.cause,
            "a workflow is put into quarantine; \"job-orchestrator doctor\" says what differs"
        );
        if let Err(fault) = self.store.put_aside(&aside).await {
            error!(%fault, workflow = workflow.0, "the quarantine holds only until the server stops");
        }
    }

    /// What follows from a batch that may not be written because of one workflow: that one is put
    /// aside, memory goes back to what the store holds, and everything is decided anew.
    pub(super) async fn without(&mut self, blame: Blame, batch: Batch, rest: Vec<Message>) {
        let id = blame.workflow;
        let is_new = batch.creates(id);
        let members = self.undo(batch);
        if is_new {
            error!(
                cause = blame.cause,
                "a new workflow breaks a rule and is not written"
            );
        } else {
            self.put_aside(blame).await;
        }
        let fault = StoreError::Corrupt {
            what: "a new workflow".into(),
            cause: "it breaks a rule".into(),
        };
        for Member { message, answer } in members {
            let made = answer.is_ok_and(|answered| answered.is_about(id));
            if is_new && made && matches!(message, Message::Create { .. }) {
                self.give_up(message, Some(&fault));
            } else {
                Box::pin(self.process(vec![message])).await;
            }
        }
        for message in rest {
            Box::pin(self.process(vec![message])).await;
        }
    }
}
