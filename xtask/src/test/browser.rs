//! The end-to-end tests: a real browser against the real program.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::options::Options;
use crate::program::Ended;
use crate::setup::{chromium, node, npm};
use crate::{place, program};

/// What the end-to-end tests need, set up.
pub struct Browser {
    folder: PathBuf,
    chromium: PathBuf,
}

/// Brings Chromium and the npm packages. None when the checkout has no such tests.
///
/// # Errors
/// When something is missing and cannot be brought.
pub fn set_up() -> Result<Option<Browser>> {
    let folder = place::root().join("end2end");
    if !folder.join("package.json").is_file() {
        return Ok(None);
    }
    node::ensure()?;
    let chromium = chromium::ensure()?;
    npm::ensure(&folder)?;
    Ok(Some(Browser { folder, chromium }))
}

impl Browser {
    /// Checks their types, which running them does not.
    ///
    /// # Errors
    /// When one is wrong.
    pub fn types(&self) -> Result<()> {
        program::say("checking the types of the end-to-end tests (tsc)");
        let mut command = Command::new("npx");
        command.args(["--no-install", "tsc", "--noEmit"]);
        program::finish(command.current_dir(&self.folder))
    }

    /// Runs them against `server`.
    pub fn run(&self, server: &Path, options: &Options) -> Ended {
        program::say("running the end-to-end tests (Playwright)");
        let mut command = Command::new("npx");
        command
            .args(["--no-install", "playwright", "test"])
            .current_dir(&self.folder)
            .env("JOB_ORCHESTRATOR_BIN", server)
            .env("CHROMIUM", &self.chromium);
        if let Some(name) = &options.name {
            command.args(["--grep", name, "--pass-with-no-tests"]);
        }
        options.tell(&mut command);
        program::watch(command)
    }
}
