//! Node.js, which drives the browser in the end-to-end tests.

use std::process::Command;

use anyhow::{Result, bail};

use crate::program;

/// The oldest version that the browser driver runs on.
const OLDEST: u32 = 20;

const MEND: &str = "install Node.js 20 or later from your system or https://nodejs.org";

/// Checks that Node.js and npm are there and young enough.
///
/// # Errors
/// When they are not.
pub fn ensure() -> Result<()> {
    if program::find(&["node"]).is_none() || program::find(&["npm"]).is_none() {
        bail!("the end-to-end tests need Node.js and npm, which were not found; {MEND}");
    }
    let version = program::answer(Command::new("node").arg("--version"))?;
    match major(&version) {
        Some(number) if number >= OLDEST => Ok(()),
        _ => bail!(
            "Node.js {} is too old for the end-to-end tests; {MEND}",
            version.trim()
        ),
    }
}

/// The first number of `v20.11.1`.
fn major(version: &str) -> Option<u32> {
    version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn the_first_number_of_a_version_is_read() {
        assert_eq!(major("v20.11.1\n"), Some(20));
        assert_eq!(major("18.0.0"), Some(18));
        assert_eq!(major("nonsense"), None);
    }
}
