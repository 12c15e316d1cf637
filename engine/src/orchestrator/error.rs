//! How the contract says no, in three kinds: refusals, what was sent is wrong, faults of ours.

use super::SwitchedOff;
use crate::command::Refusal;
use crate::problem::Problem;
use crate::role::Role;

/// Why a call was not carried out. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobOrchestratorError {
    /// It does not fit the state.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It cannot run here as long as the owner has switched off what its steps do.
    #[error("{}", crate::orchestrator::switched_off::sentence(.0))]
    SwitchedOff(Vec<SwitchedOff>),
    /// It clashes with what somebody else did.
    #[error("{0}")]
    Conflict(String),
    /// What was sent is wrong, field by field.
    #[error("{} in what was sent", count(.0.len()))]
    Invalid(Vec<Problem>),
    /// There is no such thing.
    #[error("there is no {what} {id}")]
    NotFound {
        /// What was looked for: `workflow`, `definition`, `job`, `step`.
        what: &'static str,
        /// Its number.
        id: i64,
    },
    /// The actor's role is too low.
    #[error("this needs the role {needs}")]
    Forbidden {
        /// The role it needs.
        needs: Role,
    },
    /// A fault of ours or of the disk; it was logged with this code.
    #[error("something went wrong here; the log has it under {code}")]
    Fault {
        /// The code that finds it in the log.
        code: String,
    },
    /// The service is stopping.
    #[error("the service is stopping; try again in a moment")]
    Stopping,
}

fn count(problems: usize) -> String {
    if problems == 1 {
        "one problem".into()
    } else {
        format!("{problems} problems")
    }
}
