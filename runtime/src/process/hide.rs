//! Keeping this process to itself.

use std::io;

use rustix::process::{DumpableBehavior, set_dumpable_behavior};

/// Closes this process's memory, environment and open files to other processes of the same user:
/// the commands it starts are among them. It writes no core file either. Runners do so by
/// themselves; this is for the server.
///
/// # Errors
/// The system does not let us.
pub fn hide() -> io::Result<()> {
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}
