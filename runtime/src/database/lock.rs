//! The lock that says which server owns a file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::OpenError;
use super::place::folder_of;

/// How long it is asked for before it counts as another server's.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often.
const RETRY_EVERY: Duration = Duration::from_millis(20);

/// Takes the lock, waiting a moment for who may hold it just now: of a server that was killed while
/// it started a program, that program's process holds the lock until it runs.
pub(super) async fn take_patiently(path: &Path) -> Result<File, OpenError> {
    patiently(|| take(path)).await
}

/// Takes what lies beside a database, a file or a folder, for the engine on that database, as patiently.
/// Its lock is none that a database of a similar name could have.
pub(super) async fn take_beside_patiently(path: &Path) -> Result<File, OpenError> {
    let taken = patiently(|| take_at(&path.with_extension("in-use"), path)).await;
    taken.map_err(|error| match error {
        OpenError::InUse(path) => OpenError::Shared(path),
        other => other,
    })
}

/// Takes a folder for this process alone, as patiently: the lock is on the folder itself, so that
/// it holds also when the file with the other lock was removed. Only for a folder with one database
/// in it.
pub(super) async fn take_folder_patiently(folder: &Path) -> Result<File, OpenError> {
    patiently(|| take_folder(folder)).await
}

async fn patiently(take: impl Fn() -> Result<File, OpenError>) -> Result<File, OpenError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match take() {
            Err(OpenError::InUse(_)) if Instant::now() < deadline => {
                tokio::time::sleep(RETRY_EVERY).await;
            }
            answer => return answer,
        }
    }
}

fn take_folder(folder: &Path) -> Result<File, OpenError> {
    let file = File::open(folder).map_err(|cause| OpenError::Folder {
        path: folder.to_path_buf(),
        cause,
    })?;
    locked(file, folder, folder)
}

/// Takes the lock that says which server owns the file; the system drops it with the process.
pub(super) fn take(path: &Path) -> Result<File, OpenError> {
    take_at(&path.with_extension("lock"), path)
}

/// Takes the lock at `lock_path` for whoever uses what lies at `path`.
fn take_at(lock_path: &Path, path: &Path) -> Result<File, OpenError> {
    let folder = folder_of(path);
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |cause| OpenError::Folder { path, cause }
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    let open = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(lock_path);
    let file = open.map_err(failed(lock_path))?;
    locked(file, lock_path, path)
}

/// Whether somebody has that lock, asked by somebody who may only read. Where there is no such file
/// nobody has it.
pub(super) fn look(path: &Path) -> Result<(), OpenError> {
    let lock_path = path.with_extension("lock");
    match File::open(&lock_path) {
        Ok(file) => locked(file, &lock_path, path).map(drop),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(OpenError::Folder {
            path: lock_path,
            cause,
        }),
    }
}

/// `file`, which lies at `lock_path`, locked for whoever uses `used`.
fn locked(file: File, lock_path: &Path, used: &Path) -> Result<File, OpenError> {
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(used.to_path_buf())),
        Err(TryLockError::Error(cause)) => Err(OpenError::Folder {
            path: lock_path.to_path_buf(),
            cause,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_lock_that_is_let_go_of_soon_is_waited_for_and_another_servers_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.db");
        let held = take(&path).unwrap();
        // Asked for the first time while it is held: the second future runs after that.
        let (opened, ()) = tokio::join!(take_patiently(&path), async { drop(held) });
        let _held = opened.unwrap();
        let refused = take_patiently(&path).await;
        assert!(matches!(refused, Err(OpenError::InUse(_))), "{refused:?}");
    }
}
