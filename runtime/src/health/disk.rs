//! How much room a disk has: a port, so that a test can fill one.

use std::io;
use std::path::PathBuf;

use super::disk_watch::Space;

/// Tells how much room there is.
pub trait Disk: Send + Sync {
    /// What is left.
    ///
    /// # Errors
    /// When the system does not tell.
    fn space(&self) -> io::Result<Space>;
}

/// The disk that a folder lies on.
#[derive(Debug, Clone)]
pub struct DiskOfFolder(pub PathBuf);

impl Disk for DiskOfFolder {
    fn space(&self) -> io::Result<Space> {
        let told = rustix::fs::statvfs(&self.0)?;
        Ok(Space {
            // What an ordinary user may still write.
            free: told.f_bavail.saturating_mul(told.f_frsize),
            total: told.f_blocks.saturating_mul(told.f_frsize),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_lies_on_a_disk_that_has_a_size() {
        let folder = tempfile::tempdir().unwrap();
        let space = DiskOfFolder(folder.path().into()).space().unwrap();
        assert!(space.total > 0 && space.free <= space.total, "{space:?}");
    }
}
