//! The latest events of one workflow, read and encoded once for all the streams that follow it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex as StdMutex, PoisonError, Weak};
use std::time::Duration;

use engine::{Actor, JobOrchestratorError, Seq, Service, WorkflowId};
use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;

use super::frame::{self, Frame};

/// Events are read this many at a time, and this many are kept.
const PAGE: usize = 256;
/// No more bytes than these are kept.
const BYTES_MAX: usize = 1024 * 1024;
/// What nobody was woken for is looked for this often, however many look.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Streams that read from the store at once, of all that are open. The store has four readers for
/// everybody; many streams that read long histories must not keep pages and lists from them.
const AT_ONCE: usize = 2;
/// Of the streams that want a log, so many read it at once: events do not wait for logs.
const LOGS_AT_ONCE: usize = 1;

/// The tails of all workflows that are followed just now.
#[derive(Debug)]
pub struct Tails {
    open: StdMutex<HashMap<WorkflowId, Weak<Tail>>>,
    turns: Arc<Semaphore>,
    log_turns: Arc<Semaphore>,
}

/// The tail of one workflow.
#[derive(Debug)]
pub struct Tail {
    id: WorkflowId,
    turns: Arc<Semaphore>,
    log_turns: Arc<Semaphore>,
    kept: Mutex<Kept>,
}

/// What comes after a number.
#[derive(Debug, Default)]
pub struct Found {
    /// The next frames; none when there are none yet.
    pub frames: Vec<Frame>,
    /// Whether there may be more that were stored before this was asked.
    pub is_part: bool,
}

#[derive(Debug, Default)]
struct Kept {
    /// The number before the first frame.
    from: Seq,
    /// Without holes, the oldest first.
    frames: VecDeque<Frame>,
    bytes: usize,
    /// When the store said that there is nothing after the last one.
    exhausted: Option<Instant>,
}

impl Default for Tails {
    fn default() -> Self {
        Self {
            open: StdMutex::default(),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            log_turns: Arc::new(Semaphore::new(LOGS_AT_ONCE)),
        }
    }
}

impl Tails {
    /// The one of this workflow; it lives as long as somebody holds it.
    pub fn of(&self, id: WorkflowId) -> Arc<Tail> {
        let mut tails = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tail) = tails.get(&id).and_then(Weak::upgrade) {
            return tail;
        }
        tails.retain(|_, tail| tail.strong_count() > 0);
        let tail = Arc::new(Tail {
            id,
            turns: self.turns.clone(),
            log_turns: self.log_turns.clone(),
            kept: Mutex::default(),
        });
        tails.insert(id, Arc::downgrade(&tail));
        tail
    }
}

impl Tail {
    /// The frames of the next events after number `last`. Unless `is_woken`, what another reader
    /// found out a moment ago is believed. The caller has made sure that `actor` may read this
    /// workflow.
    ///
    /// # Errors
    /// Those of the service.
    pub async fn after(
        &self,
        service: &dyn Service,
        actor: &Actor,
        last: Seq,
        is_woken: bool,
    ) -> Result<Found, JobOrchestratorError> {
        let mut kept = self.kept.lock().await;
        if last < kept.from {
            // Somebody reads history: that is theirs alone and holds up nobody.
            drop(kept);
            return self.read(service, actor, last).await;
        }
        if last > kept.to() {
            kept.begin_anew(last);
        }
        let frames = kept.after(last);
        if !frames.is_empty() || (kept.is_exhausted() && !is_woken) {
            let is_part = false;
            return Ok(Found { frames, is_part });
        }
        let read = self.read(service, actor, last).await?;
        kept.extend(&read.frames);
        Ok(read)
    }

    /// Waits until it is a stream's turn to read from the store. Held while it reads.
    pub async fn turn(&self) -> impl Sized {
        self.turns.acquire().await
    }

    /// The same for the log of a step.
    pub async fn log_turn(&self) -> impl Sized {
        self.log_turns.acquire().await
    }

    async fn read(
        &self,
        service: &dyn Service,
        actor: &Actor,
        last: Seq,
    ) -> Result<Found, JobOrchestratorError> {
        let _turn = self.turn().await;
        let records = service.events(actor, self.id, last, PAGE).await?;
        Ok(Found {
            frames: records.iter().map(frame::event).collect(),
            is_part: records.len() == PAGE,
        })
    }
}

impl Kept {
    /// The number of the last frame.
    fn to(&self) -> Seq {
        self.from + self.frames.len() as Seq
    }

    fn after(&self, last: Seq) -> Vec<Frame> {
        let from = self.frames.partition_point(|frame| frame.seq <= last);
        self.frames.range(from..).cloned().collect()
    }

    /// Whether somebody found nothing more a moment ago.
    fn is_exhausted(&self) -> bool {
        self.exhausted
            .is_some_and(|then| then.elapsed() < LOOK_EVERY)
    }

    fn begin_anew(&mut self, from: Seq) {
        *self = Self {
            from,
            ..Self::default()
        };
    }

    fn extend(&mut self, read: &[Frame]) {
        self.exhausted = read.is_empty().then(Instant::now);
        for frame in read {
            self.bytes += frame.bytes.len();
            self.frames.push_back(frame.clone());
        }
        while self.frames.len() > PAGE || (self.bytes > BYTES_MAX && self.frames.len() > 1) {
            if let Some(frame) = self.frames.pop_front() {
                self.bytes -= frame.bytes.len();
                self.from += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn no_more_streams_read_at_once_than_leave_readers_for_everybody_else() {
        let tails = Tails::default();
        let of: Vec<_> = (1..=AT_ONCE as i64 + 1)
            .map(|id| tails.of(WorkflowId(id)))
            .collect();
        let mut turns: Vec<_> = of[..AT_ONCE]
            .iter()
            .map(|tail| tail.turn().now_or_never())
            .collect();
        assert!(turns.iter().all(Option::is_some));
        let last = &of[AT_ONCE];
        assert!(last.turn().now_or_never().is_none(), "one too many");
        turns.pop();
        assert!(last.turn().now_or_never().is_some());
        let log = last.log_turn().now_or_never();
        assert!(log.is_some(), "logs have turns of their own");
        assert!(of[0].log_turn().now_or_never().is_none(), "one too many");
    }
}
