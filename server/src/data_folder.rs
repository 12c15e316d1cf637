//! The data folder and what lies in it.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A data folder.
#[derive(Debug, Clone)]
pub struct DataFolder(PathBuf);

/// The folder cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("the data folder {} cannot be made: {cause}", path.display())]
pub struct NoDataFolder {
    path: PathBuf,
    cause: io::Error,
}

/// Steps run in folders of their own, so a relative path would lead them astray.
fn full(path: &Path) -> io::Result<DataFolder> {
    std::path::absolute(path).map(DataFolder)
}

impl DataFolder {
    /// The folder at `path`; a new one is for its owner only.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn at(path: &Path) -> Result<Self, NoDataFolder> {
        let made = std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path);
        made.and_then(|()| full(path))
            .map_err(|cause| NoDataFolder {
                path: path.to_owned(),
                cause,
            })
    }

    /// The folder at `path`, for a command that only looks: it is not made, and what is not there is
    /// not found in it.
    ///
    /// # Errors
    /// When the path names none.
    pub fn looked_at(path: &Path) -> io::Result<Self> {
        full(path)
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Workflows, definitions, events.
    #[must_use]
    pub fn engine_file(&self) -> PathBuf {
        self.0.join("job-orchestrator.db")
    }

    /// People, tokens and sessions.
    #[must_use]
    pub fn accounts_file(&self) -> PathBuf {
        self.0.join("accounts.db")
    }

    /// What tasks wrote.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.0.join("logs.db")
    }

    /// Where steps have their folders.
    #[must_use]
    pub fn work_dir(&self) -> PathBuf {
        self.0.join("work")
    }
}
