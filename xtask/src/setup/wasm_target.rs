//! The standard library for the browser.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::{place, program};

/// The browser's machine, as rustc calls it.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Adds the target to the toolchain in use if it is missing.
///
/// # Errors
/// When it is missing and rustup cannot add it.
pub fn ensure() -> Result<()> {
    if installed()? {
        return Ok(());
    }
    program::say(format!(
        "adding the target {TARGET} to the Rust toolchain (rustup)"
    ));
    let added = program::find(&["rustup"]).is_some()
        && program::finish(
            Command::new("rustup")
                .args(["target", "add", TARGET])
                .current_dir(place::root()),
        )
        .is_ok();
    if added && installed()? {
        return Ok(());
    }
    bail!(
        "the Rust target {TARGET} is missing and rustup could not add it; run \
         `rustup target add {TARGET}` where its server can be reached"
    )
}

/// Whether the toolchain has a standard library for the target.
fn installed() -> Result<bool> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let folder = program::answer(
        Command::new(rustc)
            .args(["--print", "target-libdir", "--target", TARGET])
            .current_dir(place::root()),
    )?;
    let Ok(files) = Path::new(folder.trim()).read_dir() else {
        return Ok(false);
    };
    let found = files.filter_map(Result::ok).any(|file| {
        let name = file.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    });
    Ok(found)
}
