//! Where the file lies: on which kind of file system, and with how much room.

use std::io;
use std::path::Path;

use rustix::fs::{statfs, statvfs};
use tracing::warn;

use super::OpenError;

/// Below this many bytes a disk is nearly full.
const FREE_BYTES_MIN: u64 = 512 * 1024 * 1024;
/// Below this share of its size as well, in percent.
const FREE_PERCENT_MIN: u64 = 5;

/// File systems that other machines write to as well, by the number the kernel has for them. Locks
/// and shared memory do not hold there as SQLite needs them: two servers could write at once. What
/// is done by a program (FUSE) or by a hypervisor (9p) may be fit for it and is not among them.
const NETWORK: [(u64, &str); 16] = [
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB"),
    (0x564C, "NCP"),
    (0x5346_414F, "AFS"),
    (0x6B41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x00C3_6400, "Ceph"),
    (0x0BD0_0BD0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x1983_0326, "BeeGFS"),
    (0x2003_0528, "OrangeFS"),
    (0x0116_1970, "GFS2"),
    (0x7461_636F, "OCFS2"),
    (0x786F_4256, "a shared folder of VirtualBox"),
];

/// Refuses a place that is not fit for a database, and says when there is little room left.
pub(super) fn check(path: &Path) -> Result<(), OpenError> {
    let folder = folder_of(path);
    let failed = |cause| OpenError::Folder {
        path: folder.to_path_buf(),
        cause,
    };
    if let Some(kind) = network_file_system(folder).map_err(failed)? {
        let path = folder.to_path_buf();
        return Err(OpenError::Network { path, kind });
    }
    if let Some(warning) = Room::of(folder).map_err(failed)?.warning() {
        warn!(folder = %folder.display(), "{warning}");
    }
    Ok(())
}

/// The folder that a file lies in.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The network file system on which `folder` lies, if it is one.
///
/// # Errors
/// The folder cannot be asked.
fn network_file_system(folder: &Path) -> io::Result<Option<&'static str>> {
    let number = statfs(folder)?.f_type;
    // The numbers are 32 bits; some systems hand them over with a sign.
    #[expect(
        clippy::cast_sign_loss,
        clippy::cast_possible_truncation,
        reason = "only the 32 bits count"
    )]
    Ok(name_of(u64::from(number as u32)))
}

fn name_of(number: u64) -> Option<&'static str> {
    let found = NETWORK.iter().find(|(known, _)| *known == number);
    found.map(|(_, name)| *name)
}

/// How much room there is for a folder's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Room {
    /// Bytes this program may still write.
    free: u64,
    /// Bytes in all.
    size: u64,
}

impl Room {
    /// The room where `folder` lies.
    ///
    /// # Errors
    /// The folder cannot be asked.
    fn of(folder: &Path) -> io::Result<Self> {
        let facts = statvfs(folder)?;
        Ok(Self {
            free: facts.f_bavail.saturating_mul(facts.f_frsize),
            size: facts.f_blocks.saturating_mul(facts.f_frsize),
        })
    }

    /// What to tell an operator while there is still time; nothing when there is enough.
    fn warning(self) -> Option<String> {
        let percent = self.percent();
        let is_scarce = self.free < FREE_BYTES_MIN || percent < FREE_PERCENT_MIN;
        is_scarce.then(|| {
            let free = self.free / (1024 * 1024);
            format!(
                "only {free} MiB ({percent} %) are free; when they are used up, nothing can be \
                 recorded and workflows stand still"
            )
        })
    }

    fn percent(self) -> u64 {
        let whole = u128::from(self.size.max(1));
        u64::try_from(u128::from(self.free) * 100 / whole).unwrap_or(100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1024 * 1024 * 1024;

    #[test]
    fn network_file_systems_are_known_by_their_numbers_and_local_ones_are_none() {
        for (number, name) in [
            (0x6969, "NFS"),
            (0xFF53_4D42, "CIFS"),
            (0x00C3_6400, "Ceph"),
        ] {
            assert_eq!(name_of(number), Some(name));
        }
        // ext4, xfs, btrfs, tmpfs, overlay, FUSE, 9p.
        let local = [
            0xEF53,
            0x5846_5342,
            0x9123_683E,
            0x0102_1994,
            0x794C_7630,
            0x6573_5546,
            0x0102_1997,
        ];
        for number in local {
            assert_eq!(name_of(number), None, "{number:x}");
        }
        assert_eq!(network_file_system(Path::new("/proc")).unwrap(), None);
    }

    #[test]
    fn a_disk_is_nearly_full_by_its_bytes_or_by_its_share() {
        let warning = |free, size| Room { free, size }.warning();
        assert_eq!(warning(GIB, 10 * GIB), None);
        assert!(
            warning(GIB / 4, GIB / 2)
                .unwrap()
                .contains("256 MiB (50 %)")
        );
        assert!(warning(4 * GIB, 100 * GIB).unwrap().contains("(4 %)"));
        assert_eq!(warning(5 * GIB, 100 * GIB), None);
        assert!(Room::of(Path::new("/")).unwrap().size > 0);
    }
}
