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
    /// One more than the limit it was last cut at, 0 while it was not.
    cut_at: AtomicUsize,
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
            cut_at: AtomicUsize::new(0),
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
            let limit = self.queue.limit();
            // Once it was cut, nothing more is kept, unless the limit was raised since.
            if self.cut_at.load(Ordering::Relaxed) >= limit.saturating_add(1) {
                return;
            }
            let before = self.taken.fetch_add(cost, Ordering::Relaxed);
            if before + cost > limit {
                self.taken.fetch_sub(cost, Ordering::Relaxed);
                // Whoever crosses the mark says so; everyone after finds it crossed.
                let cut_at = limit.saturating_add(1);
                if self.cut_at.swap(cut_at, Ordering::Relaxed) < cut_at {
                    self.send(LogStream::Engine, &notice(limit));
                }
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

/// What stands where a log was cut.
fn notice(limit: usize) -> String {
    let whole = limit == ATTEMPT_BYTES_MAX;
    let amount = if whole {
        format!("{} MiB", limit / (1024 * 1024))
    } else {
        format!("{} KiB", limit / 1024)
    };
    let why = if whole {
        ""
    } else {
        ", since the disk of the server has little room left"
    };
    format!(
        "more than {amount} of output, each line counted with {LINE_BYTES_OVERHEAD} bytes more; the \
         rest is not kept{why}"
    )
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
