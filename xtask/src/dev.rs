//! `cargo xtask dev`

mod ending;

use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

use self::ending::Ending;
use crate::site::{self, Kind};
use crate::{place, program, server};

/// Folders and files whose change makes a new build.
const WATCHED: [&str; 9] = [
    "Cargo.toml",
    "Cargo.lock",
    "engine",
    "runtime",
    "app",
    "frontend",
    "server",
    "style",
    "migrations",
];

/// How often the sources are looked at.
const PAUSE: Duration = Duration::from_millis(400);

/// Builds and serves, and does it again after every change, until Ctrl-C or SIGTERM, which ends
/// the server too.
///
/// # Errors
/// When the first build fails or the sources are unreadable.
pub fn command(arguments: &[String]) -> Result<()> {
    let words = server::words(arguments);
    let mut seen = newest()?;
    let program = build()?;
    // Before that, a signal ends this program at once.
    let ending = Ending::watch()?;
    let mut running = Running::start(program, words)?;
    loop {
        thread::sleep(PAUSE);
        if ending.told_the_server() {
            running.child.wait()?;
            return Ok(());
        }
        if ending.is_asked() {
            return running.stop();
        }
        let now = newest()?;
        if now == seen {
            running.report_end()?;
            continue;
        }
        seen = now;
        match build() {
            Ok(program) if running.is_of(&program)? => {
                program::say("the site is up to date; reload the page");
            }
            Ok(program) => {
                running.stop()?;
                running = Running::start(program, words)?;
            }
            Err(error) => eprintln!("\nerror: {error:#}\n==> the server before goes on"),
        }
    }
}

fn build() -> Result<PathBuf> {
    site::build(Kind::Dev)?;
    server::build(false)
}

/// A started server and the file it was started from.
struct Running {
    child: Child,
    program: PathBuf,
    built: SystemTime,
    ended: bool,
}

impl Running {
    fn start(program: PathBuf, words: &[String]) -> Result<Self> {
        program::say("starting the server");
        let built = program.metadata()?.modified()?;
        let child = server::serve(&program, words)?
            .spawn()
            .context("the server did not start")?;
        Ok(Self {
            child,
            program,
            built,
            ended: false,
        })
    }

    /// Whether it still runs and `program` is the very file it was started from.
    fn is_of(&mut self, program: &Path) -> Result<bool> {
        let same = self.program == program && program.metadata()?.modified()? == self.built;
        Ok(same && self.child.try_wait()?.is_none())
    }

    /// Says once that the server ended by itself; the next change starts it again.
    fn report_end(&mut self) -> Result<()> {
        if !self.ended
            && let Some(status) = self.child.try_wait()?
        {
            self.ended = true;
            program::say(format!("the server ended ({status}); waiting for a change"));
        }
        Ok(())
    }

    /// Asks the server to end as an operator would, and waits until it has.
    fn stop(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_none() {
            program::finish(
                std::process::Command::new("kill").args(["-TERM", &self.child.id().to_string()]),
            )?;
        }
        self.child.wait()?;
        Ok(())
    }
}

/// How many files are watched and when the newest of them was written.
fn newest() -> Result<(usize, SystemTime)> {
    let mut seen = (0, SystemTime::UNIX_EPOCH);
    for name in WATCHED {
        look(&place::root().join(name), &mut seen)?;
    }
    Ok(seen)
}

fn look(path: &Path, seen: &mut (usize, SystemTime)) -> Result<()> {
    // A file that an editor has just replaced may be gone for a moment.
    let Ok(metadata) = path.metadata() else {
        return Ok(());
    };
    if metadata.is_file() {
        seen.0 += 1;
        seen.1 = seen.1.max(metadata.modified()?);
        return Ok(());
    }
    let Ok(entries) = path.read_dir() else {
        return Ok(());
    };
    for entry in entries {
        look(&entry?.path(), seen)?;
    }
    Ok(())
}
