//! The standard library for the browser.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::debian_rust::{self, DebianRust};
use crate::{cargo, place, program};

/// The browser's machine, as rustc calls it.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// When this is `debian`, the toolchain in use is not asked: for a closed network, on which
/// rustup would only wait.
const ROUTE: &str = "JOB_ORCHESTRATOR_WASM";

/// A compiler that can build for the browser.
pub enum Compiler {
    /// The toolchain that builds everything else, with the target added.
    Toolchain,
    /// Debian's, with a standard library built from its sources.
    Debian(DebianRust),
}

impl Compiler {
    /// A call of this compiler's cargo.
    pub fn cargo(&self, words: &[&str]) -> Command {
        match self {
            Self::Toolchain => cargo::cargo(words),
            Self::Debian(rust) => rust.cargo(words),
        }
    }
}

/// Finds a compiler for the browser. If the target is missing, rustup adds it; where rustup
/// cannot, Debian's compiler and library sources do the same.
///
/// # Errors
/// When neither way leads to one.
pub fn ensure() -> Result<Compiler> {
    if std::env::var_os(ROUTE).is_some_and(|route| route == "debian") {
        return debian_rust::ensure().map(Compiler::Debian);
    }
    if installed()? {
        return Ok(Compiler::Toolchain);
    }
    if let Some(rust) = debian_rust::prepared() {
        return Ok(Compiler::Debian(rust));
    }
    program::say(format!(
        "adding the target {TARGET} to the Rust toolchain (rustup)"
    ));
    let mut rustup = Command::new("rustup");
    rustup
        .args(["target", "add", TARGET])
        .current_dir(place::root());
    if program::finish(&mut rustup).is_ok() && installed()? {
        return Ok(Compiler::Toolchain);
    }
    program::say("rustup could not add it; taking Debian's Rust for the browser's code instead");
    debian_rust::ensure()
        .map(Compiler::Debian)
        .with_context(|| {
            format!(
                "the Rust target {TARGET} is missing; run `rustup target add {TARGET}` where \
             rustup's server can be reached"
            )
        })
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
