//! When the store fails: whether a batch was written nevertheless, and what happens to everything
//! that cannot be decided as long as the database is away.
//!
//! A commit whose end nobody saw is looked for by its last event. It was written, or it was not; and
//! while even that cannot be read, it is kept in doubt and nothing else is decided.

use tracing::{error, info};

use super::batch::Batch;
use super::roll_back::Part;
use super::{Committer, Message};
use crate::health::Ask;
use crate::store::{Change, Concern, StoreError};

/// Batches of which nobody knows yet whether they were written.
pub(super) type Doubts = Vec<Change>;

impl Committer {
    /// A batch was not written, as far as the store says.
    pub(super) async fn not_written(
        &mut self,
        batch: Batch,
        changes: Vec<Change>,
        fault: &StoreError,
    ) -> Vec<Part> {
        self.health.store_failed(fault);
        match self.was_written_nevertheless(&changes, fault).await {
            Some(true) => {
                info!(%fault, "a batch was written although the store failed");
                self.committed(batch, &changes);
                Vec::new()
            }
            Some(false) => self.roll_back(batch, fault).await,
            None => {
                error!(%fault, workflows = changes.len(), "whether a batch was written is not known");
                self.doubts.extend(changes);
                self.roll_back(batch, fault).await
            }
        }
    }

    /// None while that cannot be known.
    async fn was_written_nevertheless(
        &self,
        changes: &[Change],
        fault: &StoreError,
    ) -> Option<bool> {
        let (true, Some(any)) = (fault.may_be_written(), changes.first()) else {
            return Some(false);
        };
        self.is_there(any).await.ok()
    }

    /// Whether the change is in the store; then the whole batch is. The last event tells: no other
    /// batch can have written one that is the same.
    async fn is_there(&self, change: &Change) -> Result<bool, StoreError> {
        let Some(last) = change.events.last() else {
            return Ok(false);
        };
        // What is read from a file that was taken away is no answer.
        self.store.probe(false).await?;
        let found = self.store.events(change.record.id, last.seq - 1, 1).await?;
        Ok(found.first() == Some(last))
    }

    /// Finds out about every batch in doubt, and does what follows from those that were written:
    /// their attempts were never started. False while that cannot be known.
    async fn settle_doubts(&mut self) -> bool {
        while let Some(change) = self.doubts.first() {
            let id = change.record.id;
            let settled = match self.is_there(change).await {
                Ok(true) => self.load(id).await.map(|_| true),
                other => other,
            };
            match settled {
                Ok(was_written) => {
                    let change = self.doubts.remove(0);
                    if was_written {
                        info!(workflow = id.0, "a batch in doubt was written");
                        self.take_up_slots(&change);
                        self.carry_out_effects(&change);
                        self.publish(&change);
                        self.evict(id);
                    }
                }
                Err(fault) => {
                    self.health.store_failed(&fault);
                    return false;
                }
            }
        }
        true
    }

    /// Whether anything can be decided now. If not, everything that waits is put off: reports are
    /// kept, people are told.
    pub(super) async fn can_decide(&mut self) -> bool {
        !self.health.is_away() && self.settle_doubts().await && self.settle_deletions().await
    }

    /// Puts messages off that cannot be decided now.
    pub(super) async fn put_off(&mut self, messages: Vec<Message>) {
        for message in messages {
            if message.is_control() {
                self.carry_out(message).await;
            } else {
                self.give_up(message, None);
            }
        }
        self.tell_idle();
    }

    /// Why a message is not carried out while the database is away or the disk is full.
    pub(super) fn hindrance(&self, ask: Ask) -> engine::JobOrchestratorError {
        let hindrance = self.health.hinders(ask);
        hindrance
            .unwrap_or(engine::orchestrator::Hindrance::DatabaseAway)
            .into()
    }

    /// Whether the members of a failed batch are worth trying one by one: not when each would fail
    /// for the same reason.
    pub(super) fn one_by_one(&self, members: usize, fault: &StoreError) -> bool {
        members > 1 && fault.concern() == Concern::Rows && self.doubts.is_empty()
    }
}
