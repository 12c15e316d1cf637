//! A file of nothing, kept beside the database. On a full disk it is removed, so that what steps
//! that run come to can still be written down.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};

/// See the module. Without a file there is none.
#[derive(Debug, Default)]
pub(crate) struct Ballast {
    file: Option<PathBuf>,
    bytes: u64,
}

impl Ballast {
    /// The ballast of the database in `file`.
    pub(crate) fn beside(file: &Path, bytes: u64) -> Self {
        let file = (bytes > 0).then(|| file.with_extension("ballast"));
        Self { file, bytes }
    }

    /// Takes up its room, if it does not already.
    ///
    /// # Errors
    /// When there is no room for it; then it takes none.
    pub(crate) fn make(&self) -> io::Result<()> {
        let Some(path) = &self.file else {
            return Ok(());
        };
        if fs::metadata(path).is_ok_and(|known| known.len() == self.bytes) {
            return Ok(());
        }
        let made = take_up(path, self.bytes);
        if made.is_err() {
            self.drop()?;
        }
        made
    }

    /// Gives its room to whoever needs it. True when there was any.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub(crate) fn drop(&self) -> io::Result<bool> {
        let Some(path) = &self.file else {
            return Ok(false);
        };
        match fs::remove_file(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Real blocks, not a hole: a hole has no room to give.
fn take_up(path: &Path, bytes: u64) -> io::Result<()> {
    let file = File::create(path)?;
    match fallocate(&file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) => {}
        // A file system that cannot promise room gets the bytes themselves.
        Err(rustix::io::Errno::OPNOTSUPP) => {
            io::copy(&mut io::Read::take(io::repeat(0), bytes), &mut &file)?;
        }
        Err(error) => return Err(error.into()),
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn the_ballast_takes_up_real_room_and_gives_it_back() {
        let folder = tempfile::tempdir().unwrap();
        let ballast = Ballast::beside(&folder.path().join("jobs.db"), 1024 * 1024);
        ballast.make().unwrap();
        let file = folder.path().join("jobs.ballast");
        let made = fs::metadata(&file).unwrap();
        assert_eq!(made.len(), 1024 * 1024);
        assert!(
            made.blocks() * 512 >= 1024 * 1024,
            "{} blocks",
            made.blocks()
        );
        ballast.make().unwrap();
        assert!(ballast.drop().unwrap());
        assert!(!file.exists());
        assert!(!ballast.drop().unwrap(), "only once");
    }

    #[test]
    fn without_a_file_there_is_no_ballast() {
        let ballast = Ballast::default();
        ballast.make().unwrap();
        assert!(!ballast.drop().unwrap());
    }
}
