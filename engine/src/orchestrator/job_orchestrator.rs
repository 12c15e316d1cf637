//! The reference's calls.

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::Answer;
use crate::definition::WorkflowDefinition;
use crate::id::{JobId, StepIndex, WorkflowId};
use crate::progress::{Progress, WorkflowState};

/// The reference's calls, method for method. They act as the program that embeds the engine, which
/// may do everything.
///
/// Steps are counted from 0, workflows, jobs and events from 1; percentages are whole numbers from 0
/// to 100, and 100 only of what is completed; moments are UTC, to the microsecond. What changes
/// something is answered once it is on disk.
///
/// # Errors
///
/// Beside what each call names, every call that changes something may answer
/// [`Stopping`](super::JobOrchestratorError::Stopping) during an orderly stop and
/// [`Hindered`](super::JobOrchestratorError::Hindered) while the database is away or the disk full,
/// and every call [`Fault`](super::JobOrchestratorError::Fault) with the code under which the log has
/// the cause. A command on a workflow in quarantine is answered
/// [`Refusal::Quarantined`](crate::Refusal::Quarantined). Nothing was changed by a call that answers
/// an error, but for [`DatabaseAway`](super::Hindrance::DatabaseAway), where that is not known.
///
/// ```
/// use engine::{JobOrchestrator, JobOrchestratorError, WorkflowId, WorkflowStatus};
///
/// /// The reference's third pattern, whoever implements the contract.
/// async fn recover_what_failed(
///     orchestrator: &dyn JobOrchestrator,
///     id: WorkflowId,
/// ) -> Result<(), JobOrchestratorError> {
///     let progress = orchestrator.get_workflow_progress(id).await?;
///     if progress.status == WorkflowStatus::Failed {
///         orchestrator.recover_workflow(id, progress.current_step).await?;
///     }
///     Ok(())
/// }
/// ```
#[async_trait]
pub trait JobOrchestrator: Send + Sync {
    /// Creates a pending workflow of `definition` under `job_id`, a number from 1 to
    /// [`JobId::LARGEST`] of the caller's own: a new one makes a job, a known one adds a workflow to
    /// it. `metadata`, at most 256 KiB as JSON, is kept with it.
    ///
    /// # Errors
    /// [`Invalid`](super::JobOrchestratorError::Invalid) with every problem of what was given, at its
    /// field.
    async fn create_workflow(
        &self,
        job_id: JobId,
        definition: WorkflowDefinition,
        metadata: Option<Map<String, Value>>,
    ) -> Answer<WorkflowState>;

    /// The workflow, if there is one with this number.
    ///
    /// # Errors
    /// None of its own; one that cannot be read whole is answered with what can be.
    async fn get_workflow(&self, workflow_id: WorkflowId) -> Answer<Option<WorkflowState>>;

    /// The latest workflow of a job, if it has one: the one with the highest number.
    ///
    /// # Errors
    /// None of its own.
    async fn get_workflow_by_job(&self, job_id: JobId) -> Answer<Option<WorkflowState>>;

    /// Starts the workflow if it is pending, and waits until it is completed, failed or cancelled.
    /// One that is completed or cancelled already is answered at once. Dropping the future stops the
    /// waiting alone. That it failed meanwhile is told by the `status` of the answer.
    ///
    /// ```
    /// use engine::{JobOrchestrator, JobOrchestratorError, Refusal, WorkflowDefinition, WorkflowId};
    ///
    /// /// Whether it went well; one that had failed before is recovered first, from its step.
    /// async fn run(
    ///     orchestrator: &dyn JobOrchestrator,
    ///     id: WorkflowId,
    ///     definition: &WorkflowDefinition,
    /// ) -> Result<bool, JobOrchestratorError> {
    ///     let done = match orchestrator.execute_workflow(id, definition).await {
    ///         Err(JobOrchestratorError::Refused(Refusal::NotExecutable { .. })) => {
    ///             let from = orchestrator.get_workflow_progress(id).await?.current_step;
    ///             orchestrator.recover_workflow(id, from).await?;
    ///             orchestrator.execute_workflow(id, definition).await?
    ///         }
    ///         done => done?,
    ///     };
    ///     Ok(done.progress == 100)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Refusal::NotExecutable`](crate::Refusal::NotExecutable) when it is paused, or had failed
    /// before the call; [`Refusal::Cancelling`](crate::Refusal::Cancelling);
    /// [`Conflict`](super::JobOrchestratorError::Conflict) when the definition is another one than it
    /// was created with; [`NotFound`](super::JobOrchestratorError::NotFound);
    /// [`SwitchedOff`](super::JobOrchestratorError::SwitchedOff) when one of its steps may not run
    /// here.
    async fn execute_workflow(
        &self,
        workflow_id: WorkflowId,
        definition: &WorkflowDefinition,
    ) -> Answer<WorkflowState>;

