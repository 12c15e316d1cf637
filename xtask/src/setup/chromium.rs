//! The browser of the end-to-end tests.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::apt;
use crate::program;

const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Where the browser lies. `CHROMIUM` names one; otherwise the usual names are looked for, and
/// Debian's package is installed when there is none.
///
/// # Errors
/// When there is none and it cannot be installed.
pub fn ensure() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        let named = PathBuf::from(named);
        if !named.is_file() {
            bail!(
                "CHROMIUM names {}, which is not a file; name another or none",
                named.display()
            );
        }
        return Ok(named);
    }
    if let Some(found) = program::find(&NAMES) {
        return Ok(found);
    }
    apt::install(&["chromium"], "the end-to-end tests")?;
    program::find(&NAMES)
        .context("apt-get installed Chromium, but no `chromium` is in PATH; name it in CHROMIUM")
}
