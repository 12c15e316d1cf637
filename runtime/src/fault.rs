//! Faults of ours or of the disk: logged once with their context, shown as a short code.

use engine::JobOrchestratorError;
use tracing::error;

/// Logs the fault and gives the code that finds it again.
pub(crate) fn log(doing: &str, cause: &dyn std::fmt::Display) -> JobOrchestratorError {
    let code = uuid::Uuid::new_v4().simple().to_string()[..8].to_owned();
    error!(%code, %cause, "{doing} failed");
    JobOrchestratorError::Fault { code }
}
