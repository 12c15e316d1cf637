//! A folder with a database, and an engine over it.

use std::path::PathBuf;
use std::time::Duration;

use runtime::{Runtime, RuntimeBuilder, Settings};
use tempfile::TempDir;

use crate::Outcome;

/// A runtime over a file that is gone afterwards.
pub struct Place {
    folder: TempDir,
    pub runtime: Runtime,
}

impl Place {
    pub async fn open() -> Outcome<Self> {
        Self::over(folder()?).await
    }

    /// The same folder, opened anew.
    pub async fn over(folder: TempDir) -> Outcome<Self> {
        let runtime = builder(folder.path().join("jobs.db")).start().await?;
        Ok(Self { folder, runtime })
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("jobs.db")
    }

    /// Stops the engine; the folder stays.
    pub async fn close(self) -> TempDir {
        let Self { folder, runtime } = self;
        runtime.shutdown().await;
        drop(runtime);
        // The committer lets go of the file a moment after the last word was answered.
        for _ in 0..500 {
            if runtime::database::Database::check_free(&folder.path().join("jobs.db")).is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        folder
    }
}

/// A folder on the disk that is measured: below `target`, since `/tmp` may be memory.
pub fn folder() -> Outcome<TempDir> {
    let below = std::env::current_dir()?.join("target");
    std::fs::create_dir_all(&below)?;
    Ok(tempfile::Builder::new()
        .prefix("bench-")
        .tempdir_in(below)?)
}

/// An engine as a program that embeds it would make it, with an orderly end that does not wait long.
pub fn builder(file: PathBuf) -> RuntimeBuilder {
    let settings = Settings {
        drain: Duration::from_secs(5),
        stop: Duration::from_secs(5),
        ..Settings::default()
    };
    Runtime::builder().sqlite(file).settings(settings)
}
