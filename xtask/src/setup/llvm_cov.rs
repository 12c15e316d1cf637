//! cargo-llvm-cov, which counts the lines that tests reach.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{cargo, place, program};

const NAME: &str = "cargo-llvm-cov";

/// Where it lies. When it is missing it is built from crates.io into `target/tools`; what it
/// needs of LLVM is added to the toolchain by rustup.
///
/// # Errors
/// When one of them cannot be had; the sentence names which and the mend.
pub fn ensure() -> Result<PathBuf> {
    llvm_tools()?;
    let tools = place::root().join("target/tools");
    let ours = tools.join("bin").join(NAME);
    if let Some(found) = program::find(&[NAME]) {
        return Ok(found);
    }
    if ours.is_file() {
        return Ok(ours);
    }
    program::say(format!(
        "building {NAME} into target/tools (crates.io; a minute)"
    ));
    let mut install = cargo::cargo(&["install", NAME, "--root"]);
    install
        .arg(&tools)
        .arg("--target-dir")
        .arg(tools.join("build"));
    program::finish(&mut install)
        .with_context(|| format!("coverage needs {NAME}, which could not be built"))?;
    Ok(ours)
}

/// `llvm-profdata` and `llvm-cov` of the version that the compiler was made with.
fn llvm_tools() -> Result<()> {
    let named = |name| std::env::var_os(name).is_some();
    if named("LLVM_COV") && named("LLVM_PROFDATA") {
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    rustup
        .args(["component", "add", "llvm-tools"])
        .current_dir(place::root());
    program::finish(&mut rustup).context(
        "coverage needs the toolchain's component llvm-tools; run `rustup component add llvm-tools` \
         where rustup's server can be reached, or name LLVM's own programs in LLVM_COV and \
         LLVM_PROFDATA",
    )
}
