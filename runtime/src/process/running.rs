//! The server's side of one running command.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::control::stop_line;
use super::exit_facts::{ExitFacts, Outcome};
use super::frame::ProcessEvent;
use super::lock_file;
use super::prove::sweep_until_none;

/// How much longer than the grace a runner may need to end a tree before it is taken for lost.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long until a sweep that failed is tried again.
const SWEEP_AGAIN: Duration = Duration::from_secs(1);
/// How long a runner may need to end after its last word.
const LAST_BREATH: Duration = Duration::from_secs(2);

/// A command that was handed to a runner. Dropping it kills the whole tree at once; its lock file
/// then stays until the attempt is proven dead.
#[derive(Debug)]
pub struct RunningCommand {
    child: Child,
    frames: Lines<BufReader<ChildStdout>>,
    stop: watch::Sender<Option<Stop>>,
    lock_file: PathBuf,
    state: State,
}

#[derive(Debug, Clone, Copy)]
struct Stop {
    kill_at: Instant,
}

#[derive(Debug)]
enum State {
    Streaming,
    /// The last frame came; the runner is about to exit.
    Ending(ExitFacts),
    /// The runner broke off; what it left is being killed.
    Lost(String),
    Over,
}

impl RunningCommand {
    pub(super) fn new(mut child: Child, lock_file: PathBuf) -> io::Result<Self> {
        let missing = || io::Error::other("the runner's pipes are missing");
        let frames = BufReader::new(child.stdout.take().ok_or_else(missing)?).lines();
        let lifeline = child.stdin.take().ok_or_else(missing)?;
        let (stop, asked) = watch::channel(None);
        tokio::spawn(keep_lifeline(lifeline, asked));
        Ok(Self {
            child,
            frames,
            stop,
            lock_file,
            state: State::Streaming,
        })
    }

    /// The next thing that happened; `None` after the end. [`ProcessEvent::Ended`] comes exactly
    /// once, when nothing of the tree is alive. A runner that vanished, or that does not manage
    /// to stop the tree, is replaced by a sweep that goes on until it finds nothing.
    ///
    /// Nothing is lost when the future is dropped and asked for again, so it may stand in
    /// `select!`. A command whose output is not fetched waits when its pipe is full.
    pub async fn next(&mut self) -> Option<ProcessEvent> {
        loop {
            match &self.state {
                State::Streaming => match self.frame().await {
                    Ok(ProcessEvent::Ended(facts)) => self.state = State::Ending(facts),
                    Ok(event) => return Some(event),
                    Err(why) => self.state = State::Lost(why),
                },
                State::Ending(facts) => {
                    let facts = facts.clone();
                    if timeout(LAST_BREATH, self.child.wait()).await.is_err() {
                        drop(self.child.kill().await);
                    }
                    return Some(self.over(facts));
                }
                State::Lost(why) => {
                    let why = why.clone();
                    let facts = self.clear_up(why).await;
                    return Some(self.over(facts));
                }
                State::Over => return None,
            }
        }
    }

    /// Asks the whole tree to end (SIGTERM) and kills after `grace` what is left (SIGKILL). Asked
    /// again, it only shortens the time that is left. Does not wait: go on with
    /// [`next`](Self::next) until the end.
    pub fn stop(&self, grace: Duration) {
        let kill_at = Instant::now() + grace;
        self.stop.send_if_modified(|stop| {
            let sooner = stop.is_none_or(|before| kill_at < before.kill_at);
            if sooner {
                *stop = Some(Stop { kill_at });
            }
            sooner
        });
    }

    /// The number of the runner's process, for the log; `None` after its end.
    pub fn runner_pid(&self) -> Option<u32> {
        self.child.id()
    }

    async fn frame(&mut self) -> Result<ProcessEvent, String> {
        let mut stop = self.stop.subscribe();
        tokio::select! {
            line = self.frames.next_line() => match line {
                Ok(Some(line)) => serde_json::from_str(&line)
                    .map_err(|fault| format!("the runner could not be understood: {fault}")),
                Ok(None) => Err("the runner ended without a word".to_owned()),
                Err(fault) => Err(format!("the runner could not be read: {fault}")),
            },
            () = patience_is_over(&mut stop) => {
                Err("the runner did not end the command in time".to_owned())
            }
        }
    }

    /// After the runner broke off: makes sure of its end, then of that of everything it started.
    async fn clear_up(&mut self, why: String) -> ExitFacts {
        drop(self.child.start_kill());
        let text = match self.child.wait().await {
            Ok(status) => format!("{why} ({status})"),
            Err(fault) => format!("{why} ({fault})"),
        };
        let killed = loop {
            match sweep_until_none(&self.lock_file).await {
                Ok(killed) => break killed,
                Err(fault) => {
                    // Its end may only be told once it is certain.
                    tracing::error!(%fault, "what a lost runner left cannot be looked for");
                    sleep(SWEEP_AGAIN).await;
                }
            }
        };
        let stopped = self.stop.borrow().is_some();
        let outcome = Outcome::RunnerLost { text };
        ExitFacts {
            outcome,
            stopped,
            killed,
            output_truncated: false,
        }
    }

    fn over(&mut self, facts: ExitFacts) -> ProcessEvent {
        self.state = State::Over;
        if let Err(fault) = lock_file::remove(&self.lock_file) {
            // Nothing depends on it: the next proof of death removes it as well.
            tracing::warn!(%fault, "a lock file stays behind");
        }
        ProcessEvent::Ended(facts)
    }
}

/// Passes requests to stop on to the runner, and holds its lifeline until the command is dropped.
async fn keep_lifeline(mut lifeline: ChildStdin, mut asked: watch::Receiver<Option<Stop>>) {
    while asked.changed().await.is_ok() {
        let stop = *asked.borrow_and_update();
        if let Some(stop) = stop {
            let grace = stop.kill_at.saturating_duration_since(Instant::now());
            // A runner that is gone needs no word; its end is seen where its frames are read.
            drop(lifeline.write_all(stop_line(grace).as_bytes()).await);
        }
    }
}

/// Ends when a stop was asked for and its time, with patience, is over.
async fn patience_is_over(stop: &mut watch::Receiver<Option<Stop>>) {
    loop {
        let current = *stop.borrow_and_update();
        tokio::select! {
            () = async {
                match current {
                    Some(stop) => sleep_until(stop.kill_at + PATIENCE).await,
                    None => std::future::pending().await,
                }
            } => return,
            changed = stop.changed() => if changed.is_err() { std::future::pending().await },
        }
    }
}
