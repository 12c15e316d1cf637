//! Closed lists of words. Those that the engine lists are taken from it.

use engine::Event;
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::events::{CROWDED, GONE, RESET, SNAPSHOT};

/// One of these words.
fn one_of(meaning: &str, words: impl IntoIterator<Item = &'static str>) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(meaning))
        .enum_values(Some(words))
        .into()
}

/// A workflow's state.
#[derive(Serialize)]
pub struct WorkflowStatus;

impl ToSchema for WorkflowStatus {}

impl PartialSchema for WorkflowStatus {
    fn schema() -> RefOr<Schema> {
        let words = engine::WorkflowStatus::ALL.map(engine::WorkflowStatus::as_str);
        one_of("A workflow's state.", words)
    }
}

/// A task's state.
#[derive(Serialize)]
pub struct TaskStatus;

impl ToSchema for TaskStatus {}

impl PartialSchema for TaskStatus {
    fn schema() -> RefOr<Schema> {
        let words = engine::TaskStatus::ALL.map(engine::TaskStatus::as_str);
        one_of("A task's state.", words)
    }
}

/// What a frame of a stream says.
#[derive(Serialize)]
pub struct FrameKind;

impl ToSchema for FrameKind {}

impl PartialSchema for FrameKind {
    fn schema() -> RefOr<Schema> {
        let words = [SNAPSHOT, RESET, CROWDED, GONE]
            .into_iter()
            .chain(Event::KINDS);
        one_of(
            "`snapshot`: the whole progress. `reset`: what the client has is of no use, a snapshot \
             follows. `crowded`: the stream ends, because its reader opened too many others \
             since. `gone`: it ends, because the workflow was deleted. Else the kind of an event.",
            words,
        )
    }
}

/// What happens to the rest when a step fails for good.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    FinishBranches,
    Stop,
}

/// When a step runs, judged by what it depends on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunIf {
    Ok,
    Always,
    Failed,
}

/// What an attempt with an unknown end means.
#[derive(Serialize)]
pub struct Mode;

impl ToSchema for Mode {}

impl PartialSchema for Mode {
    fn schema() -> RefOr<Schema> {
        one_of(
            "`retry`: the step is tried again. `once`: it fails, because it may have taken effect. \
             `probe`: it is tried again, and its type asks first whether it was done.",
            engine::Mode::ALL.map(engine::Mode::as_str),
        )
    }
}

/// Why a step was skipped.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    NotNeeded,
    ConditionNotMet,
    UpstreamFailed,
    Stopped,
    Operator,
}

/// What a task cannot start without and this server does not have. `handler`: the Rust program that
/// made the definition carries the step out, and none has registered it here. `step_type`: the step's
/// type is not known here.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    Handler,
    StepType,
}

/// How a try ended.
#[derive(Serialize)]
pub struct Outcome;

impl ToSchema for Outcome {}

impl PartialSchema for Outcome {
    fn schema() -> RefOr<Schema> {
        let words = engine::AttemptOutcome::ALL.map(engine::AttemptOutcome::as_str);
        one_of(
            "How a try stands. `late`: it had timed out, or a recovery had taken its place, and yet \
             it ended well; what it gave was not used.",
            words,
        )
    }
}

/// What kind of actor asked.
#[derive(Serialize)]
pub struct ActorKind;

impl ToSchema for ActorKind {}

impl PartialSchema for ActorKind {
    fn schema() -> RefOr<Schema> {
        let words = engine::ActorKind::ALL.map(engine::ActorKind::as_str);
        one_of(
            "What kind of actor asked: somebody who signed in, an API token, or the program itself.",
            words,
        )
    }
}

/// Who wrote a line.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogStream {
    Stdout,
    Stderr,
    Engine,
}
