//! Faults of ours or of the disk: logged once with their context, shown as a short code.

use engine::JobOrchestratorError;
use engine::orchestrator::Hindrance;
use tracing::{debug, error};

use crate::store::{Concern, StoreError};

/// Logs the fault and gives the code that finds it again.
pub(crate) fn log(doing: &str, cause: &dyn std::fmt::Display) -> JobOrchestratorError {
    let code = uuid::Uuid::new_v4().simple().to_string()[..8].to_owned();
    error!(%code, %cause, "{doing} failed");
    JobOrchestratorError::Fault { code }
}

/// What a caller is told of a store that failed. A database that is away and a full disk are logged
/// by the watch over them, once and not per caller.
pub(crate) fn of_store(doing: &str, cause: &StoreError) -> JobOrchestratorError {
    let hindrance = match cause.concern() {
        Concern::Rows if matches!(cause, StoreError::DamagedPage(_)) => {
            error!(%cause, "{doing} failed");
            return Hindrance::DatabaseDamaged.into();
        }
        Concern::Rows => return log(doing, cause),
        Concern::Disk => Hindrance::DiskFull,
        Concern::Database => Hindrance::DatabaseAway,
    };
    debug!(%cause, "{doing} failed");
    hindrance.into()
}

/// What a panic said.
pub(crate) fn text_of(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a text")
}
