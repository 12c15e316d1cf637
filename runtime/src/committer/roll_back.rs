//! What becomes of a batch that was not written: memory goes back to what the store holds, and what
//! was in it is tried again in parts, so that what is bad is found out.

use engine::WorkflowId;
use tracing::error;

use super::aside::Blame;
use super::batch::{Batch, Member};
use super::{Committer, Message};
use crate::store::StoreError;

/// A part of a batch that was not written.
pub(super) enum Part {
    /// To be decided by itself.
    Message(Message),
    /// This workflow was only given slots: it is to be read, and to ask for them by itself.
    Claims(WorkflowId),
}

impl Committer {
    /// Brings memory back to what the store holds. The members are worth trying one by one.
    pub(super) async fn roll_back(&mut self, batch: Batch, fault: &StoreError) -> Vec<Part> {
        error!(%fault, members = batch.members.len(), "a batch could not be written");
        let touched: Vec<_> = batch.touched().collect();
        let parts = batch.members.len().max(touched.len());
        let one_by_one = self.one_by_one(parts, fault);
        let is_alone = parts <= 1 && self.doubts.is_empty();
        let is_new = touched.iter().any(|id| batch.creates(*id));
        let members = self.undo(batch);
        // The rows are at fault, and they are those of one workflow that was there before.
        let is_bad = is_alone && (fault.is_contradiction() || fault.is_of_a_row());
        if let ([workflow], true) = (&touched[..], is_bad && !is_new) {
            self.put_aside(Blame::unwritable(*workflow, fault)).await;
        } else if !one_by_one {
            for member in members {
                self.give_up(member.message, Some(fault));
            }
            return Vec::new();
        }
        if members.is_empty() {
            // Only claims: each workflow makes its own, so that the bad one is found out.
            return touched.into_iter().map(Part::Claims).collect();
        }
        let messages = members.into_iter().map(|member| member.message);
        messages.map(Part::Message).collect()
    }

    /// Forgets what a batch did in memory: its members, and the workflows it changed.
    pub(super) fn undo(&mut self, batch: Batch) -> Vec<Member> {
        let touched: Vec<_> = batch.touched().collect();
        for id in &touched {
            self.forget(*id);
        }
        for slot in &batch.started {
            self.lanes.release(*slot);
        }
        // What they wait for gets into the lanes again, and somebody has to look at those, soon.
        let steady = self.clock.steady();
        for id in touched {
            self.held.keep_unread(id, steady);
        }
        batch.members
    }

    /// Reads workflows that have to be in memory: their timers and queue would stand still.
    pub(super) async fn read_back(&mut self, ids: impl IntoIterator<Item = WorkflowId>) {
        for id in ids {
            // While the database is away, which is told elsewhere, nothing is asked of it.
            if !self.health.is_away() {
                match self.load(id).await {
                    Ok(_) => {
                        self.evict(id);
                        continue;
                    }
                    Err(fault) => {
                        error!(%fault, workflow = id.0, "a workflow could not be read back");
                        self.health.store_failed(&fault);
                    }
                }
            }
            self.held.keep_unread(id, self.clock.steady());
        }
    }
}
