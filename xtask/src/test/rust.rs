//! The tests in Rust.

use std::process::Command;

use anyhow::{Result, bail};

use super::options::Options;
use crate::setup::c_compiler;
use crate::{cargo, program};

/// Compiles the server and every test in one go. Selecting everything at once gives all of them
/// the same features, so nothing is compiled a second time for the end-to-end tests.
///
/// # Errors
/// When something does not compile.
pub fn build() -> Result<()> {
    c_compiler::ensure()?;
    program::say("building the server and every test");
    let mut command = cargo::cargo(&["build", "--workspace", "--bins", "--lib", "--tests"]);
    program::finish(command.args(["--examples"]).args(cargo::APART))
}

/// Runs the tests of every crate, those of this program among them.
///
/// # Errors
/// When one fails.
pub fn tests(options: &Options) -> Result<()> {
    if options.coverage {
        return coverage(options);
    }
    let words = [&["--workspace"], &cargo::APART[..]].concat();
    let product = Selection(&words);
    let commands = Selection(&["--package", "xtask"]);
    // Both run even if the first fails.
    let (product, commands) = (product.run(options), commands.run(options));
    product.and(commands)
}

/// Runs the examples in the documentation, with the features of everything else: fewer crates
/// would mean fewer features and another build.
///
/// # Errors
/// When one fails.
pub fn doc_tests(options: &Options) -> Result<()> {
    program::say("running the doc tests");
    let mut command = cargo::cargo(&["test", "--doc", "--workspace"]);
    command.args(cargo::APART).args(options.name.as_deref());
    program::finish(nightly(&mut command, options))
}

/// A choice of crates.
struct Selection<'a>(&'a [&'a str]);

impl Selection<'_> {
    fn run(&self, options: &Options) -> Result<()> {
        if has("nextest") {
            program::say("running the Rust tests (cargo nextest)");
            let mut command =
                cargo::cargo(&["nextest", "run", "--no-fail-fast", "--no-tests", "pass"]);
            command.args(self.0).args(options.name.as_deref());
            if options.nightly {
                command.args(["--run-ignored", "all"]);
            }
            return program::finish(nightly(&mut command, options));
        }
        program::say("running the Rust tests (cargo test)");
        let mut command = cargo::cargo(&["test", "--lib", "--bins", "--tests", "--no-fail-fast"]);
        command.args(self.0).args(options.name.as_deref());
        if options.nightly {
            command.args(["--", "--include-ignored"]);
        }
        program::finish(nightly(&mut command, options))
    }
}

fn nightly<'a>(command: &'a mut Command, options: &Options) -> &'a mut Command {
    if options.nightly {
        command.env("JOB_ORCHESTRATOR_NIGHTLY", "1")
    } else {
        command
    }
}

fn coverage(options: &Options) -> Result<()> {
    if !has("llvm-cov") {
        bail!("--coverage needs cargo-llvm-cov; run `cargo install cargo-llvm-cov`");
    }
    program::say("running the Rust tests and measuring which lines they reach");
    let mut command = cargo::cargo(&["llvm-cov", "--workspace", "--html"]);
    command.args(cargo::APART).args(options.name.as_deref());
    program::finish(nightly(&mut command, options))
}

/// Whether cargo has this further command.
fn has(command: &str) -> bool {
    program::find(&[&format!("cargo-{command}")]).is_some()
}
