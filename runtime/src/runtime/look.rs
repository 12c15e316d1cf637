//! What is shown of one workflow, also of one that is aside: as much as can be read of it.

use std::time::Duration;

use engine::orchestrator::{Answer, Hindrance, WorkflowDetail};
use engine::progress::{Progress, WorkflowState};
use engine::{JobOrchestratorError, WorkflowId};
use serde_json::json;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{Runtime, read_fault};
use crate::committer::Message;
use crate::quarantine::refused;
use crate::store::{StoreError, StoredWorkflow, state_of};

/// How long whoever looks waits for the committer, which may be waiting for the database itself.
const EXAMINED_WITHIN: Duration = Duration::from_secs(2);

/// One workflow as it can be shown.
pub(super) enum Look {
    /// It is as it should be.
    Sound(Box<StoredWorkflow>),
    /// It is aside, and this is why.
    Aside {
        /// Its rows, as far as they make sense.
        stored: Option<Box<StoredWorkflow>>,
        /// What is wrong with it.
        cause: String,
    },
}

/// As much of a workflow as there is to show.
enum Shown {
    Whole(Box<StoredWorkflow>, Progress),
    /// Its rows make no sense.
    Remains(WorkflowState),
}

impl Runtime {
    /// The workflow with its tasks; one that is aside is refused.
    pub(super) async fn stored(&self, id: WorkflowId) -> Answer<StoredWorkflow> {
        match self.look(id).await? {
            Look::Sound(stored) => Ok(*stored),
            Look::Aside { cause, .. } => Err(refused(cause)),
        }
    }

    pub(super) async fn look(&self, id: WorkflowId) -> Answer<Look> {
        let loaded = self.inner.store.load(id).await;
        let aside = |stored, cause| Look::Aside { stored, cause };
        match loaded {
            Ok(None) => Err(JobOrchestratorError::NotFound {
                what: "workflow",
                id: id.0,
            }),
            Ok(Some(stored)) => {
                let stored = Box::new(stored);
                Ok(match self.inner.quarantine.cause(id) {
                    Some(cause) => aside(Some(stored), cause),
                    None => Look::Sound(stored),
                })
            }
            Err(fault) if fault.is_of_a_row() => {
                let examined = self.examined(id, &fault).await;
                examined.map(|cause| aside(None, cause))
            }
            Err(fault) => Err(read_fault(&fault)),
        }
    }

    /// Lets the committer look at a workflow that could not be read: it puts it aside, unless the
    /// database keeps it from doing so. Whether it has looked by now.
    async fn examine(&self, id: WorkflowId) -> bool {
        let (done, looked) = oneshot::channel();
        let sent = self.inner.outbox.send(Message::Examine { id, done });
        // A committer that is gone puts nothing aside.
        sent.is_ok() && matches!(timeout(EXAMINED_WITHIN, looked).await, Ok(Ok(())))
    }

    /// Why a workflow whose row could not be read is aside now, or why it is not.
    async fn examined(&self, id: WorkflowId, fault: &StoreError) -> Answer<String> {
        let has_looked = self.examine(id).await;
        match self.inner.quarantine.cause(id) {
            Some(cause) => Ok(cause),
            None if has_looked || self.inner.outbox.is_closed() => Err(read_fault(fault)),
            None => Err(Hindrance::DatabaseAway.into()),
        }
    }

    /// What is answered when a workflow's row could not be read.
    pub(super) async fn unreadable(
        &self,
        id: WorkflowId,
        fault: &StoreError,
    ) -> JobOrchestratorError {
        let examined = self.examined(id, fault).await;
        examined.map_or_else(|why| why, refused)
    }

    /// What can be told of a workflow of which not even the rows make sense.
    async fn remains(&self, id: WorkflowId, cause: &str) -> Answer<WorkflowState> {
        let found = self.inner.store.remains(id, cause).await;
        found
            .map_err(|fault| read_fault(&fault))?
            .ok_or(JobOrchestratorError::NotFound {
                what: "workflow",
                id: id.0,
            })
    }

    async fn shown(&self, id: WorkflowId) -> Answer<Shown> {
        let now = self.inner.moments.now();
        let (stored, cause) = match self.look(id).await? {
            Look::Sound(stored) => (stored, None),
            Look::Aside {
                stored: Some(stored),
                cause,
            } => (stored, Some(cause)),
            Look::Aside {
                stored: None,
                cause,
            } => return Ok(Shown::Remains(self.remains(id, &cause).await?)),
        };
        let mut progress = self.progress_of(&stored, now);
        if let Some(cause) = cause {
            progress.summary.put_aside(cause);
        }
        Ok(Shown::Whole(stored, progress))
    }

    pub(super) async fn detail_now(&self, id: WorkflowId) -> Answer<WorkflowDetail> {
        Ok(match self.shown(id).await? {
            Shown::Whole(stored, progress) => WorkflowDetail {
                state: state_of(&stored, progress.summary.clone()),
                definition: stored.workflow.definition().to_json(),
                progress,
            },
            Shown::Remains(state) => WorkflowDetail {
                progress: Progress::without_tasks(id, state.summary.clone()),
                definition: json!({ "name": state.name, "steps": [] }),
                state,
            },
        })
    }

    /// The state alone: the definition may have thousands of steps, and is not written out for it.
    pub(super) async fn state_now(&self, id: WorkflowId) -> Answer<WorkflowState> {
        Ok(match self.shown(id).await? {
            Shown::Whole(stored, progress) => state_of(&stored, progress.summary),
            Shown::Remains(state) => state,
        })
    }

    /// The progress alone, as well without the definition.
    pub(super) async fn progress_now(&self, id: WorkflowId) -> Answer<Progress> {
        Ok(match self.shown(id).await? {
            Shown::Whole(_, progress) => progress,
            Shown::Remains(state) => Progress::without_tasks(id, state.summary),
        })
    }

    /// Marks what is aside in a list, and has what could not be read looked at.
    pub(super) fn mark(&self, states: &mut [WorkflowState]) {
        for state in states {
            let id = state.id;
            if let Some(cause) = self.inner.quarantine.cause(id) {
                state.summary.put_aside(cause);
            } else if state.summary.quarantine.is_some() {
                let runtime = self.clone();
                tokio::spawn(async move {
                    runtime.examine(id).await;
                });
            }
        }
    }
}
