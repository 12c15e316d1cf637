//! Other programs: found, started, waited for.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How long after the end of a program its last words may take. A program that it left behind may
/// hold its output open for ever.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How a program ended and what it wrote.
pub struct Ended {
    /// An error when it could not be started or ended with another code than 0.
    pub result: Result<()>,
    /// Each line on standard output and standard error, in the order of writing.
    pub lines: Vec<String>,
}

impl Ended {
    /// One that wrote nothing.
    pub fn silent(result: Result<()>) -> Self {
        let lines = Vec::new();
        Self { result, lines }
    }
}

/// Tells the reader what happens next.
pub fn say(text: impl AsRef<str>) {
    println!("==> {}", text.as_ref());
}

/// The command as one would type it.
fn typed(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs `command` with our own input and output until it ends.
///
/// # Errors
/// When it cannot be started or ends with another code than 0.
pub fn finish(command: &mut Command) -> Result<()> {
    let line = typed(command);
    let status = command
        .status()
        .with_context(|| format!("`{line}` could not be started"))?;
    judge(&line, status)
}

fn judge(line: &str, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("`{line}` failed ({status}); what it wrote above says why");
    }
    Ok(())
}

/// Runs `command` until it ends, shows what it writes at once, and keeps it.
pub fn watch(command: Command) -> Ended {
    let mut lines = Vec::new();
    let result = follow(command, &mut lines);
    Ended { result, lines }
}

fn follow(mut command: Command, lines: &mut Vec<String>) -> Result<()> {
    let line = typed(&command);
    let failed = || format!("`{line}` could not be started");
    // One pipe for both, so that the order stays.
    let (reader, writer) = io::pipe().with_context(failed)?;
    command.stdout(writer.try_clone().with_context(failed)?);
    command.stderr(writer);
    if io::stdout().is_terminal() {
        command
            .env("CARGO_TERM_COLOR", "always")
            .env("FORCE_COLOR", "1");
    }
    let mut child = command.spawn().with_context(failed)?;
    // It holds our ends of the pipe, which would never end.
    drop(command);
    let written = read(reader);
    let mut status = None;
    loop {
        match written.recv_timeout(LAST_WORDS) {
            Ok(text) => {
                io::stdout().write_all(&text)?;
                io::stdout().flush()?;
                lines.push(String::from_utf8_lossy(&text).trim_end().to_owned());
            }
            Err(RecvTimeoutError::Timeout) if status.is_none() => status = child.try_wait()?,
            Err(_) => break,
        }
    }
    judge(&line, child.wait()?)
}

/// Reads in a thread of its own, line by line.
fn read(from: io::PipeReader) -> Receiver<Vec<u8>> {
    let (send, written) = mpsc::channel();
    thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut text = Vec::new();
        while from
            .read_until(b'\n', &mut text)
            .is_ok_and(|length| length > 0)
        {
            if send.send(std::mem::take(&mut text)).is_err() {
                return;
            }
        }
    });
    written
}

/// Runs `command` and returns what it wrote to standard output.
///
/// # Errors
/// When it cannot be started or ends with another code than 0.
pub fn answer(command: &mut Command) -> Result<String> {
    let line = typed(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("`{line}` could not be started"))?;
    if !output.status.success() {
        bail!("`{line}` failed ({})", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` did not write text"))
}

/// The first of `names` that lies in a folder of `PATH`.
pub fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    names.iter().find_map(|name| {
        std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Ended {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        watch(command)
    }

    #[test]
    fn what_a_program_writes_is_kept_in_its_order_and_its_code_told() {
        let ended = shell("echo one; echo two >&2; printf three; exit 3");
        assert_eq!(ended.lines, ["one", "two", "three"]);
        let error = ended.result.unwrap_err().to_string();
        assert!(error.contains("exit status: 3"), "{error}");
        assert!(shell("true").result.is_ok());
    }

    #[test]
    fn a_program_that_is_left_behind_does_not_keep_us_waiting() {
        let ended = shell("sleep 600 & echo $!");
        let left = ended.lines[0].clone();
        let killed = Command::new("kill").arg(&left).status().unwrap();
        assert!(
            ended.result.is_ok() && killed.success(),
            "{left} was no longer there"
        );
    }
}
