//! Packages of Debian and its relatives.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::program;

/// Installs `packages`, which `purpose` needs, as root or through sudo without a password.
///
/// # Errors
/// When this is no such system, we may not install, or apt-get fails.
pub fn install(packages: &[&str], purpose: &str) -> Result<()> {
    let list = packages.join(" ");
    let mend = format!("install by hand what your system calls `{list}`");
    if program::find(&["apt-get"]).is_none() {
        bail!("{purpose} needs {list}, and this system has no apt-get; {mend}");
    }
    let Some(prefix) = prefix() else {
        bail!("{purpose} needs {list}; run `sudo apt-get install {list}`, or run this as root");
    };
    program::say(format!("installing {list} with apt-get ({purpose})"));
    // A stale or missing package list is the usual reason for a refusal: refresh it and try again.
    if apt(
        prefix,
        &["install", "--yes", "--no-install-recommends"],
        packages,
    )
    .is_ok()
    {
        return Ok(());
    }
    apt(prefix, &["update"], &[])
        .and_then(|()| {
            apt(
                prefix,
                &["install", "--yes", "--no-install-recommends"],
                packages,
            )
        })
        .with_context(|| format!("{purpose} needs {list}; {mend}"))
}

/// What stands before `apt-get`: nothing as root, sudo where it asks nothing, or no way at all.
fn prefix() -> Option<&'static [&'static str]> {
    let user = program::answer(Command::new("id").arg("-u")).ok()?;
    if user.trim() == "0" {
        return Some(&[]);
    }
    let allowed = Command::new("sudo")
        .args(["-n", "true"])
        .output()
        .ok()?
        .status
        .success();
    allowed.then_some(&["sudo", "-n"])
}

fn apt(prefix: &[&str], words: &[&str], packages: &[&str]) -> Result<()> {
    // A machine that has just started may be updating itself: wait for its lock, and ask again.
    let patience = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"];
    let line: Vec<&str> = [
        prefix,
        &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"],
        &patience,
        words,
        packages,
    ]
    .concat();
    let (first, rest) = line.split_first().context("an empty command")?;
    program::finish(Command::new(first).args(rest))
}
