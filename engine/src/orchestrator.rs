//! The contract of the service. The runtime implements it as its only public face; pages and the
//! HTTP API call it and nothing else.

mod error;
mod request;
mod switched_off;
mod trouble;

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::definition::WorkflowDefinition;
use crate::event::EventRecord;
use crate::id::{DefinitionId, JobId, Seq, StepIndex, WorkflowId};
use crate::problem::Problem;
use crate::progress::{Progress, WorkflowState};
use crate::role::Actor;
use crate::step_form::StepSpec;

pub use error::{Hindrance, JobOrchestratorError};
pub use request::{
    ActionRequest, AttemptRecord, DefinitionSource, FixedSwitches, LogLine, LogPage, LogStream,
    NewWorkflowRequest, Page, SavedDefinition, StepSwitches, TaskDetail, WorkflowDetail,
    WorkflowFilter, WorkflowSelection,
};
pub use switched_off::SwitchedOff;
pub use trouble::{Trouble, TroubleKind};

/// What every call of the contract answers.
pub type Answer<T> = Result<T, JobOrchestratorError>;

/// The reference's calls, method for method. They act as the program that embeds the engine.
#[async_trait]
pub trait JobOrchestrator: Send + Sync {
    /// Creates a pending workflow of `definition` under `job_id`.
    async fn create_workflow(
        &self,
        job_id: JobId,
        definition: WorkflowDefinition,
        metadata: Option<Map<String, Value>>,
    ) -> Answer<WorkflowState>;

    /// The workflow, if there is one with this number.
    async fn get_workflow(&self, workflow_id: WorkflowId) -> Answer<Option<WorkflowState>>;

    /// The latest workflow of a job, if it has one.
    async fn get_workflow_by_job(&self, job_id: JobId) -> Answer<Option<WorkflowState>>;

    /// Starts the workflow if it is pending, and waits until it is over. A definition other than
    /// the one it was created with is refused.
    async fn execute_workflow(
        &self,
        workflow_id: WorkflowId,
        definition: &WorkflowDefinition,
    ) -> Answer<WorkflowState>;

    /// Starts a pending workflow; a paused one goes on.
    async fn start_workflow(&self, workflow_id: WorkflowId) -> Answer<WorkflowState>;

    /// Lets running steps finish and starts nothing new.
    async fn pause_workflow(&self, workflow_id: WorkflowId) -> Answer<WorkflowState>;

    /// Lets a paused workflow go on.
    async fn resume_workflow(&self, workflow_id: WorkflowId) -> Answer<WorkflowState>;

    /// Stops the workflow for good; it is `cancelled` once nothing of it is alive.
    async fn cancel_workflow(&self, workflow_id: WorkflowId) -> Answer<WorkflowState>;

    /// Does `from_step` (from 0) again, and everything that needs it.
    async fn recover_workflow(
        &self,
        workflow_id: WorkflowId,
        from_step: StepIndex,
    ) -> Answer<WorkflowState>;

    /// How far the workflow is.
    async fn get_workflow_progress(&self, workflow_id: WorkflowId) -> Answer<Progress>;

    /// All workflows that are running, paused or recovering, newest first.
    async fn get_active_workflows(&self) -> Answer<Vec<WorkflowState>>;

    /// All failed workflows, newest first.
    async fn get_failed_workflows(&self) -> Answer<Vec<WorkflowState>>;

    /// All failed workflows that may still be recovered, newest first.
    async fn get_recoverable_workflows(&self) -> Answer<Vec<WorkflowState>>;
}

/// What pages and the HTTP API need of workflows beyond the reference. Every call checks the
/// actor's role.
#[async_trait]
pub trait Workflows: Send + Sync {
    /// Creates a workflow, and starts it if asked to.
    async fn submit(&self, actor: &Actor, request: NewWorkflowRequest) -> Answer<WorkflowState>;

    /// Starts, pauses, resumes, cancels, recovers, or does something to one task.
    async fn act(
        &self,
        actor: &Actor,
        id: WorkflowId,
        request: ActionRequest,
    ) -> Answer<WorkflowState>;

    /// One workflow.
    async fn workflow(&self, actor: &Actor, id: WorkflowId) -> Answer<WorkflowState>;

