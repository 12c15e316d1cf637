//! What to test.

use std::process::Command;

use anyhow::{Result, bail};

/// Tells tests for how long to go on: `B` stands for the long run of a night.
const TIER: &str = "JOB_ORCHESTRATOR_TIER";

/// The words after `cargo xtask test`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Longer: higher counts, and the tests that are marked to be left out.
    pub nightly: bool,
    /// Instead of all that, measure which lines of the engine its tests reach.
    pub coverage: bool,
    /// Only tests whose name contains this.
    pub name: Option<String>,
}

impl Options {
    /// Reads them.
    ///
    /// # Errors
    /// When a word is unknown or two names are given.
    pub fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self::default();
        for word in arguments {
            match word.as_str() {
                "--nightly" => options.nightly = true,
                "--coverage" => options.coverage = true,
                "--" => {}
                word if word.starts_with('-') => {
                    bail!(
                        "`cargo xtask test` does not know `{word}`; see `cargo xtask test --help`"
                    )
                }
                word if options.name.is_none() => options.name = Some(word.to_owned()),
                word => bail!("`{word}` is a second name; give one part of the names to run"),
            }
        }
        Ok(options)
    }

    /// Passes on to the tests for how long they shall go on.
    pub fn tell(&self, command: &mut Command) {
        if self.nightly {
            command.env(TIER, "B");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    fn parse(words: &[&str]) -> anyhow::Result<Options> {
        Options::parse(
            &words
                .iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn flags_and_one_name_are_read_in_any_order() {
        let expected = Options {
            nightly: true,
            coverage: true,
            name: Some("recover".to_owned()),
        };
        assert_eq!(
            parse(&["recover", "--coverage", "--nightly"]).unwrap(),
            expected
        );
        assert_eq!(parse(&[]).unwrap(), Options::default());
    }

    #[test]
    fn an_unknown_flag_and_a_second_name_are_refused() {
        assert!(
            parse(&["--nightl"])
                .unwrap_err()
                .to_string()
                .contains("--nightl")
        );
        assert!(
            parse(&["one", "two"])
                .unwrap_err()
                .to_string()
                .contains("two")
        );
    }
}
