//! The runner: the process between the server and a user's command.

use std::io::{self, BufRead, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::Pid;

use super::control::{follow_lifeline, follow_signals};
use super::end_tree::{self, Asked};
use super::exit_facts::{ExitFacts, NotStarted, Outcome};
use super::frame::{OutputStream, ProcessEvent};
use super::hide::hide;
use super::limits;
use super::locate;
use super::lock_file;
use super::reap::reap_all;
use super::relay::{Shared, Source, relay};
use super::spec::Instruction;

/// Frames that may wait for the server before the command's writing waits too.
const WAITING_FRAMES: usize = 16;
/// How often a tree that is being killed is looked at again, at first and when it takes long:
/// something that waits for a dead disk cannot be hurried.
const KILL_EVERY: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(100));
/// How often those who joined a tree that was asked to end are asked as well.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// How many looks are quick ones.
const QUICK_KILLS: u32 = 500;
/// How long descendants may outlive the command before the log says so.
const SURVIVORS_AFTER: Duration = Duration::from_millis(500);
/// The wait when nothing is due; any length would do.
const NOTHING_DUE: Duration = Duration::from_secs(3600);

/// What the runner reacts to.
pub(super) enum Happening {
    /// The command itself ended; others of its tree may live.
    CommandEnded(Outcome),
    /// Nothing of the tree is alive.
    TreeGone,
    /// End the tree: ask, wait this long, kill.
    Stop(Duration),
    /// The server is gone.
    LifelineClosed,
}

/// The whole life of a runner process, to be called from `main` of the program named in
/// [`RunnerProgram`](super::RunnerProgram), before any thread exists. Reads its instruction from
/// standard input, speaks frames on standard output, holds the lock on standard error. Ends with
/// success once it could say how the command ended, with failure if it never got an instruction.
pub fn runner_main() -> ExitCode {
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    // A line without its end means that the server died while writing it.
    let Ok(instruction) = serde_json::from_str::<Instruction>(&line) else {
        return ExitCode::FAILURE;
    };
    if read.is_err() || !line.ends_with('\n') {
        return ExitCode::FAILURE;
    }
    drop(line);
    let (frames, waiting) = sync_channel(WAITING_FRAMES);
    let writer = thread::spawn(move || write_frames(&waiting));
    let facts = run(&instruction, &frames);
    drop(frames.send(ProcessEvent::Ended(facts)));
    drop(frames);
    drop(writer.join());
    ExitCode::SUCCESS
}

/// Writes frames until there are no more. When nobody reads them any more they are still taken,
/// so that nothing waits here while the tree is being ended.
fn write_frames(waiting: &Receiver<ProcessEvent>) {
    let mut output = io::stdout().lock();
    for frame in waiting {
        if let Ok(mut line) = serde_json::to_vec(&frame) {
            line.push(b'\n');
            drop(output.write_all(&line).and_then(|()| output.flush()));
        }
    }
}

fn run(instruction: &Instruction, frames: &SyncSender<ProcessEvent>) -> ExitFacts {
    let (happenings, happened) = channel();
    let grace = Duration::from_millis(instruction.command.grace_ms);
    if let Err(fault) = become_runner().and_then(|()| watch_signals(grace, &happenings)) {
        let text = format!("the runner could not prepare itself: {fault}");
        return not_started(Outcome::NotStarted {
            reason: NotStarted::Runner,
            text,
        });
    }
    let mut child = match locate::start(instruction) {
        Ok(child) => child,
        Err(outcome) => return not_started(outcome),
    };
    let shared = Arc::new(Shared {
        left: AtomicU64::new(instruction.command.output_cap_bytes),
        truncated: AtomicBool::new(false),
        tree_gone: AtomicBool::new(false),
    });
    feed(&mut child, instruction.command.stdin.clone());
    let relay = begin_relay(&mut child, &shared, frames);
    watch(&child, happenings);
    let mut facts = Ending::new(frames.clone()).follow(&happened);
    shared.tree_gone.store(true, Ordering::Release);
    // The proof of death does not wait for a server that is slow to read the last output.
    drop(lock_file::release(io::stderr()));
    drop(relay.join());
    facts.output_truncated = shared.truncated.load(Ordering::Acquire);
    facts
}

fn not_started(outcome: Outcome) -> ExitFacts {
    ExitFacts {
        outcome,
        stopped: false,
        killed: false,
        output_truncated: false,
    }
}

/// Takes the lock for itself and makes this process the one that nothing below it can leave.
fn become_runner() -> io::Result<()> {
    let own = rustix::process::getpid();
    lock_file::hold(io::stderr(), own)?;
    match rustix::process::setsid() {
        // Refused to the leader of a group, which is cut off from its terminal's signals too.
        Ok(_) | Err(Errno::PERM) => {}
        Err(fault) => return Err(fault.into()),
    }
    rustix::process::set_child_subreaper(Some(own))?;
    rustix::thread::set_no_new_privs(true)?;
    limits::restrict()?;
    // The command must not write frames into this process's standard output.
    hide()
}

