//! The figures that tests reach, such as how often something was tried and found sound.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::cargo;

/// Tells tests where to put them down; `engine/tests/figures/mod.rs` reads it.
const VARIABLE: &str = "FIGURES_FILE";

/// The file they are put down in, a line each.
pub struct Figures(PathBuf);

impl Figures {
    /// Begins anew, in `figures.txt` of cargo's target folder.
    ///
    /// # Errors
    /// When that folder is not known or an old file cannot be removed.
    pub fn begin() -> Result<Self> {
        let file = cargo::target()?.join("figures.txt");
        match fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("{} cannot be removed", file.display()))
            }
            _ => Ok(Self(file)),
        }
    }

    /// Passes on where they belong.
    pub fn ask(&self, command: &mut Command) {
        command.env(VARIABLE, &self.0);
    }

    /// What was put down so far, in the order of the alphabet: tests end in any.
    pub fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.0).unwrap_or_default();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_back_in_the_order_of_the_alphabet() {
        let file = std::env::temp_dir().join(format!("figures-{}", std::process::id()));
        let figures = Figures(file.clone());
        assert_eq!(figures.lines(), [""; 0], "nothing was put down");
        fs::write(&file, "walks: 2\nkills: 1\n").unwrap();
        let lines = figures.lines();
        fs::remove_file(&file).unwrap();
        assert_eq!(lines, ["kills: 1", "walks: 2"]);
    }
}
