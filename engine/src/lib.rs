//! What may happen to a workflow: definitions, the two tables of states, decisions, events and the
//! progress that pages show. Pure: no clock, no randomness, no I/O, so the same code runs in the
//! server and in the browser.

#![deny(missing_docs)]

pub mod action;
pub mod allowed;
pub mod command;
pub mod command_id;
pub mod decide;
pub mod definition;
pub mod depth;
pub mod draft;
pub mod event;
pub mod graph;
pub mod id;
pub mod invariant;
pub mod json_text;
pub mod obeyed;
pub mod orchestrator;
pub mod problem;
pub mod progress;
pub mod retry;
pub mod role;
pub mod step_form;
pub mod task_status;
pub mod time;
pub mod workflow;
pub mod workflow_status;

pub use action::{Action, Instead, Origin, Recovery};
pub use allowed::allowed_actions;
pub use command::{Command, Outcome, Refusal};
pub use decide::{advance, decide};
pub use definition::{Handler, Mode, OnFailure, RunIf, StepDefinition, WorkflowDefinition};
pub use event::{AttemptOutcome, Event, EventRecord, FailureKind};
pub use id::{Attempt, DefinitionId, JobId, Seq, StepIndex, TaskId, WorkflowId};
pub use orchestrator::{
    Definitions, JobOrchestrator, JobOrchestratorError, Service, StepTypes, Switches, Trouble,
    TroubleKind, Workflows,
};
pub use problem::Problem;
pub use progress::{Progress, TaskProgress, WaitsFor, WorkflowState};
pub use role::{Actor, ActorKind, Role};
pub use task_status::{SkipReason, TaskStatus};
pub use time::Timestamp;
pub use workflow::Workflow;
pub use workflow_status::WorkflowStatus;
