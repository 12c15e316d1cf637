//! Files that only their owner reads.

use std::ffi::OsString;
use std::fs::{OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

const OWNER_ONLY: u32 = 0o600;

/// Makes a database's file before the library does, which would let every user of the machine read
/// it, and takes these rights away from one that is there. The files beside it take after it.
///
/// # Errors
/// It cannot be made or written.
pub fn make(database: &Path) -> io::Result<()> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(OWNER_ONLY)
        .open(database)?;
    for ending in ["", "-wal", "-shm"] {
        let mut name = OsString::from(database);
        name.push(ending);
        close_to_others(Path::new(&name))?;
    }
    Ok(())
}

fn close_to_others(file: &Path) -> io::Result<()> {
    match std::fs::metadata(file) {
        Ok(facts) if facts.permissions().mode() & 0o077 != 0 => {
            let set = std::fs::set_permissions(file, Permissions::from_mode(OWNER_ONLY));
            if let Err(fault) = set {
                // Some file systems know no rights; the data are usable there all the same.
                tracing::warn!(file = %file.display(), %fault, "others may read this file");
            }
            Ok(())
        }
        Ok(_) => Ok(()),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(file: &Path) -> u32 {
        std::fs::metadata(file).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_that_is_new_or_was_open_to_all_is_its_owners_alone_and_keeps_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let (new, old) = (folder.path().join("new.db"), folder.path().join("old.db"));
        let beside = folder.path().join("old.db-wal");
        for file in [&old, &beside] {
            std::fs::write(file, "kept").unwrap();
            std::fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
        }
        make(&new).unwrap();
        make(&old).unwrap();
        for file in [&new, &old, &beside] {
            assert_eq!(mode(file), OWNER_ONLY, "{}", file.display());
        }
        assert_eq!(std::fs::read_to_string(&old).unwrap(), "kept");
    }
}
