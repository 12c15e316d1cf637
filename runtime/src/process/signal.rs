//! Sending a signal to exactly the process that was seen, never to a later one with its number.

use rustix::io::Errno;
use rustix::process::{PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};

use super::table::Process;

/// Sends the signal if `target` is still the process it was when it was read. A process that has
/// ended meanwhile, or may not be signalled, is passed over: whether anything is left is decided
/// by looking again, not by this.
pub(super) fn send(target: &Process, signal: Signal) {
    let Some(pid) = target.id() else { return };
    let handle = pidfd_open(pid, PidfdFlags::empty());
    // Compared after opening: from here on the handle cannot change its process.
    let same = Process::read(target.pid).is_some_and(|now| now.started == target.started);
    if !same {
        return;
    }
    match handle {
        Ok(handle) => drop(pidfd_send_signal(handle, signal)),
        // A system without process handles (before Linux 5.3): the number has to do.
        Err(Errno::NOSYS) => drop(kill_process(pid, signal)),
        Err(_) => {}
    }
}
