//! What became of the tiers.

use std::fmt;

use anyhow::{Error, Result};

use super::closing;
use crate::place;
use crate::program::Ended;

/// The tiers that ran, in their order, the figures they reached, and what the runners closed with.
#[derive(Default)]
pub struct Report {
    tiers: Vec<(&'static str, Outcome)>,
    figures: Vec<String>,
    closing: Vec<String>,
}

enum Outcome {
    Passed,
    Skipped(String),
    Failed(Error),
}

impl Report {
    /// A tier and its result.
    pub fn add(&mut self, tier: &'static str, result: Result<()>) {
        let outcome = match result {
            Ok(()) => Outcome::Passed,
            Err(error) => Outcome::Failed(error),
        };
        self.tiers.push((tier, outcome));
    }

    /// A tier that a runner of tests carried out.
    pub fn run(&mut self, tier: &'static str, ended: Ended) {
        self.closing.extend(closing::lines(&ended.lines));
        self.add(tier, ended.result);
    }

    /// A tier that cannot run on this machine.
    pub fn skip(&mut self, tier: &'static str, why: impl Into<String>) {
        self.tiers.push((tier, Outcome::Skipped(why.into())));
    }

    /// The figures that tests reached.
    pub fn figures(&mut self, lines: Vec<String>) {
        self.figures = lines;
    }

    /// Whether nothing failed.
    pub fn is_green(&self) -> bool {
        self.failed().is_empty()
    }

    /// Prints everything once more: the tiers, the figures, and last of all the runners' own closing lines,
    /// word by word, so that the end of the output says how many tests passed.
    pub fn tell(&self) {
        print!("\n{self}");
    }

    fn failed(&self) -> Vec<&str> {
        let failed = self.tiers.iter();
        failed
            .filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_)))
            .map(|(tier, _)| *tier)
            .collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (tier, outcome) in &self.tiers {
            match outcome {
                Outcome::Passed => writeln!(f, "passed   {tier}")?,
                Outcome::Skipped(why) => writeln!(f, "skipped  {tier}: {why}")?,
                Outcome::Failed(error) => writeln!(f, "FAILED   {tier}: {error:#}")?,
            }
        }
        let failed = self.failed();
        if !failed.is_empty() {
            let (root, names) = (place::root(), failed.join(", "));
            writeln!(f, "\nerror: failed in {}: {names}", root.display())?;
        }
        if !self.figures.is_empty() {
            writeln!(f, "\nfigures:")?;
        }
        self.figures
            .iter()
            .try_for_each(|line| writeln!(f, "  {line}"))?;
        if !self.closing.is_empty() {
            writeln!(f)?;
        }
        self.closing
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    fn ended(result: Result<()>, lines: &[&str]) -> Ended {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        Ended { result, lines }
    }

    #[test]
    fn the_runners_closing_lines_are_the_last() {
        let mut report = Report::default();
        report.add("format", Ok(()));
        report.figures(vec!["kills: 100".to_owned()]);
        report.run(
            "Rust tests",
            ended(
                Ok(()),
                &["PASS a", "     Summary [   1.0s] 7 tests run: 7 passed"],
            ),
        );
        report.run(
            "end-to-end tests",
            ended(Ok(()), &["  ok 1 a", "", "  127 passed (4.1m)"]),
        );
        assert!(report.is_green());
        assert_eq!(
            report.to_string(),
            "passed   format\npassed   Rust tests\npassed   end-to-end tests\n\nfigures:\n  kills: 100\n\n     Summary [   1.0s] 7 tests run: 7 passed\n  127 passed (4.1m)\n"
        );
    }

    #[test]
    fn a_failure_is_named_before_them_and_a_skip_is_none() {
        let mut report = Report::default();
        report.skip("lints", "no clippy");
        assert!(report.is_green());
        report.run(
            "end-to-end tests",
            ended(
                Err(anyhow!("it broke")),
                &["  1 failed", "  2 passed (1.0s)"],
            ),
        );
        assert!(!report.is_green());
        let text = report.to_string();
        assert!(text.starts_with(
            "skipped  lints: no clippy\nFAILED   end-to-end tests: it broke\n\nerror: failed in "
        ));
        assert!(
            text.ends_with(": end-to-end tests\n\n  1 failed\n  2 passed (1.0s)\n"),
            "{text}"
        );
    }
}
