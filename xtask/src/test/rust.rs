//! The tests in Rust.

use anyhow::Result;

use super::figures::Figures;
use super::options::Options;
use crate::cargo;
use crate::program::{self, Ended};
use crate::setup::c_compiler;

/// Compiles the server and every test in one go. Selecting everything at once gives all of them
/// the same features, so nothing is compiled a second time for the end-to-end tests. Fails when
/// Cargo.lock does not fit the Cargo.toml files.
///
/// # Errors
/// When something does not compile.
pub fn build() -> Result<()> {
    c_compiler::ensure()?;
    program::say("building the server and every test");
    let mut command = cargo::cargo(&["build", "--locked", "--workspace", "--bins", "--lib"]);
    program::finish(command.args(["--tests", "--examples"]).args(cargo::APART))
}

/// Runs the tests of every crate, those of this program among them.
pub fn tests(options: &Options, figures: &Figures) -> Ended {
    let words = [&["--workspace"], &cargo::APART[..]].concat();
    let product = run(&words, options, figures);
    // Runs even if the first failed.
    let commands = run(&["--package", "xtask"], options, figures);
    Ended {
        result: product.result.and(commands.result),
        lines: [product.lines, commands.lines].concat(),
    }
}

/// Runs the examples in the documentation, with the features of everything else: fewer crates
/// would mean fewer features and another build.
pub fn doc_tests(options: &Options) -> Ended {
    program::say("running the doc tests");
    let mut command = cargo::cargo(&["test", "--doc", "--workspace"]);
    command.args(cargo::APART).args(options.name.as_deref());
    options.tell(&mut command);
    program::watch(command)
}

/// Runs the tests of some crates.
fn run(crates: &[&str], options: &Options, figures: &Figures) -> Ended {
    let has_nextest = program::find(&["cargo-nextest"]).is_some();
    let mut command = if has_nextest {
        program::say("running the Rust tests (cargo nextest)");
        cargo::cargo(&["nextest", "run", "--no-fail-fast", "--no-tests", "pass"])
    } else {
        program::say("running the Rust tests (cargo test)");
        cargo::cargo(&["test", "--lib", "--bins", "--tests", "--no-fail-fast"])
    };
    command.args(crates).args(options.name.as_deref());
    if options.nightly && has_nextest {
        command.args(["--run-ignored", "all"]);
    } else if options.nightly {
        command.args(["--", "--include-ignored"]);
    }
    options.tell(&mut command);
    figures.ask(&mut command);
    program::watch(command)
}
