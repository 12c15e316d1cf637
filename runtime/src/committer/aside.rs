//! A workflow that cannot be read, decided or written is put aside: its attempts are stopped, its
//! commands refused, and the loop and its neighbours go on.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use engine::WorkflowId;
use engine::invariant::{Finding, at_rest};
use engine::workflow::Impossible;
use tracing::{error, info};

use super::batch::{Batch, Member};
use super::roll_back::Part;
use super::{Committer, Message};
use crate::fault;
use crate::feed::News;
use crate::store::{Concern, Defect, Quarantined, StoreError, StoredWorkflow};

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

    /// Somebody deleted it with another program. Whoever wanted to be rid of it has its last row as well.
    fn deleted(workflow: WorkflowId) -> Self {
        Self {
            workflow,
            defect: Defect::Unreadable,
            cause: "its row was deleted from the table workflows while it was under way; put the row back \
                    from a copy, or delete its row in the table quarantine as well, while no server runs"
                .to_owned(),
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
        Self {
            workflow,
            defect: Defect::Panic,
            cause: format!("the engine broke on it ({})", fault::text_of(panic)),
        }
    }
}

/// Does something with a workflow; a panic is blamed on it.
pub(super) fn guarded<T>(workflow: WorkflowId, act: impl FnOnce() -> T) -> Result<T, Blame> {
    // Whatever is half done in memory is thrown away with the workflow.
    catch_unwind(AssertUnwindSafe(act)).map_err(|panic| Blame::panic(workflow, &*panic))
}

impl Committer {
    /// What the store holds of a workflow, or what is wrong with its rows.
    pub(super) async fn read(
        &self,
        id: WorkflowId,
    ) -> Result<Result<Option<StoredWorkflow>, Blame>, StoreError> {
        let stored = match self.store.load(id).await {
            // Looked at twice: what is wrong only once is not in the row.
            Err(fault) if fault.is_of_a_row() => self.store.load(id).await,
            once => once,
        };
        match stored {
            Ok(Some(stored)) => Ok(self.judge(id, stored).map(Some)),
            Ok(None) => Ok(Ok(None)),
            Err(fault) if fault.is_of_a_row() => {
                // The row alone is bad, or the page it lies on.
                self.health.store_failed(&fault);
                Ok(Err(Blame::unreadable(id, &fault)))
            }
            Err(fault) => Err(fault),
        }
    }

    /// The workflow as it was read, unless its rows contradict each other.
    pub(super) fn judge(
        &self,
        id: WorkflowId,
        stored: StoredWorkflow,
    ) -> Result<StoredWorkflow, Blame> {
        let found = at_rest(&stored.workflow);
        if found.is_empty() {
            return Ok(stored);
        }
        self.quarantine.count(found.len());
        Err(Blame::findings(id, &found))
    }

    /// What is wrong with the rows of a workflow that somebody could not read, also while it is in
    /// memory: rows are the truth, and what went on without them would be gone with the server.
    pub(super) async fn examine(&self, id: WorkflowId) -> Option<Blame> {
        if self.quarantine.cause(id).is_some() {
            return None;
        }
        match self.read(id).await {
            Ok(read) => read.err(),
            Err(fault) => {
                self.health.store_failed(&fault);
                None
            }
        }
    }

    /// Why the only workflow of a batch is put aside that could not be written; none when its rows are
    /// not at fault.
    pub(super) async fn at_fault(&self, id: WorkflowId, fault: &StoreError) -> Option<Blame> {
        if fault.is_contradiction() || fault.is_of_a_row() {
            return Some(Blame::unwritable(id, fault));
        }
        let stands_elsewhere = matches!(fault, StoreError::Stale(_));
        let is_deleted = stands_elsewhere && matches!(self.store.rev(id).await, Ok(None));
        is_deleted.then(|| Blame::deleted(id))
    }

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
        let news = News {
            is_over: true,
            is_aside: true,
            ..News::default()
        };
        self.feed.publish(workflow, news);
        if !self.note_aside(aside).await {
            error!(
                workflow = workflow.0,
                "the quarantine is not noted in the database yet"
            );
        }
    }

    /// Notes in the store what was put aside: now or, where nothing can be written, as soon as
    /// something can. Whether it is noted now.
    async fn note_aside(&mut self, aside: Quarantined) -> bool {
        let Err(fault) = self.store.put_aside(&aside).await else {
            return true;
        };
        self.health.store_failed(&fault);
        if fault.concern() == Concern::Rows {
            let workflow = aside.workflow.0;
            error!(%fault, workflow, "a quarantine cannot be noted; the next start has to find it again");
        } else {
            self.held.keep_aside(aside, self.clock.steady());
        }
        false
    }

    /// Notes what was put aside while nothing could be written.
    pub(super) async fn note_kept_aside(&mut self, kept: Vec<Quarantined>) {
        for aside in kept {
            let workflow = aside.workflow;
            if self.health.is_away() {
                self.held.keep_aside(aside, self.clock.steady());
            } else if self.note_aside(aside).await {
                info!(workflow = workflow.0, "the quarantine is noted now");
            }
        }
    }

    /// What follows from a batch that may not be written because of one workflow: that one is put
    /// aside, memory goes back to what the store holds, and everything is decided anew.
    pub(super) async fn without(
        &mut self,
        blame: Blame,
        batch: Batch,
        rest: Vec<Message>,
    ) -> Vec<Part> {
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
        let mut again = Vec::new();
        for Member { message, answer } in members {
            let made = answer.is_ok_and(|answered| answered.is_about(id));
            if is_new && made && matches!(message, Message::Create { .. }) {
                self.give_up(message, Some(&fault));
            } else {
                again.push(Part::Message(message));
            }
        }
        again.extend(rest.into_iter().map(Part::Message));
        again
    }
}
