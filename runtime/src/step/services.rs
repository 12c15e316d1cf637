//! What the server lends to steps.

use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;

use engine::WorkflowId;

use super::{SharedSwitches, identity};
use crate::process::ProcessRunner;

/// What steps need beyond their configuration; one for the whole server.
#[derive(Debug)]
pub struct StepServices {
    /// Starts programs; none where the embedding program has no runner.
    pub processes: Option<ProcessRunner>,
    /// What the owner allows.
    pub switches: SharedSwitches,
    /// Holds one folder per running attempt.
    pub work_dir: PathBuf,
    http: OnceLock<reqwest::Client>,
}

/// Something the server lends could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be made: {0}")]
pub struct ServiceError(#[source] reqwest::Error);

impl StepServices {
    /// `work_dir` is made when first needed.
    #[must_use]
    pub fn new(
        processes: Option<ProcessRunner>,
        switches: SharedSwitches,
        work_dir: PathBuf,
    ) -> Self {
        Self {
            processes,
            switches,
            work_dir,
            http: OnceLock::new(),
        }
    }

    /// The HTTP client of all steps, made by `build` when first asked for.
    ///
    /// # Errors
    /// The client cannot be made, such as for want of any root certificate.
    pub fn http(
        &self,
        build: impl FnOnce(&SharedSwitches) -> Result<reqwest::Client, reqwest::Error>,
    ) -> Result<reqwest::Client, ServiceError> {
        if let Some(client) = self.http.get() {
            return Ok(client.clone());
        }
        let client = build(&self.switches).map_err(ServiceError)?;
        Ok(self.http.get_or_init(|| client).clone())
    }

    /// Removes what attempts of an earlier server left in the work folder. Call it at start-up,
    /// after those attempts are proven dead and before any new one starts.
    ///
    /// # Errors
    /// The folder cannot be removed.
    pub async fn remove_leftovers(&self) -> io::Result<()> {
        match tokio::fs::remove_dir_all(&self.work_dir).await {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }

    /// Removes what attempts of a workflow of which nothing is alive left in the work folder.
    pub(crate) async fn remove_of(&self, id: WorkflowId) -> io::Result<()> {
        let mut folders = match tokio::fs::read_dir(&self.work_dir).await {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(()),
            read => read?,
        };
        let of_workflow = identity::attempts_begin(id);
        while let Some(folder) = folders.next_entry().await? {
            let name = folder.file_name();
            if name.to_string_lossy().starts_with(&of_workflow) {
                tokio::fs::remove_dir_all(folder.path()).await?;
            }
        }
        Ok(())
    }
}
