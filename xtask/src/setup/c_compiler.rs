//! The C compiler that SQLite and the cryptography are built with.

use anyhow::{Result, bail};

use crate::program;

/// Checks that there is one.
///
/// # Errors
/// When there is none.
pub fn ensure() -> Result<()> {
    if std::env::var_os("CC").is_some() || program::find(&["cc", "gcc", "clang"]).is_some() {
        return Ok(());
    }
    bail!("no C compiler was found; install one, for example `apt-get install gcc libc6-dev`")
}
