//! The reference's calls. They act as the program that embeds the engine.

use std::time::Duration;

use async_trait::async_trait;
use engine::orchestrator::{Answer, WorkflowFilter, WorkflowSelection};
use engine::progress::{Progress, WorkflowState};
use engine::{
    Action, Actor, JobId, JobOrchestrator, JobOrchestratorError, StepIndex, WorkflowDefinition,
    WorkflowId, Workflows,
};
use serde_json::{Map, Value};

use super::{Runtime, read_fault};
use crate::store::Standing;

/// Most workflows of a list that is asked for whole.
const LIST_MAX: usize = 10_000;
/// A wake-up may be missed; then the wait looks by itself.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

impl Runtime {
    async fn selected(&self, selection: WorkflowSelection) -> Answer<Vec<WorkflowState>> {
        let filter = WorkflowFilter {
            selection,
            limit: LIST_MAX,
            ..WorkflowFilter::default()
        };
        let now = self.inner.clock.now();
        let found = self.inner.store.list(&filter, now).await;
        let mut states = found.map_err(|cause| read_fault(&cause))?;
        self.mark(&mut states);
        if selection == WorkflowSelection::Recoverable {
            states.retain(|state| state.summary.is_recoverable());
        }
        Ok(states)
    }

    /// Waits until the workflow is over.
    pub(super) async fn finished(&self, id: WorkflowId) -> Answer<WorkflowState> {
        // Subscribed before looking, so that nothing falls between the two.
        let mut news = self.inner.feed.subscribe(id);
        loop {
            // One in quarantine is over, whatever its row says.
            let is_aside = self.inner.quarantine.cause(id).is_some();
            if is_aside || self.standing(id).await?.status.is_terminal() {
                return self.state(id).await;
            }
            if self.inner.outbox.is_closed() {
                return Err(JobOrchestratorError::Stopping);
            }
            let over = news.wait_for(|news| news.is_over);
            // What it answers is a lock and may not be kept while the store is read.
            let is_told = matches!(tokio::time::timeout(LOOK_AGAIN, over).await, Ok(Ok(_)));
            if is_told {
                let state = self.state(id).await?;
                if state.summary.status.is_terminal() {
                    return Ok(state);
                }
            }
        }
    }

    async fn state(&self, id: WorkflowId) -> Answer<WorkflowState> {
        if self.inner.quarantine.cause(id).is_some() {
            return Ok(self.detail_now(id).await?.state);
        }
        let found = self.inner.store.state(id, self.inner.clock.now()).await;
        let found = found.map_err(|cause| read_fault(&cause))?;
        found.ok_or(JobOrchestratorError::NotFound {
            what: "workflow",
            id: id.0,
        })
    }

    /// What the workflow's row alone tells.
    pub(super) async fn standing(&self, id: WorkflowId) -> Answer<Standing> {
        let found = match self.inner.store.standing(id).await {
            Err(fault) if fault.is_of_a_row() => return Err(self.unreadable(id, &fault).await),
            read => read.map_err(|cause| read_fault(&cause))?,
        };
        found.ok_or(JobOrchestratorError::NotFound {
            what: "workflow",
            id: id.0,
        })
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
        // The call of the same name that takes closures as well.
        Self::create_workflow(self, job_id, definition, metadata).await
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
        Self::execute_workflow(self, workflow_id, definition).await
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
        Ok(self.detail_now(workflow_id).await?.progress)
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
