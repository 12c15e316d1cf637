//! Collecting every ended process below the runner, and knowing when there is none left.

use std::sync::mpsc::Sender;

use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, WaitStatus, wait};

use super::exit_facts::Outcome;
use super::runner::Happening;

/// Waits for children, the adopted ones too, until there are none, then says so. As the runner
/// adopts every orphan below it, "no child" means "no descendant". Must not begin before the
/// command was started.
pub(super) fn reap_all(command: Pid, happenings: &Sender<Happening>) {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == command => {
                if let Some(outcome) = outcome(status) {
                    drop(happenings.send(Happening::CommandEnded(outcome)));
                }
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => break,
        }
    }
    drop(happenings.send(Happening::TreeGone));
}

fn outcome(status: WaitStatus) -> Option<Outcome> {
    let exited = status.exit_status().map(|code| Outcome::Exited { code });
    exited.or_else(|| {
        status
            .terminating_signal()
            .map(|signal| Outcome::Signalled { signal })
    })
}
