//! The bodies of commands. Each may be left out where nothing in it is required.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What every command takes.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Why; kept in the events.
    #[schema(required = false, min_length = 1, max_length = 1000)]
    pub reason: String,
    /// The number of the last event that the caller knew; a workflow that moved on answers 409.
    #[schema(required = false)]
    pub expected_rev: u64,
}

/// How a workflow is paused.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Whether what runs is stopped; it is not charged as a try.
    #[schema(required = false)]
    pub interrupt: bool,
    /// Why; kept in the events.
    #[schema(required = false, min_length = 1, max_length = 1000)]
    pub reason: String,
    /// The number of the last event that the caller knew; a workflow that moved on answers 409.
    #[schema(required = false)]
    pub expected_rev: u64,
}

/// Which step is done again, and how.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recover {
    /// Its position, from 0.
    pub from_step: u64,
    /// Also while the workflow is running or paused: what runs is stopped first.
    #[schema(required = false)]
    pub force: bool,
    /// Settles the step instead of doing it again.
    #[schema(required = false)]
    pub instead: Instead,
    /// Why; kept in the events. It has to be there beside `instead`.
    #[schema(required = false, min_length = 1, max_length = 1000)]
    pub reason: String,
    /// The number of the last event that the caller knew; a workflow that moved on answers 409.
    #[schema(required = false)]
    pub expected_rev: u64,
}

/// How a recovery settles the step it starts from.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Instead {
    /// It is skipped.
    Skip,
    /// It is taken for done, and this is what it gives to later steps.
    Output(Value),
}

/// Why a step is let be.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    /// Why; kept in the events.
    #[schema(min_length = 1, max_length = 1000)]
    pub reason: String,
    /// The number of the last event that the caller knew; a workflow that moved on answers 409.
    #[schema(required = false)]
    pub expected_rev: u64,
}

/// What a step that is taken for done gives to later steps.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkDone {
    /// Any JSON, also null.
    pub output: Value,
    /// Why; kept in the events.
    #[schema(min_length = 1, max_length = 1000)]
    pub reason: String,
    /// The number of the last event that the caller knew; a workflow that moved on answers 409.
    #[schema(required = false)]
    pub expected_rev: u64,
}

/// A larger recovery budget.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RaiseBudget {
    /// The new budget: larger than the present one.
    #[schema(minimum = 1, maximum = 100)]
    pub max_recovery_attempts: u32,
    /// Why; kept in the events.
    #[schema(required = false, min_length = 1, max_length = 1000)]
    pub reason: String,
    /// The number of the last event that the caller knew; a workflow that moved on answers 409.
    #[schema(required = false)]
    pub expected_rev: u64,
}

/// What a deletion takes.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Delete {
    /// Why; kept with the number of the workflow, when nothing else of it is.
    #[schema(required = false, min_length = 1, max_length = 1000)]
    pub reason: String,
    /// The number of the last event that the caller knew; a workflow that moved on answers 409.
    #[schema(required = false)]
    pub expected_rev: u64,
}
