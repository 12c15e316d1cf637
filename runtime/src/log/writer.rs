//! The one task that numbers and appends lines.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::orchestrator::{LogLine, LogPage, LogStream};
use engine::{Attempt, StepIndex, Timestamp, WorkflowId};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{LINE_BYTES_OVERHEAD, LogFault, LogStore, StoredLine, TaskLog};
use crate::clock::Clock;
use crate::health::{Health, LogLimit};

/// How long the first line of a batch waits for others.
const BATCH_WAIT: Duration = Duration::from_millis(50);
/// Most lines in a batch.
const BATCH_LINES: usize = 1_000;
/// Bytes that may wait before writers should.
const BACKLOG_BYTES: usize = 8 * 1024 * 1024;
/// Tasks whose last number is remembered.
const REMEMBERED_TASKS: usize = 20_000;
/// How often a batch is tried before it is given up, and the time between.
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_millis(500);
/// How often it is asked whether lines can be written again, while none come that would tell.
const PROBED_EVERY: Duration = Duration::from_secs(1);

/// A line without its number.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) workflow_id: WorkflowId,
    pub(super) task: StepIndex,
    pub(super) attempt: Attempt,
    pub(super) stream: LogStream,
    pub(super) text: String,
}

enum Message {
    Line(Timestamp, Line),
    Flush(oneshot::Sender<()>),
}

/// The way to the writer.
#[derive(Clone)]
pub(super) struct Queue {
    sender: mpsc::UnboundedSender<Message>,
    clock: Arc<dyn Clock>,
    backlog: Arc<Backlog>,
    limit: LogLimit,
}

#[derive(Default)]
struct Backlog {
    bytes: AtomicUsize,
    drained: Notify,
}

/// The log of all tasks. Clones are the same log; the writer ends after the last of them and of
/// their [`TaskLog`]s is dropped.
#[derive(Clone)]
pub struct LogWriter {
    queue: Queue,
    store: Arc<dyn LogStore>,
}

impl LogWriter {
    /// Starts the writer. Needs a tokio runtime.
    pub fn start(store: Arc<dyn LogStore>, clock: Arc<dyn Clock>) -> Self {
        Self::spawn(store, clock, None)
    }

    /// The same with the limit that the room on the disk sets, telling whether lines can be written.
    pub(crate) fn watched(
        store: Arc<dyn LogStore>,
        clock: Arc<dyn Clock>,
        health: &Health,
    ) -> Self {
        Self::spawn(store, clock, Some(health.clone()))
    }

    fn spawn(store: Arc<dyn LogStore>, clock: Arc<dyn Clock>, health: Option<Health>) -> Self {
        let limit = health.as_ref().map(Health::log_limit);
        let (sender, receiver) = mpsc::unbounded_channel();
        let backlog = Arc::<Backlog>::default();
        let writer = Writer {
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            lost: BTreeMap::new(),
            backlog: Arc::clone(&backlog),
            last: HashMap::new(),
            health,
            is_failing: false,
        };
        drop(tokio::spawn(writer.run(receiver)));
        let queue = Queue {
            sender,
            clock,
            backlog,
            limit: limit.unwrap_or_default(),
        };
        Self { queue, store }
    }

    /// The log of one attempt.
    #[must_use]
    pub fn task_log(&self, workflow_id: WorkflowId, task: StepIndex, attempt: Attempt) -> TaskLog {
        TaskLog::new(self.queue.clone(), workflow_id, task, attempt)
    }

    /// Whether lines are still kept where they are looked for at the next start.
    ///
    /// # Errors
    /// They are not.
    pub fn check(&self) -> Result<(), LogFault> {
        self.store.check()
    }

    /// Lines of a task with a number above `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn read(
        &self,
        workflow_id: WorkflowId,
        task: StepIndex,
        after: u64,
        limit: usize,
    ) -> Result<LogPage, LogFault> {
        self.store.read(workflow_id, task, after, limit).await
    }

    /// Removes all lines of a workflow of which nothing is alive.
    ///
    /// # Errors
    /// They cannot all be removed.
    pub(crate) async fn forget(&self, workflow_id: WorkflowId) -> Result<(), LogFault> {
        // What was said last may still wait to be written.
        self.flush().await;
        self.store.forget(workflow_id).await
    }

    /// Returns when everything taken before this call is kept, or given up after several tries.
    pub async fn flush(&self) {
        let (done, waits) = oneshot::channel();
        if self.queue.sender.send(Message::Flush(done)).is_ok() {
            // A writer that is gone has nothing left to keep.
            drop(waits.await);
        }
    }
}

impl Queue {
    /// Bytes that one attempt may write, as things stand.
    pub(super) fn limit(&self) -> usize {
        self.limit.bytes()
    }

    pub(super) fn send(&self, line: Line) {
        let cost = cost(&line.text);
        self.backlog.bytes.fetch_add(cost, Ordering::AcqRel);
        if self
            .sender
            .send(Message::Line(self.clock.now(), line))
            .is_err()
        {
            self.backlog.remove(cost);
        }
    }

    pub(super) async fn caught_up(&self) {
        loop {
            let drained = self.backlog.drained.notified();
            if self.backlog.bytes.load(Ordering::Acquire) <= BACKLOG_BYTES {
                return;
            }
            drained.await;
        }
    }
}