    /// Starts a pending workflow; a paused one goes on; one that runs is answered as it is.
    ///
    /// # Errors
    /// [`Refusal::State`](crate::Refusal::State) when it is recovering or over,
    /// [`Refusal::Cancelling`](crate::Refusal::Cancelling),
    /// [`NotFound`](super::JobOrchestratorError::NotFound), and
    /// [`SwitchedOff`](super::JobOrchestratorError::SwitchedOff) when one of its steps may not run
    /// here.
    async fn start_workflow(&self, workflow_id: WorkflowId) -> Answer<WorkflowState>;

    /// Lets running steps finish and starts nothing new. The time before a retry stands still. One
    /// that is paused already is answered as it is.
    ///
    /// # Errors
    /// [`Refusal::State`](crate::Refusal::State) when it is pending or over,
    /// [`Refusal::Cancelling`](crate::Refusal::Cancelling),
    /// [`NotFound`](super::JobOrchestratorError::NotFound).
    async fn pause_workflow(&self, workflow_id: WorkflowId) -> Answer<WorkflowState>;

    /// Lets a paused workflow go on; one that runs is answered as it is.
    ///
    /// # Errors
    /// [`Refusal::State`](crate::Refusal::State) when it is pending or over,
    /// [`Refusal::Cancelling`](crate::Refusal::Cancelling),
    /// [`NotFound`](super::JobOrchestratorError::NotFound).
    async fn resume_workflow(&self, workflow_id: WorkflowId) -> Answer<WorkflowState>;

    /// Stops the workflow; only a recovery makes it go on. The answer may come while something of it is still alive, with
    /// `cancel_requested`; it is `cancelled` once nothing is.
    ///
    /// # Errors
    /// [`Refusal::State`](crate::Refusal::State) when it is completed or failed,
    /// [`NotFound`](super::JobOrchestratorError::NotFound).
    async fn cancel_workflow(&self, workflow_id: WorkflowId) -> Answer<WorkflowState>;

    /// Does `from_step` (from 0) of a failed or cancelled workflow again, everything that did not
    /// complete, and everything that depends on either. Uses one recovery of its budget.
    ///
    /// # Errors
    /// [`Refusal::State`](crate::Refusal::State) when it is not over, or completed,
    /// [`Refusal::BudgetSpent`](crate::Refusal::BudgetSpent),
    /// [`Refusal::NoSuchStep`](crate::Refusal::NoSuchStep),
    /// [`NotFound`](super::JobOrchestratorError::NotFound).
    async fn recover_workflow(
        &self,
        workflow_id: WorkflowId,
        from_step: StepIndex,
    ) -> Answer<WorkflowState>;

    /// How far the workflow is at this moment, with one entry for each step.
    ///
    /// # Errors
    /// [`NotFound`](super::JobOrchestratorError::NotFound).
    async fn get_workflow_progress(&self, workflow_id: WorkflowId) -> Answer<Progress>;

    /// All workflows that are running, paused or recovering, newest first, however many they are:
    /// all are in memory then. [`Workflows::list`](super::Workflows::list) gives pages.
    ///
    /// # Errors
    /// None of its own.
    async fn get_active_workflows(&self) -> Answer<Vec<WorkflowState>>;

    /// All failed workflows, newest first, however many they are.
    ///
    /// # Errors
    /// None of its own.
    async fn get_failed_workflows(&self) -> Answer<Vec<WorkflowState>>;

    /// All failed workflows that may still be recovered, newest first, however many they are.
    ///
    /// # Errors
    /// None of its own.
    async fn get_recoverable_workflows(&self) -> Answer<Vec<WorkflowState>>;
}
