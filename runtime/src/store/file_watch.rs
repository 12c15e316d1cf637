//! Whether a database's files are still the ones that were opened. A file that was deleted can be
//! written to as long as it is open, into nowhere.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::StoreError;

/// A file system and a number on it.
type Identity = (u64, u64);

/// The files of one open database.
#[derive(Debug, Clone)]
pub struct FileWatch(Vec<(PathBuf, Identity)>);

impl FileWatch {
    /// Watches this database's file, and its write-ahead log when there is one.
    #[must_use]
    pub fn of(database: &Path) -> Self {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        Self::over([database.to_path_buf(), PathBuf::from(log)])
    }

    /// Watches this file alone: one whose connections may all be closed for a while has another
    /// write-ahead log afterwards.
    #[must_use]
    pub fn of_file(file: &Path) -> Self {
        Self::over([file.to_path_buf()])
    }

    fn over(files: impl IntoIterator<Item = PathBuf>) -> Self {
        let known = files.into_iter().filter_map(|file| {
            let identity = identity(&file)?;
            Some((file, identity))
        });
        Self(known.collect())
    }

    /// # Errors
    /// [`StoreError::Gone`] when one of them is not where it was.
    pub fn check(&self) -> Result<(), StoreError> {
        match self
            .0
            .iter()
            .find(|(file, known)| identity(file) != Some(*known))
        {
            Some((file, _)) => Err(StoreError::Gone(file.display().to_string())),
            None => Ok(()),
        }
    }
}

fn identity(file: &Path) -> Option<Identity> {
    let metadata = std::fs::metadata(file).ok()?;
    Some((metadata.dev(), metadata.ino()))
}
