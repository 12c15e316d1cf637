//! Which lines of the engine its tests reach.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::options::Options;
use crate::setup::llvm_cov;
use crate::{place, program};

/// Runs the tests of `engine` with every line counted, prints the counts of each file, and at the
/// end the share of all lines. The counting build has a folder of its own, `target/coverage`, so
/// that it does not push the usual one out; there `html/index.html` shows each line.
///
/// # Errors
/// When the tools cannot be had or a test fails.
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
    println!("\n{}", sentence(&counts, &folder.join("html/index.html"))?);
    Ok(())
}

/// The share of all lines, from the tool's JSON.
fn sentence(counts: &str, page: &Path) -> Result<String> {
    let counts: Value = serde_json::from_str(counts).context("the counts are not JSON")?;
    let lines = &counts["data"][0]["totals"]["lines"];
    let number = |name: &str| {
        let value = lines[name].as_f64();
        value.with_context(|| format!("the counts do not say `{name}` of the lines"))
    };
    let (percent, covered, count) = (number("percent")?, number("covered")?, number("count")?);
    let page = place::shown(page);
    Ok(format!(
        "line coverage of engine/: {percent:.2} % ({covered} of {count} lines; each line in {page})"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_all_lines_is_told_with_what_it_is_made_of() {
        let counts =
            r#"{"data": [{"totals": {"lines": {"count": 200, "covered": 191, "percent": 95.5}}}]}"#;
        let told = sentence(counts, Path::new("html")).unwrap();
        assert_eq!(
            told,
            "line coverage of engine/: 95.50 % (191 of 200 lines; each line in html)"
        );
        assert!(sentence("{}", Path::new("html")).is_err());
    }
}
