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
    if arguments.iter().any(|word| word == "--micro") {
        program::say("measuring the core alone (release build)");
        let rest = arguments.iter().filter(|word| *word != "--micro");
        return program::finish(
            cargo::cargo(&["bench", "--package", "engine", "--bench", "steps", "--"]).args(rest),
        );
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
