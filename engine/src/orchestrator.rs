//! The contract of the service. The runtime implements it as its only public face; pages and the
//! HTTP API call it and nothing else.

mod error;
mod job_orchestrator;
mod moves;
mod request;
mod switched_off;
mod trouble;
mod workflows;

use async_trait::async_trait;
use serde_json::Value;

use crate::id::DefinitionId;
use crate::problem::Problem;
use crate::role::Actor;
use crate::step_form::StepSpec;

pub use error::{Hindrance, JobOrchestratorError};
pub use job_orchestrator::JobOrchestrator;
pub use moves::Moves;
pub use request::{
    ActionRequest, AttemptRecord, DefinitionSource, FixedSwitches, LogLine, LogPage, LogStream,
    NewWorkflowRequest, Page, SavedDefinition, StepSwitches, TaskDetail, WorkflowDetail,
    WorkflowFilter, WorkflowSelection,
};
pub use switched_off::SwitchedOff;
pub use trouble::{Findings, Trouble, TroubleKind};
pub use workflows::Workflows;

/// What every call of the contract answers.
pub type Answer<T> = Result<T, JobOrchestratorError>;

/// Definitions, versioned.
#[async_trait]
pub trait Definitions: Send + Sync {
    /// Every problem of a definition: its own, its configurations' and its references'; empty when
    /// there is none.
    ///
    /// # Errors
    /// [`JobOrchestratorError::Fault`] when it could not be judged; that is never told as none.
    async fn check(&self, definition: &Value) -> Answer<Vec<Problem>>;

    /// Saves a new definition (`None`) or the next version of one. `based_on` names the version
    /// that was edited; another latest version is refused. The same `command_id` of an actor saves
    /// once and has the same answer. Needs the role editor.
    ///
    /// # Errors
    /// [`JobOrchestratorError::Invalid`] with every problem at its field;
    /// [`JobOrchestratorError::Conflict`] when another version is the latest;
    /// [`JobOrchestratorError::NotFound`]; [`Refusal::CommandIdReused`](crate::Refusal::CommandIdReused).
    async fn save(
        &self,
        actor: &Actor,
        replaces: Option<(DefinitionId, u32)>,
        definition: &Value,
        command_id: Option<&str>,
    ) -> Answer<SavedDefinition>;

    /// The latest version of a definition, or the one asked for.
    ///
    /// # Errors
    /// [`JobOrchestratorError::NotFound`].
    async fn definition(
        &self,
        actor: &Actor,
        id: DefinitionId,
        version: Option<u32>,
    ) -> Answer<SavedDefinition>;

    /// The latest version of each definition, newest first, at most `limit`. `cursor` is the last
    /// number seen.
    ///
    /// # Errors
    /// None of its own.
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
    ///
    /// # Errors
    /// None of its own.
    async fn step_types(&self, actor: &Actor) -> Answer<Vec<StepSpec>>;
}

/// What steps may do on this server; the owner decides.
#[async_trait]
pub trait Switches: Send + Sync {
    /// What is allowed now.
    ///
    /// # Errors
    /// None of its own.
    async fn switches(&self, actor: &Actor) -> Answer<StepSwitches>;

    /// What was allowed when the program was started, and therefore cannot be changed while it runs.
    ///
    /// # Errors
    /// None of its own.
    async fn fixed_switches(&self, actor: &Actor) -> Answer<FixedSwitches>;

    /// Allows or forbids; only an owner may.
    ///
    /// # Errors
    /// [`JobOrchestratorError::Forbidden`]; [`JobOrchestratorError::Conflict`] when what is fixed is to
    /// be changed.
    async fn set_switches(&self, actor: &Actor, switches: StepSwitches) -> Answer<()>;
}

/// Everything the pages and the HTTP API call.
pub trait Service: JobOrchestrator + Workflows + Definitions + StepTypes + Switches {}

impl<T: JobOrchestrator + Workflows + Definitions + StepTypes + Switches> Service for T {}
