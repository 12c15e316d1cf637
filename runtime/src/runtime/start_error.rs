//! Why a runtime does not start, in words that say what to do.

use engine::Problem;
use engine::problem::told;

use crate::database::OpenError;
use crate::log::LogFault;
use crate::step::RegistryError;
use crate::store::StoreError;

/// Why a runtime did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be opened; [`OpenError::InUse`] when another server has it.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The task log cannot be opened.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// The database cannot be read.
    #[error("{fault}{advice}", fault = .0, advice = advice(.0))]
    Store(#[from] StoreError),
    /// Two step types share a name, or one cannot be described.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A definition that was registered is wrong.
    #[error("a definition that was registered is wrong: {}", told(.0))]
    Definition(Vec<Problem>),
}

/// What to do about a file in which not even what a start needs can be read.
fn advice(fault: &StoreError) -> &'static str {
    match fault {
        StoreError::DamagedPage(_) | StoreError::Damaged(_) => {
            "; too much of it is damaged to start with: restore a copy of it, \"job-orchestrator doctor\" \
             says what can still be read"
        }
        _ => "",
    }
}

impl StartError {
    /// Whether another server uses the data, or the folder they lie in.
    #[must_use]
    pub const fn is_in_use(&self) -> bool {
        matches!(self, Self::Open(OpenError::InUse(_) | OpenError::Shared(_)))
    }
}
