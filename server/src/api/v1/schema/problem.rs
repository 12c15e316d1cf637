//! Answers that say no.

use serde::Serialize;
use utoipa::ToSchema;

/// Why something was not done (RFC 9457).
#[derive(Serialize, ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// The fields that are wrong.
    #[schema(required = false)]
    pub errors: Vec<FieldProblem>,
    /// The workflow's state, where it does not fit.
    #[schema(required = false)]
    pub state: String,
    /// What was tried, where it does not fit the state.
    #[schema(required = false)]
    pub trigger: String,
    /// The query parameter that is wrong.
    #[schema(required = false)]
    pub parameter: String,
    /// Where the log has a fault.
    #[schema(required = false)]
    pub code: String,
}

/// One field that is wrong.
#[derive(Serialize, ToSchema)]
pub struct FieldProblem {
    /// `#/steps/0/config/seconds`
    pub pointer: String,
    pub detail: String,
}
