//! Where rustup's server cannot be reached: Debian's own Rust compiles for the browser too, once
//! a standard library was built from the sources that Debian ships.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::apt;
use super::wasm_target::TARGET;
use crate::{place, program};

/// The compiler, its cargo, the library's sources, and the linker for WebAssembly.
const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];

const CARGO: &str = "/usr/bin/cargo";
const RUSTC: &str = "/usr/bin/rustc";
const LINKER: &str = "/usr/bin/wasm-ld-22";
const SOURCES: &str = "/usr/lib/rustlib/src/rust/library/Cargo.toml";

/// Debian's Rust and the library that was built for it.
pub struct DebianRust {
    sysroot: PathBuf,
}

impl DebianRust {
    /// A call of Debian's cargo that finds the library and the linker.
    pub fn cargo(&self, words: &[&str]) -> Command {
        let mut command = Command::new(CARGO);
        command
            .current_dir(place::root())
            .args(words)
            .env("RUSTC", RUSTC)
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", LINKER)
            // For the browser's code only: build scripts and macros keep the compiler's own. What
            // stands here hides the flags in .cargo/config.toml, so the one there is said again.
            .env(
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
                format!(
                    "--cfg=erase_components --sysroot={}",
                    self.sysroot.display()
                ),
            )
            .env_remove("RUSTUP_TOOLCHAIN");
        command
    }
}

/// The library of an earlier call, if it was built for the compiler that is installed now.
pub fn prepared() -> Option<DebianRust> {
    let folder = folder();
    let made_for = fs::read_to_string(folder.join("made-for.txt")).ok()?;
    (made_for == version().ok()?).then(|| DebianRust {
        sysroot: folder.join("sysroot"),
    })
}

/// Installs what is missing and builds the library once.
///
/// # Errors
/// When the packages cannot be installed or the library cannot be built.
pub fn ensure() -> Result<DebianRust> {
    let missing = [CARGO, RUSTC, LINKER, SOURCES]
        .iter()
        .any(|file| !Path::new(file).exists());
    if missing {
        apt::install(&PACKAGES, "the browser's code")?;
    }
    if let Some(rust) = prepared() {
        return Ok(rust);
    }
    program::say("building the standard library for the browser (once, about two minutes)");
    let folder = folder();
    let libraries = build_seed(&folder.join("seed"))?;
    let sysroot = folder.join("sysroot");
    let into = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    fs::create_dir_all(&into)?;
    for library in libraries {
        let name = library.file_name().context("a library without a name")?;
        fs::copy(&library, into.join(name))?;
    }
    fs::write(folder.join("made-for.txt"), version()?)?;
    Ok(DebianRust { sysroot })
}

fn folder() -> PathBuf {
    place::root().join("target/wasm-std")
}

fn version() -> Result<String> {
    program::answer(Command::new(RUSTC).arg("--version"))
}

/// Builds an empty crate together with the whole standard library and returns the library's
/// parts. The compiler allows that only in its experimental mode, which is on for this one build.
fn build_seed(seed: &Path) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(seed.join("src"))?;
    fs::write(seed.join("src/lib.rs"), "")?;
    // The empty table makes it a workspace of its own, inside ours.
    fs::write(
        seed.join("Cargo.toml"),
        "[package]\nname = \"seed\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n",
    )?;
    let mut command = Command::new(CARGO);
    command
        .current_dir(seed)
        .args([
            "build",
            "-Zbuild-std=std,panic_abort",
            "--release",
            "--target",
            TARGET,
        ])
        .args(["--target-dir", "target"])
        .env("RUSTC", RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", LINKER)
        .env_remove("RUSTUP_TOOLCHAIN");
    program::finish(&mut command)
        .context("the standard library for the browser could not be built")?;
    let built = seed.join("target").join(TARGET).join("release/deps");
    let mut libraries = Vec::new();
    for entry in fs::read_dir(&built)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        if name.is_some_and(|name| name.ends_with(".rlib") && !name.starts_with("libseed-")) {
            libraries.push(path);
        }
    }
    Ok(libraries)
}
