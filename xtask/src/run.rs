//! `cargo xtask run`

use std::os::unix::process::CommandExt;

use anyhow::{Context, Result};

use crate::site::{self, Kind};
use crate::{program, server};

/// Builds the site and the server and becomes the server, so that signals reach it directly.
///
/// # Errors
/// When something cannot be set up, built or started. Returns only then.
pub fn command(arguments: &[String]) -> Result<()> {
    site::build(Kind::Dev)?;
    let program = server::build(false)?;
    program::say("starting the server (Ctrl-C ends it)");
    let error = server::serve(&program, server::words(arguments))?.exec();
    Err(error).with_context(|| format!("{} could not be started", program.display()))
}
