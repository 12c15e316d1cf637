//! Commands as real process trees: started, fed, stopped, and gone without a trace.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "these are tests"
)]

mod lost;
mod output;
mod start;
mod stop;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use runtime::process::{
    ATTEMPT_VARIABLE, CommandSpec, ExitFacts, NotStarted, Outcome, OutputStream, ProcessError,
    ProcessEvent, ProcessRunner, RunnerProgram, RunningCommand, base_environment,
};
use tempfile::TempDir;

/// For everything that is waited for: a busy machine is no failure.
const LIMIT: Duration = Duration::from_secs(60);
/// A grace that no test lives to see the end of: what ends within `LIMIT` did not wait for it.
const LONG: Duration = Duration::from_secs(600);
const GRACE: Duration = Duration::from_millis(200);

/// Four sleeping processes: one in the command's group, one that left the session, and two below
/// a shell that left it twice.
const TREE: &str = "sleep 600 & setsid sleep 601 & \
                    (setsid sh -c 'sleep 602 & (setsid sleep 603 &) ; echo ready; wait' &) ; wait";
const SLEEPERS_IN_TREE: usize = 4;

fn runner(folder: &Path) -> ProcessRunner {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_job-orchestrator-runner"));
    ProcessRunner::new(
        RunnerProgram {
            program,
            args: Vec::new(),
        },
        folder.join("locks"),
    )
}

fn shell(script: &str) -> CommandSpec {
    let mut spec = CommandSpec::new("sh", ["-c", script]);
    spec.env = base_environment();
    spec
}

/// What a command said and how it ended.
#[derive(Debug, Default)]
struct Record {
    stdout: String,
    stderr: String,
    notices: Vec<String>,
    facts: Option<ExitFacts>,
}

impl Record {
    fn add(&mut self, event: ProcessEvent) {
        match event {
            ProcessEvent::Output {
                stream: OutputStream::Stdout,
                text,
            } => self.stdout += &text,
            ProcessEvent::Output {
                stream: OutputStream::Stderr,
                text,
            } => self.stderr += &text,
            ProcessEvent::Notice(text) => self.notices.push(text),
            ProcessEvent::Ended(facts) => {
                assert!(self.facts.replace(facts).is_none(), "ended twice");
            }
        }
    }

    fn facts(&self) -> &ExitFacts {
        self.facts.as_ref().expect("the end was said")
    }
}

async fn follow(command: &mut RunningCommand) -> Record {
    let mut record = Record::default();
    let read = async {
        while let Some(event) = command.next().await {
            record.add(event);
        }
    };
    tokio::time::timeout(LIMIT, read)
        .await
        .expect("the command ends in time");
    record
}

async fn run(spec: CommandSpec) -> Record {
    let folder = TempDir::new().unwrap();
    let mut command = runner(folder.path()).start("one", spec).await.unwrap();
    let record = follow(&mut command).await;
    assert!(locks(folder.path()).is_empty(), "the lock file stayed");
    record
}

fn locks(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("locks")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Reads until the command wrote this line on standard output.
async fn until_line(command: &mut RunningCommand, line: &str) {
    let mut seen = String::new();
    let read = async {
        while !seen.lines().any(|have| have == line) {
            match command.next().await {
                Some(ProcessEvent::Output {
                    stream: OutputStream::Stdout,
                    text,
                }) => seen += &text,
                Some(ProcessEvent::Ended(facts)) => panic!("ended early: {facts:?}"),
                Some(_) => {}
                None => panic!("nothing left to read"),
            }
        }
    };
    tokio::time::timeout(LIMIT, read)
        .await
        .expect("the line comes in time");
}

/// The letter of the process's state, while it is there.
fn state(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.trim().chars().next()
}

/// Whether the process is there and more than a zombie.
fn alive(pid: u32) -> bool {
    state(pid).is_some_and(|state| state != 'Z' && state != 'X')
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The living processes whose environment holds this variable with this value.
fn marked(name: &str, value: &str) -> Vec<u32> {
    let wanted = format!("{name}={value}");
    let carries = |pid: &u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|entry| entry == wanted.as_bytes())
    };
    pids().filter(carries).filter(|pid| alive(*pid)).collect()
}

/// Of those, the ones that execute this program.
fn marked_running(name: &str, value: &str, program: &str) -> Vec<u32> {
    let runs = |pid: &u32| {
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == program)
    };
    marked(name, value).into_iter().filter(runs).collect()
}

/// Polls until the condition holds; answers how long that took.
fn until(what: &str, limit: Duration, holds: impl Fn() -> bool) -> Duration {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
    begun.elapsed()
}

fn until_tree_stands(attempt: &str) {
    until("the tree stands", LIMIT, || {
        marked_running(ATTEMPT_VARIABLE, attempt, "sleep").len() == SLEEPERS_IN_TREE
    });
}

fn signal(pid: u32, name: &str) {
    let sent = std::process::Command::new("kill")
        .args([name, &pid.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// A name no other test run on this machine uses.
fn unique(name: &str) -> String {
    format!("{name}-{}", uuid::Uuid::new_v4())
}
