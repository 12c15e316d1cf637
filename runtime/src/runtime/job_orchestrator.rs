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

/// Workflows that are read at once of a list that is asked for whole.
const READ_AT_ONCE: usize = 1_000;
/// A wake-up may be missed; then the wait looks by itself.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

impl Runtime {
    /// All of them, however many there are. They are read in parts, each by key behind the one
    /// before: one that comes in between is left out, and none is cut off.
    async fn selected(&self, selection: WorkflowSelection) -> Answer<Vec<WorkflowState>> {
        let mut filter = WorkflowFilter {
            selection,
            limit: READ_AT_ONCE,
            ..WorkflowFilter::default()
        };
        let now = self.inner.moments.now();
        let mut states: Vec<WorkflowState> = Vec::new();
        loop {
            let found = self.inner.store.list(&filter, now).await;
            let found = found.map_err(|cause| read_fault(&cause))?;
            let is_last = found.len() < READ_AT_ONCE;
            states.extend(found);
            if is_last {
                break;
            }
            filter.before = states.last().map(|last| last.id);
        }
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
            if self.is_over(id).await? {
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

    /// Whether the workflow is over, by its row alone. One in quarantine is, whatever its row says.
    pub(crate) async fn is_over(&self, id: WorkflowId) -> Answer<bool> {
        if self.is_aside(id) {
            return Ok(true);
        }
        match self.standing(id).await {
            // It could not be read, and was put aside for that.
            Err(_) if self.is_aside(id) => Ok(true),
            standing => Ok(standing?.status.is_terminal()),
        }
    }

    async fn state(&self, id: WorkflowId) -> Answer<WorkflowState> {
        if self.inner.quarantine.cause(id).is_some() {
            return Ok(self.detail_now(id).await?.state);
        }
        let found = self.inner.store.state(id, self.inner.moments.now()).await;
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

/// ```
/// use runtime::{
///     JobId, JobOrchestrator, Runtime, StepError, WorkflowDefinition, WorkflowStatus, WorkflowStep,
///     json,
/// };
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let orchestrator = Runtime::builder().in_memory().start().await?;
/// // Waits for the end of the attempt.
/// let wait = WorkflowStep::new("Wait", "wait", |cx| async move {
///     cx.stopped().await;
///     Err::<(), _>(StepError::Stopped)
/// });
/// let after = WorkflowStep::new("After", "after", |_cx| async { Ok(json!("done")) });
/// let definition = WorkflowDefinition::new("Wait").step(wait).step(after.dependencies([0]));
/// let id = orchestrator.create_workflow(JobId(7), definition, None).await?.id;
/// assert_eq!(orchestrator.get_workflow(id).await?.map(|w| w.status), Some(WorkflowStatus::Pending));
///
/// orchestrator.start_workflow(id).await?;
/// orchestrator.pause_workflow(id).await?;
/// let active = orchestrator.get_active_workflows().await?;
/// assert_eq!((active.len(), active[0].status), (1, WorkflowStatus::Paused));
/// orchestrator.resume_workflow(id).await?;
/// let asked = orchestrator.cancel_workflow(id).await?;
/// assert!(asked.cancel_requested || asked.status == WorkflowStatus::Cancelled);
///
/// let progress = orchestrator.get_workflow_progress(id).await?;
/// assert_eq!((progress.total_steps, progress.tasks[1].name.as_str()), (2, "After"));
/// assert_eq!(orchestrator.get_failed_workflows().await?, []);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
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
        self.progress_now(workflow_id).await
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
