//! `cargo xtask check`: format, lints, documentation, and the rules that no compiler knows.

mod architecture;
mod clock;
mod crates;
mod finding;
mod function;
mod length;
mod lexer;
mod source;
mod sql;
mod status;
mod step_types;
mod styles;
mod urls;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use self::finding::Finding;
use self::source::Source;
use crate::setup::wasm_target::{self, Compiler, TARGET};
use crate::{cargo, place, program};

/// Runs every check and tells all that was found.
///
/// # Errors
/// When anything is to be mended.
pub fn command(arguments: &[String]) -> Result<()> {
    match arguments {
        [] => {
            let mended: Vec<String> = [format(), boundaries(), lint(), docs()]
                .into_iter()
                .filter_map(|result| result.err().map(|error| format!("{error:#}")))
                .collect();
            if mended.is_empty() {
                program::say("checks passed: format, boundaries, lints, documentation");
                return Ok(());
            }
            bail!("{}", mended.join("\n       "))
        }
        [word] if word == "--boundaries" => boundaries(),
        _ => bail!("`cargo xtask check` takes nothing or `--boundaries`"),
    }
}

/// Whether every Rust file looks as rustfmt would write it.
///
/// # Errors
/// When one does not.
pub fn format() -> Result<()> {
    program::say("checking the format");
    // The step types are declared by a macro, where `cargo fmt` does not look for modules.
    let mut by_name = Command::new("rustfmt");
    by_name
        .args(["--check", "--edition", "2024"])
        .args(step_type_files()?);
    let everything = program::finish(&mut cargo::cargo(&["fmt", "--all", "--", "--check"]));
    if everything
        .and_then(|()| program::finish(&mut by_name))
        .is_err()
    {
        bail!(
            "the format differs from rustfmt's; run `cargo fmt --all` and, for the step types, `rustfmt runtime/src/steps/*.rs`"
        );
    }
    Ok(())
}

fn step_type_files() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(place::root().join("runtime/src/steps"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

/// Every lint, once for the server's machine and once for the browser's.
///
/// # Errors
/// When one speaks up, or there is no clippy.
pub fn lint() -> Result<()> {
    program::say("checking the lints of everything that runs on a server");
    let strict = ["--", "-D", "warnings"];
    // The selections of `cargo xtask test`: with the same features no build script and no macro is
    // compiled again for the lints.
    let server = [&["--workspace"], &cargo::APART[..]].concat();
    for crates in [server.as_slice(), &["--package", "xtask"]] {
        let mut clippy = cargo::cargo(&["clippy", "--all-targets"]);
        program::finish(clippy.args(crates).args(strict))?;
    }
    if matches!(wasm_target::ensure()?, Compiler::Debian(_)) {
        program::say("not checking the lints of what runs in a browser: Debian's Rust has none");
        return Ok(());
    }
    program::say("checking the lints of what runs in a browser");
    let there: &mut Command = &mut cargo::cargo(&["clippy", "--package", "frontend"]);
    program::finish(there.args(["--target", TARGET]).args(strict))
}

/// The documentation of what a Rust program embeds: every public item has some (a lint of both
/// crates sees to that), and every link in it leads somewhere.
///
/// # Errors
/// When rustdoc has a word to say.
pub fn docs() -> Result<()> {
    program::say("checking the documentation of engine and runtime");
    let mut rustdoc = cargo::cargo(&["doc", "--no-deps"]);
    rustdoc.args(["--package", "engine", "--package", "runtime"]);
    program::finish(rustdoc.env("RUSTDOCFLAGS", "-D warnings"))
}

/// The project's own rules: the walls between the crates and the size of the files.
///
/// # Errors
/// When a rule is broken; each place was told on standard output.
pub fn boundaries() -> Result<()> {
    program::say("checking the boundaries");
    let root = place::root();
    let sources = Source::all(&root, &source::PRODUCT)?;
    let mut found: Vec<Finding> = crates::check()?;
    for source in &sources {
        found.extend(sql::check(source));
        found.extend(urls::check(source));
        found.extend(clock::check(source));
        found.extend(status::check(source));
        found.extend(length::check(source));
    }
    for source in &Source::all(&root, &source::COMMANDS)? {
        found.extend(length::check(source));
    }
    found.extend(step_types::check(&sources));
    found.extend(styles::check(&root)?);
    found.extend(architecture::check(&root)?);
    if found.is_empty() {
        return Ok(());
    }
    for finding in &found {
        println!("{finding}");
    }
    bail!(
        "{} broken boundaries; each line above names one and its mend",
        found.len()
    )
}
