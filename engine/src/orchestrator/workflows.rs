//! What pages, the HTTP API and operators need of workflows beyond the reference.

use async_trait::async_trait;

use super::{
    ActionRequest, Answer, AttemptRecord, Findings, LogPage, Moves, NewWorkflowRequest, Page,
    TaskDetail, Trouble, WorkflowDetail, WorkflowFilter,
};
use crate::event::EventRecord;
use crate::id::{Attempt, JobId, Seq, StepIndex, WorkflowId};
use crate::progress::{Progress, WorkflowState};
use crate::role::Actor;

/// What pages, the HTTP API and operators need of workflows beyond the reference. Every call checks
/// the actor's role: a viewer reads, an operator acts as well, an editor
/// also deletes.
///
/// # Errors
///
/// [`Forbidden`](super::JobOrchestratorError::Forbidden) when the actor's role is too low, and what
/// [`JobOrchestrator`](super::JobOrchestrator) says of every call.
///
/// ```
/// use engine::orchestrator::ActionRequest;
/// use engine::{
///     Action, Actor, Instead, JobOrchestratorError, Recovery, Refusal, WorkflowId, Workflows,
/// };
///
/// /// Takes a step for done, also while it runs; false when somebody was quicker.
/// async fn take_for_done(
///     workflows: &dyn Workflows,
///     actor: &Actor,
///     id: WorkflowId,
///     step: usize,
/// ) -> Result<bool, JobOrchestratorError> {
///     let seen = workflows.last_event(actor, id).await?;
///     let recovery = Recovery {
///         from_step: step,
///         force: true,
///         instead: Some(Instead::Output(serde_json::json!({ "by": "hand" }))),
///     };
///     let request = ActionRequest {
///         expected_rev: Some(seen),
///         ..Action::Recover(recovery).because("it was done by hand")
///     };
///     match workflows.act(actor, id, request).await {
///         Err(JobOrchestratorError::Refused(Refusal::StaleView { .. })) => Ok(false),
///         done => done.map(|_| true),
///     }
/// }
/// ```
#[async_trait]
pub trait Workflows: Send + Sync {
    /// Creates a workflow, and starts it if asked to.
    ///
    /// # Errors
    /// [`Invalid`](super::JobOrchestratorError::Invalid) at the fields of the request,
    /// [`NotFound`](super::JobOrchestratorError::NotFound) when the definition is not there,
    /// [`SwitchedOff`](super::JobOrchestratorError::SwitchedOff) when it is to start and may not,
    /// [`Refusal::CommandIdReused`](crate::Refusal::CommandIdReused). A definition that is not saved
    /// needs the role editor.
    async fn submit(&self, actor: &Actor, request: NewWorkflowRequest) -> Answer<WorkflowState>;

    /// Starts, pauses, resumes, cancels, recovers, deletes, or does something to one task. The answer to
    /// a deletion is how the workflow stood at the end.
    ///
    /// # Errors
    /// The [`Refusal`](crate::Refusal) of the action, which says what can be done instead;
    /// [`NotFound`](super::JobOrchestratorError::NotFound);
    /// [`Invalid`](super::JobOrchestratorError::Invalid) when what comes with the action is too long
    /// or too large, or when the action [needs a reason](crate::Action::needs_reason) and has none.
    async fn act(
        &self,
        actor: &Actor,
        id: WorkflowId,
        request: ActionRequest,
    ) -> Answer<WorkflowState>;

    /// One workflow, without its tasks.
    ///
    /// # Errors
    /// [`NotFound`](super::JobOrchestratorError::NotFound).
    async fn workflow(&self, actor: &Actor, id: WorkflowId) -> Answer<WorkflowState>;

    /// A new id for a command, for who has to know it before the command is sent.
    fn new_command_id(&self) -> String;

    /// The workflow that the caller's command of this id was about, if it is known: for seven days,
    /// unless it was refused.
    ///
    /// # Errors
    /// None of its own.
    async fn workflow_of_command(
        &self,
        actor: &Actor,
        command_id: &str,
    ) -> Answer<Option<WorkflowId>>;

