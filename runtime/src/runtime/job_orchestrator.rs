//! The reference's calls. They act as the program that embeds the engine.

use std::time::Duration;

use async_trait::async_trait;
use engine::definition::Reading;
use engine::orchestrator::{Answer, WorkflowFilter, WorkflowSelection};
use engine::progress::{Progress, WorkflowState};
use engine::{
    Action, Actor, JobId, JobOrchestrator, JobOrchestratorError, StepIndex, WorkflowDefinition,
    WorkflowId, WorkflowStatus, Workflows,
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Runtime, read_fault};
use crate::committer::Creation;

/// Most workflows of a list that is asked for whole.
const LIST_MAX: usize = 10_000;
/// A wake-up may be missed; then the wait looks by itself.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The hash under which a definition's text is stored once.
pub(super) fn hash(definition: &WorkflowDefinition) -> String {
    use std::fmt::Write as _;
    let digest = Sha256::digest(definition.to_json().to_string().as_bytes());
    digest
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            // Writing into a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

impl Runtime {
    async fn selected(&self, selection: WorkflowSelection) -> Answer<Vec<WorkflowState>> {
        let filter = WorkflowFilter {
            selection,
            limit: LIST_MAX,
            ..WorkflowFilter::default()
        };
        let now = self.inner.clock.now();
        self.inner
            .store
            .list(&filter, now)
            .await
            .map_err(|cause| read_fault(&cause))
    }

    /// Waits until the workflow is over.
    async fn finished(&self, id: WorkflowId) -> Answer<WorkflowState> {
        loop {
            let state = self.workflow(&Actor::program(), id).await?;
            if state.summary.status.is_terminal() {
                return Ok(state);
            }
            let changed = self.changed(id, state.summary.events);
            drop(tokio::time::timeout(LOOK_AGAIN, changed).await);
        }
    }
}

#[async_trait]
impl JobOrchestrator for Runtime {
    async fn create_workflow(
        &self,
        job_id: JobId,
        definition: WorkflowDefinition,
        metadata: Option<Map<String, Value>>,
    ) -> Answer<WorkflowState> {
        let definition = self.checked_reading(Reading::from(&definition))?;
        let creation = Creation {
            job_id: Some(job_id),
            source: None,
            definition_hash: hash(&definition),
            parameters: definition.parameters().clone(),
            metadata: metadata.unwrap_or_default(),
            start: false,
            command_id: None,
            definition: definition.into(),
        };
        self.create(creation, &Actor::program()).await
    }

    async fn get_workflow(&self, workflow_id: WorkflowId) -> Answer<Option<WorkflowState>> {
        match self.workflow(&Actor::program(), workflow_id).await {
            Ok(state) => Ok(Some(state)),
            Err(JobOrchestratorError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn get_workflow_by_job(&self, job_id: JobId) -> Answer<Option<WorkflowState>> {
        match self.workflow_of_job(&Actor::program(), job_id).await {
            Ok(state) => Ok(Some(state)),
            Err(JobOrchestratorError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn execute_workflow(
        &self,
        workflow_id: WorkflowId,
        definition: &WorkflowDefinition,
    ) -> Answer<WorkflowState> {
        let stored = self.stored(workflow_id).await?;
        if stored.header.definition_hash != hash(definition) {
            let text = "the workflow was created with another definition, which never changes";
            return Err(JobOrchestratorError::Conflict(text.into()));
        }
        match stored.workflow.status() {
            WorkflowStatus::Pending => {
                self.start_workflow(workflow_id).await?;
            }
            WorkflowStatus::Paused => {
                let text = "the workflow is paused; resume it first";
                return Err(JobOrchestratorError::Conflict(text.into()));
            }
            _ => {}
        }
        self.finished(workflow_id).await
    }

    async fn start_workflow(&self, workflow_id: WorkflowId) -> Answer<WorkflowState> {
        self.command(workflow_id, Action::Start.into(), &Actor::program())
            .await
    }

    async fn pause_workflow(&self, workflow_id: WorkflowId) -> Answer<WorkflowState> {
        self.command(workflow_id, Action::Pause.into(), &Actor::program())
            .await
    }

    async fn resume_workflow(&self, workflow_id: WorkflowId) -> Answer<WorkflowState> {
        self.command(workflow_id, Action::Resume.into(), &Actor::program())
            .await
    }

    async fn cancel_workflow(&self, workflow_id: WorkflowId) -> Answer<WorkflowState> {
        self.command(workflow_id, Action::Cancel.into(), &Actor::program())
            .await
    }

    async fn recover_workflow(
        &self,
        workflow_id: WorkflowId,
        from_step: StepIndex,
    ) -> Answer<WorkflowState> {
        self.command(
            workflow_id,
            Action::recover(from_step).into(),
            &Actor::program(),
        )
        .await
    }

    async fn get_workflow_progress(&self, workflow_id: WorkflowId) -> Answer<Progress> {
        let stored = self.stored(workflow_id).await?;
        Ok(Progress::of(&stored.workflow, self.inner.clock.now()))
    }

    async fn get_active_workflows(&self) -> Answer<Vec<WorkflowState>> {
        self.selected(WorkflowSelection::Active).await
    }

    async fn get_failed_workflows(&self) -> Answer<Vec<WorkflowState>> {
        self.selected(WorkflowSelection::Failed).await
    }

    async fn get_recoverable_workflows(&self) -> Answer<Vec<WorkflowState>> {
        self.selected(WorkflowSelection::Recoverable).await
    }
}
