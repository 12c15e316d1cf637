//! The proof of death: the attempt's lock, and a sweep for what a killed runner left behind.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio::time::sleep;

use super::end_tree::freeze;
use super::error::ProcessError;
use super::lock_file::{self, Obtained};
use super::signal;
use super::spec::LOCK_VARIABLE;
use super::table::{Process, descendants, snapshot};

/// How often a held lock is tried again.
const TRY_EVERY: Duration = Duration::from_millis(5);
/// The time between two sweeps.
const SWEEP_EVERY: Duration = Duration::from_millis(5);
/// Sweeps in a row that must find nothing: a process that is just being replaced by another
/// program shows no environment for a moment.
const EMPTY_SWEEPS: u32 = 2;

/// See [`ProcessRunner::prove_dead`](super::ProcessRunner::prove_dead).
pub(super) async fn prove_dead(
    path: &Path,
    attempt_id: &str,
    limit: Duration,
) -> Result<(), ProcessError> {
    let begun = Instant::now();
    let still_alive = |detail| ProcessError::StillAlive {
        attempt_id: attempt_id.to_owned(),
        waited: begun.elapsed(),
        detail,
    };
    // Held until the file is removed, so that two proofs at a time do not meet.
    let lock = loop {
        let fault = |source| ProcessError::LockFile {
            path: path.to_owned(),
            source,
        };
        match lock_file::obtain(path).map_err(fault)? {
            Obtained::Lock(file) => break Some(file),
            Obtained::NoFile => break None,
            Obtained::Held if begun.elapsed() >= limit => {
                let holder = lock_file::holder(path);
                return Err(still_alive(holder.map_or_else(
                    || "its runner cannot be told".to_owned(),
                    |runner| format!("its runner is process {}", runner.pid),
                )));
            }
            Obtained::Held => {
                if begun.elapsed() >= limit / 2 {
                    lock_file::kill_holder(path);
                }
                sleep(TRY_EVERY).await;
            }
        }
    };
    let mut empty = 0;
    loop {
        let found = sweep(path.to_owned()).await?;
        empty = if found.is_empty() { empty + 1 } else { 0 };
        if empty >= EMPTY_SWEEPS || (lock.is_none() && empty > 0) {
            break;
        }
        if !found.is_empty() && begun.elapsed() >= limit {
            return Err(still_alive(format!("processes {found:?}")));
        }
        sleep(SWEEP_EVERY).await;
    }
    lock_file::remove(path)
}

/// Sweeps until nothing is found any more; answers whether there was anything to kill.
pub(super) async fn sweep_until_none(path: &Path) -> Result<bool, ProcessError> {
    let mut killed = false;
    let mut empty = 0;
    while empty < EMPTY_SWEEPS {
        let found = sweep(path.to_owned()).await?;
        killed |= !found.is_empty();
        empty = if found.is_empty() { empty + 1 } else { 0 };
        sleep(SWEEP_EVERY).await;
    }
    Ok(killed)
}

/// Kills everything that carries the mark of this lock file, with all its descendants. Answers the
/// numbers of what was found.
async fn sweep(lock_file: PathBuf) -> Result<Vec<i32>, ProcessError> {
    let swept = tokio::task::spawn_blocking(move || {
        let mark = format!("{LOCK_VARIABLE}={}", lock_file.display());
        let found = marked(&mark)?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        // Stopped first: killing a parent would cut off children that wiped their mark.
        freeze(|| marked(&mark).unwrap_or_default());
        let found = marked(&mark)?;
        for process in &found {
            signal::send(process, Signal::KILL);
        }
        Ok(found.iter().map(|process| process.pid).collect())
    });
    swept
        .await
        .map_err(std::io::Error::other)
        .flatten()
        .map_err(ProcessError::Table)
}

fn marked(mark: &str) -> std::io::Result<Vec<Process>> {
    let own = i32::try_from(std::process::id()).unwrap_or_default();
    let all = snapshot()?;
    let mut found: Vec<Process> = all
        .iter()
        .filter(|process| !process.zombie && process.pid != own && process.carries(mark))
        .copied()
        .collect();
    let below = descendants(&all, found.iter().map(|process| process.pid));
    found.extend(below);
    Ok(found)
}
