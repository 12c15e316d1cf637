//! The attempt's lock file: whoever holds its lock knows that no runner of the attempt lives.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal};

use super::error::ProcessError;
use super::signal;
use super::table::Process;

const LONGEST_NAME: usize = 120;

/// Where the lock of an attempt is, as a path that is the same however the folder was spelt.
/// Makes the folder if it is missing.
pub(super) fn path(folder: &Path, attempt_id: &str) -> Result<PathBuf, ProcessError> {
    let usable = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let first_usable = attempt_id.bytes().next().is_some_and(|byte| byte != b'.');
    if !first_usable || attempt_id.len() > LONGEST_NAME || !attempt_id.bytes().all(usable) {
        return Err(ProcessError::AttemptName(attempt_id.to_owned()));
    }
    let folder = fs::create_dir_all(folder)
        .and_then(|()| folder.canonicalize())
        .map_err(|source| ProcessError::LockFile {
            path: folder.to_owned(),
            source,
        })?;
    Ok(folder.join(format!("{attempt_id}.lock")))
}

/// Whether the attempt has a lock file: it was started, and its end is not proven. A folder in its
/// place is somebody else's.
pub(super) fn is_there(folder: &Path, attempt_id: &str) -> bool {
    let path = folder.join(format!("{attempt_id}.lock"));
    path.exists() && !path.is_dir()
}

/// Makes the file, locked from its first moment. Refused if it exists.
pub(super) fn create(path: &Path, attempt_id: &str) -> Result<File, ProcessError> {
    let fault = |source| ProcessError::LockFile {
        path: path.to_owned(),
        source,
    };
    let file = match OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)
    {
        Err(exists) if exists.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {
            return Err(fault(io::Error::other(
                "a folder lies in its place, which has to be removed",
            )));
        }
        Err(exists) if exists.kind() == io::ErrorKind::AlreadyExists => {
            return Err(ProcessError::AttemptExists(attempt_id.to_owned()));
        }
        opened => opened.map_err(fault)?,
    };
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ProcessError::AttemptExists(attempt_id.to_owned())),
        Err(TryLockError::Error(source)) => Err(fault(source)),
    }
}

/// What an attempt to obtain an existing lock came to.
pub(super) enum Obtained {
    /// It is ours until the file is dropped.
    Lock(File),
    /// There is no such file: the attempt never began, or its end is proven. Or a folder took its place,
    /// which no runner can hold: the sweep alone has to tell.
    NoFile,
    /// A runner lives.
    Held,
}

/// Tries to obtain the lock, without waiting.
pub(super) fn obtain(path: &Path) -> io::Result<Obtained> {
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Err(missing)
            if [io::ErrorKind::NotFound, io::ErrorKind::IsADirectory].contains(&missing.kind()) =>
        {
            return Ok(Obtained::NoFile);
        }
        opened => opened?,
    };
    match file.try_lock() {
        Ok(()) => Ok(Obtained::Lock(file)),
        Err(TryLockError::WouldBlock) => Ok(Obtained::Held),
        Err(TryLockError::Error(fault)) => Err(fault),
    }
}

/// Removes the file; one that is gone already is no fault, nor is a folder in its place, which stays.
pub(super) fn remove(path: &Path) -> Result<(), ProcessError> {
    match fs::remove_file(path) {
        Err(fault) if fault.kind() != io::ErrorKind::NotFound && !path.is_dir() => {
            Err(ProcessError::LockFile {
                path: path.to_owned(),
                source: fault,
            })
        }
        _ => Ok(()),
    }
}

/// The runner's side: makes sure of the lock it was handed, and notes in the file who holds it.
pub(super) fn hold(mut file: impl AsFd + Write, own: Pid) -> io::Result<()> {
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    let pid = own.as_raw_nonzero().get();
    let started = Process::read(pid).map_or(0, |process| process.started);
    writeln!(file, "{pid} {started}")
}

/// The runner's side: lets go of the lock, also for copies of it that another process may hold.
pub(super) fn release(file: impl AsFd) -> io::Result<()> {
    Ok(flock(file, FlockOperation::Unlock)?)
}

/// The living process that noted itself as the holder, if it is still that process.
pub(super) fn holder(path: &Path) -> Option<Process> {
    let text = fs::read_to_string(path).ok()?;
    let (pid, started) = text.lines().next()?.split_once(' ')?;
    let process = Process::read(pid.parse().ok()?)?;
    (started.parse() == Ok(process.started)).then_some(process)
}

/// Kills the holder. What it leaves behind is for the sweep.
pub(super) fn kill_holder(path: &Path) {
    if let Some(runner) = holder(path) {
        signal::send(&runner, Signal::KILL);
    }
}
