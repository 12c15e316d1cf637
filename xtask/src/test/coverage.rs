//! Which lines of the engine its tests reach.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::options::Options;
use crate::setup::llvm_cov;
use crate::{place, program};

/// Percent of the engine's lines that its tests have to reach.
const LEAST: f64 = 95.0;

/// Runs the tests of `engine` with every line counted, prints the counts of each file, and at the
/// end the share of all lines. The counting build has a folder of its own, `target/coverage`, so
/// that it does not push the usual one out; there `html/index.html` shows each line.
///
/// # Errors
/// When the tools cannot be had, a test fails, or all tests together reach too little.
pub fn measure(options: &Options) -> Result<()> {
    let tool = llvm_cov::ensure()?;
    program::say("running the tests of engine/ and counting which lines they reach");
    let folder = place::root().join("target/coverage");
    let call = |words: &[&str]| {
        let mut command = Command::new(&tool);
        command.arg("llvm-cov").args(words);
        command.current_dir(place::root());
        command.env("CARGO_TARGET_DIR", &folder);
        command
    };
    let mut tests = call(&["--no-report", "--locked", "--package", "engine"]);
    tests.args(options.name.as_deref());
    options.tell(&mut tests);
    program::finish(&mut tests)?;
    program::finish(call(&["report", "--html", "--output-dir"]).arg(&folder))?;
    program::finish(&mut call(&["report"]))?;
    let counts = program::answer(&mut call(&["report", "--json", "--summary-only"]))?;
    let share = Share::read(&counts)?;
    println!("\n{}", share.sentence(&folder.join("html/index.html")));
    // Who names some tests wants to see what these reach.
    if options.name.is_none() {
        share.suffices()?;
    }
    Ok(())
}

/// How many of all lines are reached.
struct Share {
    percent: f64,
    covered: f64,
    count: f64,
}

impl Share {
    /// From the tool's JSON.
    fn read(counts: &str) -> Result<Self> {
        let counts: Value = serde_json::from_str(counts).context("the counts are not JSON")?;
        let lines = &counts["data"][0]["totals"]["lines"];
        let number = |name: &str| {
            let value = lines[name].as_f64();
            value.with_context(|| format!("the counts do not say `{name}` of the lines"))
        };
        Ok(Self {
            percent: number("percent")?,
            covered: number("covered")?,
            count: number("count")?,
        })
    }

    fn suffices(&self) -> Result<()> {
        ensure!(
            self.percent >= LEAST,
            "the tests of engine/ reach {:.2} % of its lines, less than {LEAST} %",
            self.percent
        );
        Ok(())
    }

    fn sentence(&self, page: &Path) -> String {
        let Self {
            percent,
            covered,
            count,
        } = self;
        let page = place::shown(page);
        format!(
            "line coverage of engine/: {percent:.2} % ({covered} of {count} lines, {LEAST} % are \
             asked for; each line in {page})"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_all_lines_is_told_with_what_it_is_made_of() {
        let counts =
            r#"{"data": [{"totals": {"lines": {"count": 200, "covered": 191, "percent": 95.5}}}]}"#;
        let told = Share::read(counts).unwrap().sentence(Path::new("html"));
        assert_eq!(
            told,
            "line coverage of engine/: 95.50 % (191 of 200 lines, 95 % are asked for; each line in html)"
        );
        assert!(Share::read("{}").is_err());
    }

    #[test]
    fn a_share_below_what_is_asked_for_is_an_error() {
        let of = |percent| Share {
            percent,
            covered: 0.0,
            count: 0.0,
        };
        assert!(of(95.0).suffices().is_ok());
        let told = of(94.99).suffices().unwrap_err().to_string();
        assert!(told.contains("94.99 %"), "{told}");
    }
}
