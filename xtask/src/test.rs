//! `cargo xtask test`: every test there is.

mod browser;
mod options;
mod rust;

use anyhow::{Result, bail};

use self::options::Options;
use crate::site::{self, Kind};
use crate::{cargo, check, place, program};

/// One part of the tests and what became of it.
type Tier = (&'static str, Result<()>);

/// Sets up, builds once, and runs every tier to its end even if an earlier one failed.
///
/// # Errors
/// When a tool cannot be set up or a tier failed; the last line names which.
pub fn command(arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    let browser = browser::set_up();
    let mut tiers: Vec<Tier> = vec![
        ("format", check::format()),
        ("boundaries", check::boundaries()),
    ];
    tiers.push(("the site", site::build(Kind::Dev)));
    match rust::build() {
        Ok(()) => {
            tiers.push(("Rust tests", rust::tests(&options)));
            tiers.push(("doc tests", rust::doc_tests(&options)));
            match browser {
                Ok(Some(browser)) => {
                    tiers.push(("end-to-end tests", end_to_end(&browser, &options)));
                }
                Ok(None) => {
                    program::say("end2end/package.json does not exist: no end-to-end tests")
                }
                // The rest was worth running all the same.
                Err(error) => tiers.push(("end-to-end tests", Err(error))),
            }
        }
        Err(error) => tiers.push((
            "the build, so no Rust and no end-to-end test ran",
            Err(error),
        )),
    }
    report(&tiers)
}

fn end_to_end(browser: &browser::Browser, options: &Options) -> Result<()> {
    let program = cargo::target()?.join("debug/job-orchestrator");
    if !program.is_file() {
        bail!("cargo did not leave the server at {}", program.display());
    }
    browser.run(&program, options)
}

/// Says what passed and fails when anything did not.
fn report(tiers: &[Tier]) -> Result<()> {
    println!();
    for (name, result) in tiers {
        match result {
            Ok(()) => println!("passed  {name}"),
            Err(error) => println!("FAILED  {name}: {error:#}"),
        }
    }
    let failed: Vec<&str> = tiers
        .iter()
        .filter(|(_, result)| result.is_err())
        .map(|(name, _)| *name)
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    bail!(
        "failed in {}: {}",
        place::root().display(),
        failed.join(", ")
    )
}
