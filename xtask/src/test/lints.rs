//! The lints and the documentation, after the build: by then everything that runs while compiling is
//! there, and clippy and rustdoc only have to look.

use super::report::Report;
use crate::check;
use crate::setup::clippy;

/// Runs them.
pub fn run(report: &mut Report) {
    match clippy::ensure() {
        Ok(()) => report.add("lints", check::lint()),
        Err(error) => report.skip("lints", format!("{error:#}")),
    }
    report.add("documentation", check::docs());
}
