//! The folder of one attempt.

use std::io;
use std::path::{Path, PathBuf};

use crate::step::StepError;

/// An empty folder that is removed with what the command left in it.
#[derive(Debug)]
pub(super) struct WorkFolder {
    /// The folder of everything of the attempt; removed at the end.
    whole: PathBuf,
    path: PathBuf,
    output_file: PathBuf,
}

impl WorkFolder {
    /// Makes the folder. The output's file lies beside it, so that it is not in the way of a
    /// command that looks at all files where it runs.
    pub(super) async fn create(within: &Path, attempt: &str) -> Result<Self, StepError> {
        let whole = within.join(attempt);
        let path = whole.join("work");
        let failed = |fault: io::Error| {
            let folder = path.display();
            StepError::Transient(format!("the work folder {folder} cannot be made: {fault}"))
        };
        tokio::fs::create_dir_all(&path).await.map_err(failed)?;
        // A command has a working folder other than the server's, so the path must be whole.
        let whole = tokio::fs::canonicalize(&whole).await.map_err(failed)?;
        let path = whole.join("work");
        let output_file = whole.join("output.json");
        Ok(Self {
            whole,
            path,
            output_file,
        })
    }

    /// Where the command runs unless it is told otherwise.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The file to which the command may write its output; it is not there yet.
    pub(super) fn output_file(&self) -> &Path {
        &self.output_file
    }

    /// Removes it. What cannot be removed is left to the next start of the server.
    pub(super) async fn remove(self) {
        if let Err(fault) = tokio::fs::remove_dir_all(&self.whole).await {
            tracing::warn!(%fault, folder = %self.whole.display(), "a work folder stays behind");
        }
    }
}