fn watch_signals(grace: Duration, happenings: &Sender<Happening>) -> io::Result<()> {
    let (ready, answer) = channel();
    let happenings = happenings.clone();
    thread::spawn(move || follow_signals(grace, &ready, &happenings));
    answer.recv().map_err(io::Error::other)?
}

/// Gives the command its input without waiting for it to read.
fn feed(child: &mut Child, text: Option<String>) {
    if let (Some(mut input), Some(text)) = (child.stdin.take(), text) {
        // A command that does not read all of its input is no fault.
        thread::spawn(move || drop(input.write_all(text.as_bytes())));
    }
}

fn begin_relay(
    child: &mut Child,
    shared: &Arc<Shared>,
    frames: &SyncSender<ProcessEvent>,
) -> JoinHandle<()> {
    let stdout = child.stdout.take().map(OwnedFd::from);
    let stderr = child.stderr.take().map(OwnedFd::from);
    let sources = [
        stdout.map(|pipe| Source::new(pipe, OutputStream::Stdout)),
        stderr.map(|pipe| Source::new(pipe, OutputStream::Stderr)),
    ];
    let sources = sources.into_iter().flatten().collect();
    let (shared, frames) = (Arc::clone(shared), frames.clone());
    thread::spawn(move || relay(sources, &shared, &frames))
}

fn watch(child: &Child, happenings: Sender<Happening>) {
    let command = Pid::from_child(child);
    let reaped = happenings.clone();
    thread::spawn(move || reap_all(command, &reaped));
    thread::spawn(move || follow_lifeline(io::stdin().lock(), &happenings));
}

/// From the command's start to the end of its tree.
struct Ending {
    frames: SyncSender<ProcessEvent>,
    outcome: Option<Outcome>,
    /// When the descendants that outlive the command are mentioned.
    mention_at: Option<Instant>,
    /// From when on the tree is killed.
    kill_at: Option<Instant>,
    kill_passes: u32,
    asked: Asked,
    /// When newcomers are asked to end.
    ask_at: Option<Instant>,
    stopped: bool,
    killed: bool,
}

impl Ending {
    fn new(frames: SyncSender<ProcessEvent>) -> Self {
        Self {
            frames,
            outcome: None,
            mention_at: None,
            kill_at: None,
            kill_passes: 0,
            asked: Asked::default(),
            ask_at: None,
            stopped: false,
            killed: false,
        }
    }

    fn follow(mut self, happened: &Receiver<Happening>) -> ExitFacts {
        loop {
            match happened.recv_timeout(self.wait()) {
                Ok(Happening::TreeGone) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(Happening::CommandEnded(outcome)) => {
                    self.outcome = Some(outcome);
                    self.mention_at = Some(Instant::now() + SURVIVORS_AFTER);
                }
                Ok(Happening::Stop(grace)) => self.stop(grace),
                Ok(Happening::LifelineClosed) => {
                    self.stopped = true;
                    self.kill_by(Instant::now());
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.do_what_is_due();
        }
        let lost = || Outcome::RunnerLost {
            text: "the command's end was not seen".to_owned(),
        };
        ExitFacts {
            outcome: self.outcome.unwrap_or_else(lost),
            stopped: self.stopped,
            killed: self.killed,
            output_truncated: false,
        }
    }

    fn wait(&self) -> Duration {
        let due = [self.mention_at, self.kill_at, self.ask_at];
        let due = due.into_iter().flatten().min();
        let wait = due.map_or(NOTHING_DUE, |due| {
            due.saturating_duration_since(Instant::now())
        });
        // Once killing has begun it is repeated, but not without a breath.
        match self.kill_passes {
            0 => wait,
            1..QUICK_KILLS => wait.max(KILL_EVERY.0),
            _ => wait.max(KILL_EVERY.1),
        }
    }

    /// Asks each process once; asked again, only the time until the kill can become shorter.
    fn stop(&mut self, grace: Duration) {
        if !self.stopped {
            self.ask();
        }
        self.stopped = true;
        self.kill_by(Instant::now() + grace);
    }

    fn ask(&mut self) {
        self.asked.ask();
        self.ask_at = Some(Instant::now() + ASK_EVERY);
    }

    fn kill_by(&mut self, at: Instant) {
        self.kill_at = Some(self.kill_at.map_or(at, |before| before.min(at)));
    }

    fn do_what_is_due(&mut self) {
        let now = Instant::now();
        if self.kill_at.is_some_and(|at| at <= now) {
            self.ask_at = None;
            self.killed |= end_tree::kill(self.kill_passes) > 0;
            self.kill_passes = self.kill_passes.saturating_add(1);
        } else if self.ask_at.is_some_and(|at| at <= now) {
            self.ask();
        }
        if self.mention_at.is_some_and(|at| at <= now) {
            self.mention_at = None;
            let left = match end_tree::count() {
                1 => "one of the processes it started is".to_owned(),
                count => format!("{count} of the processes it started are"),
            };
            let text = format!(
                "The command ended, {left} still running. The step ends with the last of them."
            );
            // Not worth waiting for a server that does not read at the moment.
            drop(self.frames.try_send(ProcessEvent::Notice(text)));
        }
    }
}