impl Backlog {
    fn remove(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::AcqRel);
        self.drained.notify_waiters();
    }
}

const fn cost(text: &str) -> usize {
    text.len() + LINE_BYTES_OVERHEAD
}

struct Writer {
    store: Arc<dyn LogStore>,
    backlog: Arc<Backlog>,
    last: HashMap<(WorkflowId, StepIndex), u64>,
    health: Option<Health>,
    clock: Arc<dyn Clock>,
    /// How many lines of each attempt were given up and are not told of yet.
    lost: BTreeMap<(WorkflowId, StepIndex, Attempt), usize>,
    /// Whether nothing could be written when it was last tried.
    is_failing: bool,
}

impl Writer {
    async fn run(mut self, mut receiver: mpsc::UnboundedReceiver<Message>) {
        while let Some(first) = self.first(&mut receiver).await {
            let mut lines = Vec::new();
            let mut flushes = Vec::new();
            let mut next = Some(first);
            let full_at = Instant::now() + BATCH_WAIT;
            while let Some(message) = next {
                match message {
                    Message::Line(at, line) => lines.push((at, line)),
                    Message::Flush(done) => flushes.push(done),
                }
                if lines.len() >= BATCH_LINES || !flushes.is_empty() {
                    break;
                }
                next = timeout_at(full_at, receiver.recv()).await.ok().flatten();
            }
            self.write(lines).await;
            for done in flushes {
                // Whoever asked may have gone on.
                let _ = done.send(());
            }
        }
    }

    /// What comes next. Until then it asks again and again whether lines can be written, if they
    /// could not.
    async fn first(&mut self, receiver: &mut mpsc::UnboundedReceiver<Message>) -> Option<Message> {
        while self.is_failing {
            match timeout(PROBED_EVERY, receiver.recv()).await {
                Ok(first) => return first,
                Err(_) => {
                    let probed = self.store.probe().await;
                    self.tell(probed.as_ref().map(drop));
                    if probed.is_ok() {
                        self.tell_what_is_lost().await;
                    }
                }
            }
        }
        receiver.recv().await
    }

    /// Tells how the last write went.
    fn tell(&mut self, written: Result<(), &LogFault>) {
        self.is_failing = written.is_err();
        if let Some(health) = &self.health {
            health.log_was_written(written);
        }
    }

    /// Writes a line for each attempt of which lines are lost: whoever reads the log has to know. A step may
    /// have nothing more to say, so it is done as soon as anything can be written.
    async fn tell_what_is_lost(&mut self) {
        let now = self.clock.now();
        let lines = self
            .lost
            .iter()
            .map(|((workflow_id, task, attempt), lost)| {
                let lines = if *lost == 1 { "line is" } else { "lines are" };
                let line = Line {
                    workflow_id: *workflow_id,
                    task: *task,
                    attempt: *attempt,
                    stream: LogStream::Engine,
                    text: format!("{lost} {lines} lost here: the log could not be written"),
                };
                (now, line)
            });
        let lines: Vec<_> = lines.collect();
        if !lines.is_empty() && self.append(&lines).await.is_ok() {
            self.lost.clear();
        }
    }

    /// Numbers and appends a batch. One that cannot be written is tried again, then given up: a
    /// full disk must not fill the memory as well.
    async fn write(&mut self, lines: Vec<(Timestamp, Line)>) {
        if lines.is_empty() {
            return;
        }
        let bytes = lines.iter().map(|(_, line)| cost(&line.text)).sum();
        self.tell_what_is_lost().await;
        for attempt in 1..=TRIES {
            let written = self.append(&lines).await;
            self.tell(written.as_ref().map(drop));
            match written {
                Ok(()) => break,
                Err(fault) if attempt == TRIES => {
                    tracing::error!(%fault, lines = lines.len(), "lines of task logs are lost");
                    for (_, line) in &lines {
                        let whose = (line.workflow_id, line.task, line.attempt);
                        *self.lost.entry(whose).or_default() += 1;
                    }
                }
                Err(fault) => {
                    tracing::debug!(%fault, "task logs cannot be written; trying again");
                    sleep(BETWEEN_TRIES).await;
                }
            }
        }
        self.backlog.remove(bytes);
    }

    async fn append(&mut self, lines: &[(Timestamp, Line)]) -> Result<(), LogFault> {
        if self.last.len() > REMEMBERED_TASKS {
            self.last.clear();
        }
        let mut next = HashMap::new();
        let mut numbered = Vec::with_capacity(lines.len());
        for (at, line) in lines {
            let whose = (line.workflow_id, line.task);
            let last = match next.get(&whose).or_else(|| self.last.get(&whose)) {
                Some(last) => *last,
                None => self.store.last(line.workflow_id, line.task).await?,
            };
            next.insert(whose, last + 1);
            numbered.push(StoredLine {
                workflow_id: line.workflow_id,
                task: line.task,
                line: LogLine {
                    number: last + 1,
                    at: *at,
                    attempt: line.attempt,
                    stream: line.stream,
                    text: line.text.clone(),
                },
            });
        }
        self.store.append(&numbered).await?;
        self.last.extend(next);
        Ok(())
    }
}

impl fmt::Debug for LogWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogWriter").finish_non_exhaustive()
    }
}
