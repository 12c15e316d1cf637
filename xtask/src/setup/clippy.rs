//! Clippy, which not every toolchain comes with.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::{cargo, place, program};

/// Finds clippy; if it is missing, rustup adds it.
///
/// # Errors
/// When it is missing and rustup cannot add it.
pub fn ensure() -> Result<()> {
    if works() {
        return Ok(());
    }
    program::say("adding clippy to the Rust toolchain (rustup)");
    let mut rustup = Command::new("rustup");
    rustup
        .args(["component", "add", "clippy"])
        .current_dir(place::root());
    if program::finish(&mut rustup).is_ok() && works() {
        return Ok(());
    }
    bail!("this Rust has no clippy and rustup could not add it")
}

fn works() -> bool {
    let mut clippy = cargo::cargo(&["clippy", "--version"]);
    let status = clippy.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
