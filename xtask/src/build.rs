//! `cargo xtask build`

use anyhow::{Result, bail};

use crate::site::{self, Kind};
use crate::{place, program, server};

/// Builds the site and the server, with `--release` the ones to ship.
///
/// # Errors
/// When something cannot be set up or built.
pub fn command(arguments: &[String]) -> Result<()> {
    let release = match arguments {
        [] => false,
        [word] if word == "--release" => true,
        _ => bail!("`cargo xtask build` takes nothing or `--release`"),
    };
    site::build(if release { Kind::Release } else { Kind::Dev })?;
    let program = server::build(release)?;
    let size = std::fs::metadata(&program)?.len();
    #[expect(clippy::cast_precision_loss, reason = "one decimal of a file's size")]
    let megabytes = size as f64 / 1e6;
    program::say(format!("{} ({megabytes:.1} MB)", place::shown(&program)));
    Ok(())
}
