//! The server's program.

use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::setup::c_compiler;
use crate::{cargo, place, program};

/// Builds `job-orchestrator` and returns where it lies.
///
/// # Errors
/// When there is no C compiler, or cargo fails.
pub fn build(release: bool) -> Result<PathBuf> {
    c_compiler::ensure()?;
    let profile = if release { "release" } else { "dev" };
    program::say(format!("building the server (profile {profile})"));
    program::finish(&mut cargo::cargo(&[
        "build",
        "--package",
        "server",
        "--bin",
        "job-orchestrator",
        "--profile",
        profile,
    ]))?;
    Ok(cargo::target()?
        .join(folder(release))
        .join("job-orchestrator"))
}

/// The folder inside the target folder that a profile builds into.
fn folder(release: bool) -> &'static str {
    if release { "release" } else { "debug" }
}

/// The command that serves from `./data` of the checkout, unless `words` or the environment
/// name another folder.
///
/// # Errors
/// When the data folder cannot be made.
pub fn serve(program: &PathBuf, words: &[String]) -> Result<Command> {
    let mut command = Command::new(program);
    command.current_dir(place::root()).arg("serve");
    let named = words
        .iter()
        .any(|word| word == "--data" || word.starts_with("--data="));
    if !named && std::env::var_os("JOB_ORCHESTRATOR_DATA").is_none() {
        let data = place::root().join("data");
        // For its owner only, as the server makes it: accounts lie in it.
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&data)
            .with_context(|| format!("the data folder {} could not be made", data.display()))?;
        command.arg("--data").arg(data);
    }
    command.args(words);
    Ok(command)
}

/// The words after `--`, which are the server's.
pub fn words(arguments: &[String]) -> &[String] {
    match arguments.split_first() {
        Some((first, rest)) if first == "--" => rest,
        _ => arguments,
    }
}
