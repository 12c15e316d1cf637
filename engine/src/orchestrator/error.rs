//! How the contract says no, in three kinds: refusals, what was sent is wrong, faults of ours.

use serde::{Deserialize, Serialize};

use super::SwitchedOff;
use crate::command::Refusal;
use crate::problem::{Problem, counted, told};
use crate::role::Role;

/// Why a call was not carried out. Nothing was changed, but for
/// [`DatabaseAway`](super::Hindrance::DatabaseAway), where that is not known: the same call under the same
/// command id settles it.
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
    #[error("{} in what was sent: {}", counted(.0.len()), told(.0))]
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
    /// Something beneath the service stands in the way just now.
    #[error(transparent)]
    Hindered(#[from] Hindrance),
    /// The service is stopping.
    #[error("the service is stopping; try again in a moment")]
    Stopping,
}

/// What stands in the way of a change, through no fault of whoever asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Hindrance {
    /// The database cannot be written to. Whether this very command was written is not known.
    #[error(
        "the database cannot be written to just now; send it again later, under the same command id \
         if it had one: then it has one effect"
    )]
    DatabaseAway,
    /// A page of the database's file is damaged, and this needs it; what lies elsewhere goes on.
    #[error(
        "a page of the database's file on which this has to be read or written is damaged, so nothing \
         was done; \"job-orchestrator doctor\" says what can still be read, and a copy from before \
         has to be restored"
    )]
    DatabaseDamaged,
    /// The disk is full.
    #[error(
        "the disk of the server is full: until it has room again, workflows can be looked at, \
         cancelled and deleted, and nothing else"
    )]
    DiskFull,
    /// Little room is left on the disk.
    #[error(
        "the disk of the server is nearly full, so no new workflow can be created until it has more \
         room"
    )]
    DiskNearlyFull,
    /// The log of steps cannot be read; nothing else is concerned.
    #[error("the log of steps cannot be read just now; everything else goes on")]
    LogAway,
}

impl Hindrance {
    /// The word for it, as programs read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DatabaseAway => "database_away",
            Self::DatabaseDamaged => "database_damaged",
            Self::DiskFull => "disk_full",
            Self::DiskNearlyFull => "disk_nearly_full",
            Self::LogAway => "log_away",
        }
    }
}