    /// A new id for a command, for who has to know it before the command is sent.
    fn new_command_id(&self) -> String;

    /// The workflow that the caller's command of this id was about, if it is known: for seven days,
    /// unless it was refused.
    async fn workflow_of_command(
        &self,
        actor: &Actor,
        command_id: &str,
    ) -> Answer<Option<WorkflowId>>;

    /// The number of a workflow's last event, without reading the workflow.
    async fn last_event(&self, actor: &Actor, id: WorkflowId) -> Answer<Seq> {
        Ok(self.workflow(actor, id).await?.summary.events)
    }

    /// The latest workflow of a job.
    async fn workflow_of_job(&self, actor: &Actor, job_id: JobId) -> Answer<WorkflowState>;

    /// One workflow with its tasks and what it executes.
    async fn detail(&self, actor: &Actor, id: WorkflowId) -> Answer<WorkflowDetail>;

    /// Workflows, newest first.
    async fn list(&self, actor: &Actor, filter: &WorkflowFilter) -> Answer<Page<WorkflowState>>;

    /// Events with a number above `after`, in order, at most `limit`.
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

    /// Whether the workflow is in quarantine, as far as the engine knows without looking.
    fn is_aside(&self, id: WorkflowId) -> bool {
        let _ = id;
        false
    }

    /// Returns as soon as the workflow's last event has a number above `after`, and when it is put
    /// into quarantine, of which no event tells; it may return earlier. Dropping the future is fine.
    async fn changed(&self, id: WorkflowId, after: Seq);

    /// What is stored about one task beside its progress: key, output, attempts.
    async fn task(&self, actor: &Actor, id: WorkflowId, task: StepIndex) -> Answer<TaskDetail>;

    /// Log lines of one task with a number above `after`, in order, at most `limit`.
    async fn log(
        &self,
        actor: &Actor,
        id: WorkflowId,
        task: StepIndex,
        after: u64,
        limit: usize,
    ) -> Answer<LogPage>;
}

/// Definitions, versioned.
#[async_trait]
pub trait Definitions: Send + Sync {
    /// Every problem of a definition: its own, its configurations' and its references'. A definition
    /// that could not be judged is an error and never one without problems.
    async fn check(&self, definition: &Value) -> Answer<Vec<Problem>>;

    /// Saves a new definition (`None`) or the next version of one. `based_on` names the version
    /// that was edited; another latest version is refused. The same `command_id` of an actor saves
    /// once and has the same answer.
    async fn save(
        &self,
        actor: &Actor,
        replaces: Option<(DefinitionId, u32)>,
        definition: &Value,
        command_id: Option<&str>,
    ) -> Answer<SavedDefinition>;

    /// The latest version of a definition, or the one asked for.
    async fn definition(
        &self,
        actor: &Actor,
        id: DefinitionId,
        version: Option<u32>,
    ) -> Answer<SavedDefinition>;

    /// The latest version of each definition, newest first. `cursor` is the last number seen.
    async fn definitions(
        &self,
        actor: &Actor,
        limit: usize,
        cursor: Option<DefinitionId>,
    ) -> Answer<Page<SavedDefinition>>;
}

/// The registered step types.
#[async_trait]
pub trait StepTypes: Send + Sync {
    /// What each step type is and which fields it has.
    async fn step_types(&self, actor: &Actor) -> Answer<Vec<StepSpec>>;
}

/// What steps may do on this server; the owner decides.
#[async_trait]
pub trait Switches: Send + Sync {
    /// What is allowed now.
    async fn switches(&self, actor: &Actor) -> Answer<StepSwitches>;

    /// What was allowed when the program was started, and therefore cannot be changed while it runs.
    async fn fixed_switches(&self, actor: &Actor) -> Answer<FixedSwitches>;

    /// Allows or forbids; only an owner may. What is fixed cannot be changed.
    async fn set_switches(&self, actor: &Actor, switches: StepSwitches) -> Answer<()>;
}

/// Everything the pages and the HTTP API call.
pub trait Service: JobOrchestrator + Workflows + Definitions + StepTypes + Switches {}

impl<T: JobOrchestrator + Workflows + Definitions + StepTypes + Switches> Service for T {}
