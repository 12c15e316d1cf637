//! Calls of cargo itself.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{place, program};

/// The crates that never see the server's features: the browser's entry is built for another
/// machine, and this one must not be built again while it runs.
pub const APART: [&str; 4] = ["--exclude", "frontend", "--exclude", "xtask"];

/// A cargo of the same toolchain that built this program, at the top of the checkout.
pub fn cargo(words: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(place::root()).args(words);
    command
}

/// Cargo's target folder, wherever the settings of this machine put it.
///
/// # Errors
/// When cargo cannot describe the workspace.
pub fn target() -> Result<PathBuf> {
    let text = program::answer(&mut cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
    ]))?;
    let described: serde_json::Value =
        serde_json::from_str(&text).context("`cargo metadata` did not write JSON")?;
    let folder = described["target_directory"]
        .as_str()
        .context("`cargo metadata` did not name the target folder")?;
    Ok(PathBuf::from(folder))
}
