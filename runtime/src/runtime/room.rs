//! The disk beneath a runtime, the room that is kept on it, and the memory that is used.

use std::sync::Arc;

use tracing::warn;

use super::RuntimeBuilder;
use crate::health::{Ballast, Disk, DiskOfFolder, Memory, MemoryOfProcess};

/// Occupies the room that is given up when the disk is full.
pub(super) fn ballast(builder: &RuntimeBuilder) -> Ballast {
    let Some(file) = &builder.file else {
        return Ballast::default();
    };
    let ballast = Ballast::beside(file, builder.settings.disk.ballast);
    if let Err(error) = ballast.make() {
        warn!(%error, "there is no room for the ballast that a full disk gives up");
    }
    ballast
}

/// The disk to watch: the one that was given, or that of the file.
pub(super) fn disk(builder: &RuntimeBuilder) -> Option<Arc<dyn Disk>> {
    let of_file = || {
        let folder = builder.file.as_ref()?.parent()?;
        Some(Arc::new(DiskOfFolder(folder.to_path_buf())) as Arc<dyn Disk>)
    };
    builder.disk.clone().or_else(of_file)
}

/// The memory to watch: the one that was given, or this process's.
pub(super) fn memory(builder: &RuntimeBuilder) -> Arc<dyn Memory> {
    let given = builder.memory.clone();
    given.unwrap_or_else(|| Arc::new(MemoryOfProcess))
}
