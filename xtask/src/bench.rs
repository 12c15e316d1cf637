//! `cargo xtask bench`

use anyhow::{Result, bail};

use crate::{cargo, place, program};

/// Runs the engine's measurements in release mode.
///
/// # Errors
/// When there is nothing to measure with, or the run fails.
pub fn command(arguments: &[String]) -> Result<()> {
    if !place::root()
        .join("runtime/examples/bench/main.rs")
        .is_file()
    {
        bail!("this checkout has no measurements: runtime/examples/bench/main.rs does not exist");
    }
    program::say("measuring the engine (release build; leave the machine alone meanwhile)");
    program::finish(
        cargo::cargo(&[
            "run",
            "--release",
            "--package",
            "runtime",
            "--example",
            "bench",
            "--",
        ])
        .args(arguments.iter().filter(|word| *word != "--")),
    )
}
