//! Compiling the frontend crate for the browser.

use std::path::PathBuf;

use anyhow::Result;

use super::Kind;
use crate::setup::wasm_target::{Compiler, TARGET};
use crate::{cargo, program};

/// Builds the module and returns where it lies.
///
/// # Errors
/// When it does not compile.
pub fn build(compiler: &Compiler, kind: Kind) -> Result<PathBuf> {
    let profile = match kind {
        Kind::Dev => "wasm-dev",
        Kind::Release => "wasm-release",
    };
    program::finish(&mut compiler.cargo(&[
        "build",
        "--package",
        "frontend",
        "--target",
        TARGET,
        "--profile",
        profile,
    ]))?;
    Ok(cargo::target()?
        .join(TARGET)
        .join(profile)
        .join("frontend.wasm"))
}
