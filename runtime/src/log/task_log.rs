//! The end of the log that steps hold.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::orchestrator::LogStream;
use engine::{Attempt, StepIndex, WorkflowId};

use super::writer::{Line, Queue};
use super::{ATTEMPT_BYTES_MAX, LINE_BYTES_MAX, LINE_BYTES_OVERHEAD};

/// Takes the lines of one attempt. Clones are the same attempt; none of the calls waits.
#[derive(Clone)]
pub struct TaskLog {
    target: Option<Arc<Target>>,
}

struct Target {
    queue: Queue,
    workflow_id: WorkflowId,
    task: StepIndex,
    attempt: Attempt,
    taken: AtomicUsize,
}

impl TaskLog {
    pub(super) fn new(
        queue: Queue,
        workflow_id: WorkflowId,
        task: StepIndex,
        attempt: Attempt,
    ) -> Self {
        let taken = AtomicUsize::new(0);
        let target = Target {
            queue,
            workflow_id,
            task,
            attempt,
            taken,
        };
        Self {
            target: Some(Arc::new(target)),
        }
    }

    /// A log that keeps nothing.
    #[must_use]
    pub const fn silent() -> Self {
        Self { target: None }
    }

    /// Appends ordinary output: one line, or several separated by line feeds.
    pub fn stdout(&self, text: &str) {
        self.output(LogStream::Stdout, text);
    }

    /// Appends error output: one line, or several separated by line feeds.
    pub fn stderr(&self, text: &str) {
        self.output(LogStream::Stderr, text);
    }

    /// Appends a remark of the engine. Remarks are kept also when the attempt wrote too much.
    pub fn note(&self, text: &str) {
        let Some(target) = &self.target else { return };
        for line in text.lines() {
            target.send(LogStream::Engine, line);
        }
    }

    /// Returns once the writer keeps up. Who writes without end waits here between lines, so that
    /// the lines do not pile up in memory.
    pub async fn caught_up(&self) {
        if let Some(target) = &self.target {
            target.queue.caught_up().await;
        }
    }

    fn output(&self, stream: LogStream, text: &str) {
        let Some(target) = &self.target else { return };
        // An empty text is an empty line; `lines` would make none of it.
        if text.is_empty() {
            return target.take(stream, "");
        }
        for line in text.lines() {
            target.take(stream, line);
        }
    }
}

impl Target {
    /// Sends a line in pieces, unless the attempt wrote too much already.
    fn take(&self, stream: LogStream, line: &str) {
        let mut rest = line;
        loop {
            let (piece, after) = rest.split_at(rest.floor_char_boundary(LINE_BYTES_MAX));
            let cost = piece.len() + LINE_BYTES_OVERHEAD;
            let before = self.taken.fetch_add(cost, Ordering::Relaxed);
            if before + cost > ATTEMPT_BYTES_MAX {
                // Whoever crosses the mark says so; everyone after finds it crossed.
                if before <= ATTEMPT_BYTES_MAX {
                    let limit = ATTEMPT_BYTES_MAX / (1024 * 1024);
                    let notice = format!("more than {limit} MiB of output; the rest is not kept");
                    self.send(LogStream::Engine, &notice);
                }
                // Keeps the counter from ever wrapping round.
                self.taken.store(ATTEMPT_BYTES_MAX + 1, Ordering::Relaxed);
                return;
            }
            self.send(stream, piece);
            rest = after;
            if rest.is_empty() {
                return;
            }
        }
    }

    fn send(&self, stream: LogStream, text: &str) {
        self.queue.send(Line {
            workflow_id: self.workflow_id,
            task: self.task,
            attempt: self.attempt,
            stream,
            text: text.to_owned(),
        });
    }
}

impl fmt::Debug for TaskLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("TaskLog");
        if let Some(target) = &self.target {
            shown.field("workflow_id", &target.workflow_id);
            shown.field("task", &target.task);
            shown.field("attempt", &target.attempt);
        }
        shown.finish_non_exhaustive()
    }
}
