//! What a stream does until it ends.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use axum::body::Bytes;
use engine::{JobOrchestratorError, Seq, Trouble, TroubleKind, WorkflowId};
use tokio::time::{Duration, Instant};

use super::frame::{self, Frame};
use super::life::{Life, Says};
use super::tail::{LOOK_EVERY, Tail};
use super::topic::Topic;

/// What nobody was woken for is looked for this often while the database is slow.
const LOOK_RARELY: Duration = Duration::from_secs(5);

/// One stream.
pub struct Follower {
    life: Life,
    id: WorkflowId,
    tail: Arc<Tail>,
    /// The log that comes with the events, if one is wanted.
    topic: Option<Topic>,
    begin: Option<Begin>,
    /// The number of the last event that was read.
    read_to: Seq,
    /// The number of the last event that was sent.
    sent_to: Seq,
    waiting: VecDeque<Frame>,
    /// Whether it is time to read.
    is_due: bool,
    /// Whether something is known to have come.
    is_woken: bool,
    /// Whether the client knows that the workflow is in quarantine.
    knows_aside: bool,
    /// Whether it had to begin anew.
    is_anew: bool,
    /// Whether the workflow was deleted.
    is_gone: bool,
}

/// Where a stream begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// With a snapshot.
    Snapshot,
    /// From a snapshot on, because what the client has, up to this number, cannot be followed.
    Anew(Seq),
    /// With the events after this one.
    After(Seq),
}

impl Begin {
    /// For a client that has the events up to `after`, if it has any, when the last one is `last`. A
    /// workflow has at least one: 0 says that its rows do not tell any more.
    pub fn at(after: Option<Seq>, last: Seq) -> Self {
        match after {
            None => Self::Snapshot,
            Some(after) if after > last && last > 0 => Self::Anew(after),
            Some(after) => Self::After(after),
        }
    }
}

impl Follower {
    /// Follows workflow `id`, and the log of one of its steps.
    pub fn new(life: Life, id: WorkflowId, begin: Begin, topic: Option<Topic>) -> Self {
        let (begin, after, read_to) = match begin {
            Begin::Snapshot => (Some(begin), 0, 0),
            Begin::Anew(after) => (Some(begin), after, 0),
            Begin::After(after) => (None, after, after),
        };
        Self {
            tail: life.shared.tails.of(id),
            life,
            id,
            topic,
            begin,
            read_to,
            sent_to: after,
            waiting: VecDeque::new(),
            is_due: true,
            is_woken: false,
            knows_aside: false,
            is_anew: false,
            is_gone: false,
        }
    }
}

impl fmt::Display for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "workflow {}", self.id)
    }
}

/// It does not end with the end of the workflow, which may be recovered, but when it is deleted.
impl Says for Follower {
    fn life(&mut self) -> &mut Life {
        &mut self.life
    }

    fn crowded(&self) -> Bytes {
        frame::crowded(self.sent_to).bytes
    }

    fn ready(&mut self) -> Option<Bytes> {
        let frame = self.waiting.pop_front()?;
        self.sent_to = frame.seq;
        if self.is_gone && self.waiting.is_empty() {
            self.life.end();
        }
        Some(frame.bytes)
    }

    async fn look(&mut self) -> Result<(), JobOrchestratorError> {
        let read = match self.begin.take() {
            Some(begin) => self.begin(begin).await,
            None => self.read().await,
        };
        if let Err(JobOrchestratorError::Fault { .. }) = read
            && !std::mem::replace(&mut self.is_anew, true)
        {
            // An event that cannot be read is in the way: the client goes on behind it.
            self.begin = Some(Begin::Anew(self.sent_to));
            return Ok(());
        }
        if let Err(JobOrchestratorError::NotFound { .. }) = read {
            self.is_gone = true;
            self.waiting.push_back(frame::gone(self.read_to));
            return Ok(());
        }
        read
    }
}

impl Follower {
    async fn begin(&mut self, begin: Begin) -> Result<(), JobOrchestratorError> {
        let service = &self.life.shared.service;
        let _turn = self.tail.turn().await;
        self.knows_aside = service.is_aside(self.id);
        let mut progress = service.get_workflow_progress(self.id).await?;
        // The client has these events.
        progress.at_least(self.read_to);
        self.read_to = progress.summary.events;
        if let Begin::Anew(after) = begin {
            self.waiting.push_back(frame::reset(self.read_to, after));
        }
        self.waiting.push_back(frame::snapshot(&progress));
        self.topic.iter_mut().for_each(Topic::moved);
        Ok(())
    }

    /// How often it looks by itself: rarely while the database is slow.
    fn look_every(&self) -> Duration {
        let troubles = self.life.shared.service.troubles();
        let is_slow = |trouble: &Trouble| trouble.kind == TroubleKind::DatabaseSlow;
        if troubles.iter().any(is_slow) {
            LOOK_RARELY
        } else {
            LOOK_EVERY
        }
    }

    /// Reads what came after the last number, or waits until something may have come.
    async fn read(&mut self) -> Result<(), JobOrchestratorError> {
        let service = &*self.life.shared.service;
        let mut is_told = true;
        if std::mem::take(&mut self.is_due) {
            let is_woken = std::mem::take(&mut self.is_woken);
            let actor = &self.life.caller.actor;
            let found = self.tail.after(service, actor, self.read_to, is_woken);
            let found = found.await?;
            if let Some(last) = found.frames.last() {
                self.read_to = last.seq;
            }
            // A part of a history is followed by the rest of it; else waiting tells what came since.
            self.is_due = found.is_part;
            self.waiting.extend(found.frames);
            if !self.waiting.is_empty() {
                self.topic.iter_mut().for_each(Topic::moved);
                return Ok(());
            }
            if is_woken {
                // Woken for something that is not there: the workflow is not either, or being told of it
                // again would go on for ever.
                service.last_event(actor, self.id).await?;
                is_told = false;
            }
        }
        if service.is_aside(self.id) && !self.knows_aside {
            // No event tells of that: what the client has is not what is shown any more.
            self.begin = Some(Begin::Snapshot);
            return Ok(());
        }
        if self.read_log().await? {
            return Ok(());
        }
        let service = &*self.life.shared.service;
        // No wake-up is ever trusted to come.
        let look = Instant::now() + self.look_every();
        let due = self.topic.as_ref().and_then(Topic::due);
        let look = due.map_or(look, |due| due.min(look));
        tokio::select! {
            () = self.life.wait(look) => {}
            () = service.changed(self.id, self.read_to), if is_told => self.is_woken = true,
        }
        self.is_due = true;
        Ok(())
    }

    /// Reads lines of the log that is wanted, when it is time. Whether there are any.
    async fn read_log(&mut self) -> Result<bool, JobOrchestratorError> {
        let every = self.look_every();
        let Some(topic) = &mut self.topic else {
            return Ok(false);
        };
        let (service, actor) = (&*self.life.shared.service, &self.life.caller.actor);
        let _turn = if topic.has_to_read() {
            Some(self.tail.log_turn().await)
        } else {
            None
        };
        let frame = topic.next(service, actor, every, self.sent_to).await?;
        // However long the log is, events do not wait for its end.
        self.is_due |= frame.is_some();
        self.waiting.extend(frame);
        Ok(!self.waiting.is_empty())
    }
}
