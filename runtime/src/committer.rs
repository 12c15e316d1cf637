//! The one loop that owns the active workflows: take all that waits, decide in order, write one
//! transaction, and only then answer, publish and start attempts.
//!
//! Nothing else writes a workflow. If a batch cannot be written, memory is rolled back to what the
//! store holds and the members are tried one by one, so that one bad row never fails its
//! neighbours.

mod aside;
mod batch;
mod claim;
mod commit;
mod decide;
mod delete;
mod doubt;
mod held;
mod kept_room;
mod lanes;
mod load;
mod message;
mod parked;
mod repeated;
mod roll_back;
mod set_back;
mod take_up;
mod timers;
mod watch;

use std::collections::{BTreeSet, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::invariant::Steady;
use engine::{StepIndex, Workflow, WorkflowId};
use futures::FutureExt;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;

use crate::attempts::Attempts;
use crate::clock::Clock;
use crate::feed::Feed;
use crate::health::Health;
use crate::moments::Moments;
use crate::quarantine::Quarantine;
use crate::settings::Settings;
use crate::store::{AnsweredCommand, Change, Header, LastNumbers, Store, StoreError};
use aside::Blame;
use batch::Batch;
use delete::{DeletionInDoubt, parts_of};
use doubt::Doubts;
use held::Held;
use lanes::Lanes;
pub(crate) use message::{Creation, KeyedCommand, Message};
use parked::Parked;
pub(crate) use repeated::{Asked, content_of_act, content_of_new, kept_answer, kept_command};
use roll_back::{Claimants, Part};
use timers::Timers;
use watch::Watch;

/// Most messages in one transaction.
const BATCH_MAX: usize = 4_096;

/// A workflow in memory.
struct Active {
    header: Header,
    workflow: Workflow,
}

/// See the module.
pub(crate) struct Committer {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    moments: Moments,
    feed: Feed,
    attempts: Attempts,
    inbox: UnboundedReceiver<Message>,
    active: HashMap<WorkflowId, Active>,
    numbers: LastNumbers,
    /// How many batches were written, for whoever counts.
    commits: Arc<AtomicU64>,
    lanes: Lanes,
    timers: Timers,
    quarantine: Quarantine,
    watch: Watch,
    held: Held,
    parked: Parked,
    doubts: Doubts,
    deletions_in_doubt: Vec<DeletionInDoubt>,
    /// Queued tasks of step types that are disabled.
    disabled: BTreeSet<(WorkflowId, StepIndex)>,
    health: Health,
    /// Who waits until nothing is under way.
    idle: Vec<oneshot::Sender<()>>,
    is_stopping: bool,
    /// Whether what is under way was told to stop.
    is_hurried: bool,
}

/// What a committer is made of.
pub(crate) struct Parts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) moments: Moments,
    pub(crate) feed: Feed,
    pub(crate) attempts: Attempts,
    pub(crate) inbox: UnboundedReceiver<Message>,
    pub(crate) numbers: LastNumbers,
    pub(crate) commits: Arc<AtomicU64>,
    pub(crate) quarantine: Quarantine,
    pub(crate) settings: Settings,
    pub(crate) health: Health,
}

impl Committer {
    pub(crate) fn new(parts: Parts) -> Self {
        let clock = parts.moments.clock();
        let watch = Watch::beginning(clock.steady());
        Self {
            store: parts.store,
            clock,
            moments: parts.moments,
            feed: parts.feed,
            attempts: parts.attempts,
            inbox: parts.inbox,
            active: HashMap::new(),
            numbers: parts.numbers,
            commits: parts.commits,
            lanes: Lanes::new(
                parts.settings.programs_at_once,
                parts.settings.others_at_once,
            ),
            timers: Timers::default(),
            quarantine: parts.quarantine,
            watch,
            held: Held::default(),
            parked: Parked::default(),
            doubts: Doubts::default(),
            deletions_in_doubt: Vec::new(),
            disabled: BTreeSet::new(),
            health: parts.health,
            idle: Vec::new(),
            is_stopping: false,
            is_hurried: false,
        }
    }

    /// Runs until every sender is gone or an orderly stop is over.
    pub(crate) async fn run(mut self) {
        loop {
            let messages = tokio::select! {
                // What is due is looked at in every round, whatever woke it: no order starves anything,
                // and this one is the same each time.
                biased;
                first = self.inbox.recv() => match first {
                    Some(first) => self.drain(first),
                    None => return,
                },
                () = self.timers.wait() => Vec::new(),
                () = self.held.wait() => Vec::new(),
            };
            let (last_word, rest): (Vec<_>, Vec<_>) = messages
                .into_iter()
                .partition(|message| matches!(message, Message::Exit { .. }));
            let steady = self.clock.steady();
            let mut held = self.held.take(steady);
            self.note_kept_aside(held.take_aside()).await;
            self.read_back(held.take_unread()).await;
            self.note_what_was_reached().await;
            let due = self.timers.take_due(steady).into_iter().map(Message::due);
            // What happened comes before what is asked for and before what may start.
            let reports = held.into_reports().into_iter();
            self.process(reports.chain(rest).chain(due).collect()).await;
            if let Some(Message::Exit { done }) = last_word.into_iter().next() {
                self.held.tell_lost();
                // Whoever hears that it is over may open the same file at once.
                drop(self);
                let _ = done.send(());
                return;
            }
        }
    }