    /// The number of a workflow's last event, without reading the workflow.
    ///
    /// # Errors
    /// [`NotFound`](super::JobOrchestratorError::NotFound).
    async fn last_event(&self, actor: &Actor, id: WorkflowId) -> Answer<Seq> {
        Ok(self.workflow(actor, id).await?.summary.events)
    }

    /// The latest workflow of a job.
    ///
    /// # Errors
    /// [`NotFound`](super::JobOrchestratorError::NotFound) when the job has none.
    async fn workflow_of_job(&self, actor: &Actor, job_id: JobId) -> Answer<WorkflowState>;

    /// One workflow with its tasks and what it executes, which is written out as JSON each time.
    ///
    /// # Errors
    /// [`NotFound`](super::JobOrchestratorError::NotFound).
    async fn detail(&self, actor: &Actor, id: WorkflowId) -> Answer<WorkflowDetail>;

    /// How far one workflow is, with its tasks.
    ///
    /// # Errors
    /// [`NotFound`](super::JobOrchestratorError::NotFound).
    async fn progress(&self, actor: &Actor, id: WorkflowId) -> Answer<Progress> {
        Ok(self.detail(actor, id).await?.progress)
    }

    /// A page of workflows, newest first; `next` of the page is the filter's `before` of the next one.
    /// A page ends early where its parameters and metadata come to 4 MiB.
    ///
    /// # Errors
    /// None of its own.
    async fn list(&self, actor: &Actor, filter: &WorkflowFilter) -> Answer<Page<WorkflowState>>;

    /// Events with a number above `after`, in order, at most `limit`; none when there is no such
    /// workflow.
    ///
    /// # Errors
    /// None of its own.
    async fn events(
        &self,
        actor: &Actor,
        id: WorkflowId,
        after: Seq,
        limit: usize,
    ) -> Answer<Vec<EventRecord>>;

    /// Whether the engine takes commands: not once it is stopping, and not if it broke.
    fn is_running(&self) -> bool {
        true
    }

    /// What is wrong with the service just now; empty when all is well.
    fn troubles(&self) -> Vec<Trouble> {
        Vec::new()
    }

    /// What was found broken, counted.
    fn findings(&self) -> Findings {
        Findings::default()
    }

    /// Whether the workflow is in quarantine, as far as the engine knows without looking.
    fn is_aside(&self, id: WorkflowId) -> bool {
        let _ = id;
        false
    }

    /// Returns as soon as the workflow's last event has a number above `after`, and when it is put
    /// into quarantine, of which no event tells; it may return earlier. Dropping the future is fine.
    async fn changed(&self, id: WorkflowId, after: Seq);

    /// Which workflows moved after a [place](Moves::place), as soon as there is one; without a place,
    /// where to begin, at once. Dropping the future is fine.
    async fn moved(&self, after: Option<u64>) -> Moves;

    /// What is stored about one task (from 0) beside its progress: mode, output, attempts.
    ///
    /// # Errors
    /// [`NotFound`](super::JobOrchestratorError::NotFound) of the workflow or the step.
    async fn task(&self, actor: &Actor, id: WorkflowId, task: StepIndex) -> Answer<TaskDetail>;

    /// One try of a task (from 0), with all that it gave too late.
    ///
    /// # Errors
    /// [`NotFound`](super::JobOrchestratorError::NotFound) of the attempt.
    async fn attempt(
        &self,
        actor: &Actor,
        id: WorkflowId,
        task: StepIndex,
        attempt: Attempt,
    ) -> Answer<AttemptRecord>;

    /// Log lines of one task with a number above `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// [`NotFound`](super::JobOrchestratorError::NotFound) of the workflow or the step;
    /// [`LogAway`](super::Hindrance::LogAway) when the log cannot be read.
    async fn log(
        &self,
        actor: &Actor,
        id: WorkflowId,
        task: StepIndex,
        after: u64,
        limit: usize,
    ) -> Answer<LogPage>;
}
