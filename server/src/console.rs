//! What the server tells the person who started it, on standard output.

use std::io::Write;

/// Prints a line. That nobody reads any more (a closed pipe) is no reason to stop.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // See above.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
