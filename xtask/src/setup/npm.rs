//! The packages of the end-to-end tests, exactly those of the committed lock file.

use std::path::Path;
use std::process::Command;
use std::{fs, io};

use anyhow::{Context, Result};

use crate::program;

/// Brings `folder/node_modules` in line with `folder/package-lock.json`, unless it already is.
///
/// # Errors
/// When there is no lock file, or npm fails.
pub fn ensure(folder: &Path) -> Result<()> {
    let lock = fs::read(folder.join("package-lock.json")).with_context(|| {
        format!(
            "{} has no package-lock.json; run `npm install` there once",
            folder.display()
        )
    })?;
    // npm itself keeps no copy of the lock that it installed from, so we do.
    let stamp = folder.join("node_modules/.installed-lock.json");
    if matches(&stamp, &lock)? {
        return Ok(());
    }
    program::say("installing the npm packages of the end-to-end tests (npm ci)");
    program::finish(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            // The browser comes from the system; the driver must not fetch its own.
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
            .current_dir(folder),
    )?;
    fs::write(&stamp, lock).with_context(|| format!("{} could not be written", stamp.display()))
}

fn matches(stamp: &Path, lock: &[u8]) -> Result<bool> {
    match fs::read(stamp) {
        Ok(installed) => Ok(installed == lock),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("{} is unreadable", stamp.display())),
    }
}