    fn drain(&mut self, first: Message) -> Vec<Message> {
        let mut messages = vec![first];
        while messages.len() < BATCH_MAX {
            match self.inbox.try_recv() {
                Ok(message) => messages.push(message),
                Err(_) => break,
            }
        }
        messages
    }

    /// Decides all messages and writes what follows. What was not written is tried again in parts, and
    /// each part before what is behind it; not by recursion, since thousands may be bad at once.
    async fn process(&mut self, messages: Vec<Message>) {
        let mut left = parts_of(messages);
        while !left.is_empty() {
            let mut leaves_slots = false;
            while let Some(part) = left.pop_front() {
                let (messages, claimants) = match part {
                    Part::Message(message) if message.deletes() => {
                        self.delete(message).await;
                        continue;
                    }
                    Part::Message(message) => (vec![message], Claimants::All),
                    Part::Together(messages) => (messages, Claimants::All),
                    Part::Claims(id) => {
                        leaves_slots = true;
                        self.read_back([id]).await;
                        (Vec::new(), Claimants::Only(id))
                    }
                };
                for part in self.attempt(messages, claimants).await.into_iter().rev() {
                    left.push_front(part);
                }
            }
            if leaves_slots {
                // The places of those that were put aside are free for others.
                left.extend(self.attempt(Vec::new(), Claimants::All).await);
            }
        }
    }

    /// Decides all messages, writes what follows in one transaction, then acts on it. What it answers
    /// is to be tried again.
    async fn attempt(&mut self, messages: Vec<Message>, claimants: Claimants) -> Vec<Part> {
        if !self.can_decide().await {
            self.put_off(messages).await;
            return Vec::new();
        }
        let mut batch = Batch::default();
        let before = self.watch.passed(self.clock.steady());
        let mut messages = messages.into_iter();
        while let Some(message) = messages.next() {
            let id = message.workflow();
            let decided = AssertUnwindSafe(self.decide(message, &mut batch)).catch_unwind();
            let blame = match (decided.await, id) {
                (Err(panic), Some(id)) => Blame::panic(id, &*panic),
                _ => match batch.blame.take() {
                    Some(blame) => blame,
                    None => continue,
                },
            };
            return self.without(blame, batch, messages.collect()).await;
        }
        if let Err(blame) = self.claim(claimants, &mut batch) {
            return self.without(blame, batch, Vec::new()).await;
        }
        let now = self.moments.now();
        batch.answered_at = Some(now);
        let after = self.watch.passed(self.clock.steady());
        let steady = Steady { before, after };
        let changes = match batch.changes(&self.active, &mut self.watch, (now, steady)) {
            Ok(changes) => changes,
            Err((blame, found)) => {
                self.quarantine.count(found);
                return self.without(blame, batch, Vec::new()).await;
            }
        };
        let commands = match self.answers_to_keep(&batch) {
            Ok(commands) => commands,
            Err(fault) => return self.roll_back(batch, &fault).await,
        };
        if changes.is_empty() && commands.is_empty() {
            let looked_at: Vec<_> = batch
                .members
                .iter()
                .filter_map(|m| m.message.workflow())
                .collect();
            self.answer(batch);
            for id in looked_at {
                self.evict(id);
            }
            self.tell_idle();
            return Vec::new();
        }
        match self.commit(&changes, &commands).await {
            Ok(()) => {
                self.commits.fetch_add(1, Ordering::Relaxed);
                self.committed(batch, &changes);
                Vec::new()
            }
            Err(fault) => self.not_written(batch, changes, &fault).await,
        }
    }

    /// One transaction. Before one workflow is blamed for its rows, they are tried twice.
    async fn commit(
        &self,
        changes: &[Change],
        commands: &[AnsweredCommand],
    ) -> Result<(), StoreError> {
        let begun = self.clock.steady();
        let mut written = self.store.commit(changes, commands).await;
        if changes.len() == 1 && written.as_ref().is_err_and(StoreError::is_of_a_row) {
            written = self.store.commit(changes, commands).await;
        }
        if written.is_ok() {
            let length = self.clock.steady().saturating_duration_since(begun);
            self.health.committed(length);
        }
        written
    }

    /// Takes a workflow out of memory.
    fn forget(&mut self, id: WorkflowId) {
        self.active.remove(&id);
        self.watch.forget(id);
    }

    /// Forgets workflows that are over: their truth is in the store.
    fn evict(&mut self, id: WorkflowId) {
        let known = self.active.get(&id);
        if let Some(over) = known.filter(|active| !active.workflow.status().is_active()) {
            self.parked.forget(&over.header.definition_hash, id);
            let of_it = (id, StepIndex::MIN)..=(id, StepIndex::MAX);
            self.disabled.extract_if(of_it, |_| true).for_each(drop);
            self.forget(id);
        }
    }
}

#[cfg(test)]
mod tests;
