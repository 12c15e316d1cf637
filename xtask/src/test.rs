//! `cargo xtask test`: every test there is.

mod browser;
mod closing;
mod coverage;
mod figures;
mod lints;
mod options;
mod report;
mod rust;

use anyhow::{Result, bail};

use self::browser::Browser;
use self::figures::Figures;
use self::options::Options;
use self::report::Report;
use crate::program::Ended;
use crate::site::{self, Kind};
use crate::{cargo, check};

/// Sets up, builds once, and runs every tier to its end even if an earlier one failed. Answers
/// whether all passed; what did not was told.
///
/// # Errors
/// When the words are not understood, or coverage could not be measured.
pub fn command(arguments: &[String]) -> Result<bool> {
    let options = Options::parse(arguments)?;
    if options.coverage {
        return coverage::measure(&options).map(|()| true);
    }
    let browser = browser::set_up();
    let mut report = Report::default();
    report.add("format", check::format());
    report.add("boundaries", check::boundaries());
    report.add("the site", site::build(Kind::Dev));
    match rust::build() {
        Ok(()) => built(&mut report, browser, &options),
        Err(error) => report.add("the build, so nothing that needs it ran", Err(error)),
    }
    report.tell();
    Ok(report.is_green())
}

/// What can run once the server and the tests are built.
fn built(report: &mut Report, browser: Result<Option<Browser>>, options: &Options) {
    // Who names one test wants its answer, not the lints of everything.
    if options.name.is_none() {
        lints::run(report);
    }
    match Figures::begin() {
        Ok(figures) => {
            report.run("Rust tests", rust::tests(options, &figures));
            report.figures(figures.lines());
        }
        Err(error) => report.add("Rust tests", Err(error)),
    }
    report.run("doc tests", rust::doc_tests(options));
    match browser {
        Ok(Some(browser)) => {
            report.add("types of the end-to-end tests", browser.types());
            report.run("end-to-end tests", end_to_end(&browser, options));
        }
        Ok(None) => report.skip("end-to-end tests", "end2end/package.json does not exist"),
        // The rest was worth running all the same.
        Err(error) => report.add("end-to-end tests", Err(error)),
    }
}

fn end_to_end(browser: &Browser, options: &Options) -> Ended {
    let built = || {
        let program = cargo::target()?.join("debug/job-orchestrator");
        if !program.is_file() {
            bail!("cargo did not leave the server at {}", program.display());
        }
        Ok(program)
    };
    match built() {
        Ok(program) => browser.run(&program, options),
        Err(error) => Ended::silent(Err(error)),
    }
}
