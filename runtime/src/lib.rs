//! How it happens: the committer, the stores, the step types and the attempts, behind the contract
//! of the engine. A program embeds it through [`Runtime::builder`].
//!
//! ```
//! use runtime::{
//!     JobId, JobOrchestrator, Runtime, WorkflowDefinition, WorkflowStatus, WorkflowStep, json,
//! };
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! // `.sqlite("data/jobs.db")` keeps everything in a file, and goes on where it stood.
//! let orchestrator = Runtime::builder().in_memory().start().await?;
//! let definition = WorkflowDefinition::new("Dataset Build")
//!     .step(WorkflowStep::new("Download", "download", |_cx| async { Ok(json!({"count": 1000})) }))
//!     .step(WorkflowStep::new("Validate", "validate", |cx| async move {
//!         Ok(json!({"valid": cx.output(0)?["count"]}))
//!     })
//!     .dependencies([0]));
//! let workflow = orchestrator.create_workflow(JobId(1), definition.clone(), None).await?;
//! let done = orchestrator.execute_workflow(workflow.id, &definition).await?;
//! assert_eq!((done.status, done.progress), (WorkflowStatus::Completed, 100));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # What is where
//!
//! - [`WorkflowDefinition`] and [`WorkflowStep`] say what is to be done, [`StepContext`] is what a
//!   closure is given, [`StepOutput`] and [`StepError`] what it may answer. [`StepType`] is for kinds
//!   of work that definitions in JSON can name.
//! - [`Runtime::create_workflow`] and [`Runtime::execute_workflow`] take a definition; all other calls
//!   of the reference are those of [`JobOrchestrator`]. [`Workflows`] has what pages need beside them:
//!   lists ([`WorkflowFilter`]), single tasks, logs, and what operators may do ([`Action`]).
//!   [`Runtime::follow`] gives events.
//! - [`WorkflowState`] is what calls answer, [`Progress`] adds the tasks. Their fields are those of
//!   their JSON.
//! - [`JobOrchestratorError`] says why a call was not carried out; nothing was changed then, unless the
//!   database was away, when that is not known. What does not fit the state is a [`Refusal`]. That a workflow failed is no error of a call but its
//!   [`WorkflowStatus`].
//!
//! # What is promised
//!
//! An answer means that it is on disk. After a crash the [`Mode`] of a step says what becomes of its
//! attempt that was under way: [`Mode::Retry`] makes it again, without being charged, until too many were
//! lost, so it may take effect twice unless it passes [`StepContext::idempotency_key`] on to whoever can
//! tell; [`Mode::Probe`] asks first whether it took effect; [`Mode::Once`] fails with an unknown outcome
//! and leaves the rest to a person. Closures are no
//! part of what is on disk: [`RuntimeBuilder::register`] brings them back, and a workflow whose
//! closure is missing waits ([`WaitsFor`]).
//!
//! The engine needs a tokio runtime with its timers and its I/O. It runs until [`Runtime::shutdown`];
//! without that it ends with the tokio runtime, which is like a crash: nothing is lost.

#![deny(missing_docs)]

mod attempts;
pub mod clock;
mod committer;
mod crash_point;
pub mod database;
pub mod doctor;
mod event_stream;
mod fault;
mod feed;
mod handlers;
pub mod health;
pub mod log;
mod moments;
pub mod private_file;
pub mod process;
mod quarantine;
pub mod reference;
pub mod runtime;
pub mod settings;
pub mod step;
mod step_fn;
mod step_ref;
pub mod step_schema;
mod steps;
pub mod store;
mod workflow_definition;
mod workflow_step;

/// The crate beneath, whose definitions are data: what `runtime` says in its own words is named here
/// directly, and the rest by `runtime::engine`.
pub use engine;
pub use engine::orchestrator::{
    ActionRequest, Answer, AttemptRecord, DefinitionSource, Findings, FixedSwitches, Hindrance,
    LogLine, LogPage, LogStream, Moves, NewWorkflowRequest, Page, SavedDefinition, StepSwitches,
    SwitchedOff, TaskDetail, WorkflowDetail, WorkflowFilter, WorkflowSelection,
};
pub use engine::progress::{Counts, Summary};
pub use engine::step_form::{FieldKind, FieldSpec, ModeRule, StepSpec};
pub use engine::workflow_status::WorkflowTrigger;
pub use engine::{
    Action, Actor, ActorKind, Attempt, AttemptOutcome, DefinitionId, Definitions, Event,
    EventRecord, FailureKind, Instead, JobId, JobOrchestrator, JobOrchestratorError, Mode,
    OnFailure, Problem, Progress, Recovery, Refusal, Role, RunIf, Seq, Service, SkipReason,
    StepIndex, StepTypes, Switches, TaskId, TaskProgress, TaskStatus, Timestamp, Trouble,
    TroubleKind, WaitsFor, WorkflowId, WorkflowState, WorkflowStatus, Workflows, allowed_actions,
};
pub use event_stream::EventStream;
pub use runtime::{Runtime, RuntimeBuilder, StartError};
pub use serde_json::{Map, Value, json};
pub use settings::Settings;
pub use step::{StepContext, StepError, StepOutput, StepType};
pub use step_ref::StepRef;
pub use workflow_definition::WorkflowDefinition;
pub use workflow_step::WorkflowStep;

/// The README's example is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
