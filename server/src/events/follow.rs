//! What a stream does until it ends.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::Event as Frame;
use engine::{JobOrchestratorError, Seq, WorkflowId};
use futures::Stream;
use futures::stream::unfold;
use tokio::time::{Instant, sleep};

use super::frame;
use crate::caller::Caller;
use crate::shared::Shared;

/// Events are read this many at a time.
const PAGE: usize = 256;
/// No wake-up is ever trusted to come.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// How often it is asked whether the caller may still look; the promise is 5 s.
const CHECKED_EVERY: Duration = Duration::from_secs(1);

struct Follower {
    shared: Shared,
    caller: Caller,
    id: WorkflowId,
    begin: Option<Begin>,
    last: Seq,
    waiting: VecDeque<Frame>,
    checked: Instant,
    is_first: bool,
}

enum Begin {
    Snapshot,
    After(Seq),
}

/// The frames of workflow `id` after number `after`, or from a snapshot on. It ends when the
/// server stops, or soon after the caller may not look any more; it does not end with the
/// workflow, which may be recovered.
pub fn frames(
    shared: Shared,
    caller: Caller,
    id: WorkflowId,
    after: Option<Seq>,
) -> impl Stream<Item = Result<Frame, Infallible>> {
    let stream = Follower {
        shared,
        caller,
        id,
        begin: Some(after.map_or(Begin::Snapshot, Begin::After)),
        last: 0,
        waiting: VecDeque::new(),
        checked: Instant::now(),
        is_first: true,
    };
    unfold(stream, async |mut stream| {
        let frame = stream.next().await?;
        Some((Ok(frame), stream))
    })
}

impl Follower {
    async fn next(&mut self) -> Option<Frame> {
        loop {
            if self.shared.stopping.is_cancelled() || !self.may_look().await {
                return None;
            }
            if let Some(frame) = self.waiting.pop_front() {
                let is_first = std::mem::take(&mut self.is_first);
                return Some(if is_first {
                    frame::with_retry(frame)
                } else {
                    frame
                });
            }
            let read = match self.begin.take() {
                Some(begin) => self.begin(begin).await,
                None => self.read().await,
            };
            match read {
                Ok(()) => {}
                Err(error) => {
                    tracing::warn!(workflow = %self.id, %error, "a stream ended");
                    return None;
                }
            }
        }
    }

    /// Whether the caller is still known, and still as who they were.
    async fn may_look(&mut self) -> bool {
        if self.checked.elapsed() < CHECKED_EVERY {
            return true;
        }
        let actor = self.caller.credential.actor(&self.shared, false).await;
        self.checked = Instant::now();
        matches!(actor, Ok(Some(actor)) if actor == self.caller.actor)
    }

    async fn begin(&mut self, begin: Begin) -> Result<(), JobOrchestratorError> {
        let service = &self.shared.service;
        match begin {
            Begin::After(after) => {
                let state = service.workflow(&self.caller.actor, self.id).await?;
                if after <= state.summary.events {
                    self.last = after;
                    return Ok(());
                }
                let reset = frame::reset(state.summary.events, after);
                self.waiting.push_back(reset);
            }
            Begin::Snapshot => {}
        }
        let progress = service.get_workflow_progress(self.id).await?;
        self.last = progress.summary.events;
        self.waiting.push_back(frame::snapshot(&progress));
        Ok(())
    }

    /// Reads what came after the last number, or waits until something may have come.
    async fn read(&mut self) -> Result<(), JobOrchestratorError> {
        let service = &self.shared.service;
        let actor = &self.caller.actor;
        let records = service.events(actor, self.id, self.last, PAGE).await?;
        if let Some(record) = records.last() {
            self.last = record.seq;
            self.waiting.extend(records.iter().map(frame::event));
            return Ok(());
        }
        tokio::select! {
            () = self.shared.stopping.cancelled() => {}
            () = service.changed(self.id, self.last) => {}
            () = sleep(LONGEST_WAIT) => {}
        }
        Ok(())
    }
}
