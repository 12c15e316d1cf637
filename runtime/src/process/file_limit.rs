//! Living on where a file may not grow any more.

use std::io;

use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};

/// A write beyond the largest file that the system allows this process (`ulimit -f`) then fails,
/// instead of ending the process without a word. Needs a tokio runtime. The signal is handled, not
/// ignored: a program that is started has the system's own way again.
///
/// # Errors
/// The system does not let us.
pub fn outlive_file_limit() -> io::Result<()> {
    // What it says is not waited for; the handler stays when this is dropped.
    signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).map(drop)
}
