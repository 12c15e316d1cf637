//! What becomes of a batch that was not written: memory goes back to what the store holds, and what
//! was in it is tried again in parts, so that what is bad is found out.

use std::collections::{BTreeSet, HashMap};

use engine::WorkflowId;
use tracing::error;

use super::batch::{Batch, Member};
use super::load::READ_TOGETHER;
use super::{Committer, Message};
use crate::store::StoreError;

/// A part of a batch that was not written.
pub(super) enum Part {
    /// To be decided by itself.
    Message(Message),
    /// To be decided together.
    Together(Vec<Message>),
    /// This workflow was given slots and nobody asked anything of it: it is to be read, and to ask
    /// for them by itself.
    Claims(WorkflowId),
}

/// Who may ask for slots.
#[derive(Clone, Copy)]
pub(super) enum Claimants {
    All,
    Only(WorkflowId),
}

impl Committer {
    /// Brings memory back to what the store holds. The members are worth trying one by one.
    pub(super) async fn roll_back(&mut self, batch: Batch, fault: &StoreError) -> Vec<Part> {
        error!(%fault, members = batch.members.len(), "a batch could not be written");
        if self.makes_room_for(&batch, fault) {
            return self.carry_over(batch, fault);
        }
        let touched: Vec<_> = batch.touched().collect();
        let parts = batch.members.len().max(touched.len());
        let one_by_one = self.one_by_one(parts, fault);
        let is_alone = parts <= 1 && self.doubts.is_empty();
        let is_new = touched.iter().any(|id| batch.creates(*id));
        let claims = claims_alone(&batch);
        let members = self.undo(batch);
        // The rows are at fault, and they are those of one workflow that was there before.
        let blame = match touched[..] {
            [workflow] if is_alone && !is_new => self.at_fault(workflow, fault).await,
            _ => None,
        };
        if let Some(blame) = blame {
            self.put_aside(blame).await;
        } else if !one_by_one {
            for member in members {
                self.give_up(member.message, Some(fault));
            }
            return Vec::new();
        }
        // Whoever only claims does so by itself, so that a bad one is found out and holds up nobody
        // it happens to stand beside.
        let messages = members.into_iter().map(|member| member.message);
        let claims = claims.into_iter().map(Part::Claims);
        messages.map(Part::Message).chain(claims).collect()
    }

    /// Forgets what a batch did in memory: its members, and the workflows it changed.
    pub(super) fn undo(&mut self, batch: Batch) -> Vec<Member> {
        let touched: Vec<_> = batch.touched().collect();
        for id in &touched {
            self.forget(*id);
        }
        for (id, task) in &batch.waits {
            // Decided again it begins again, also where its end is at the same moment by the wall clock.
            self.timers.forget((*id, *task));
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

    /// Reads workflows that have to be in memory: their timers and queue would stand still. As many
    /// together as a start reads.
    pub(super) async fn read_back(&mut self, ids: impl IntoIterator<Item = WorkflowId>) {
        let ids: Vec<_> = ids.into_iter().collect();
        for page in ids.chunks(READ_TOGETHER) {
            let mut read = if self.health.is_away() {
                HashMap::new()
            } else {
                self.read_together(page).await
            };
            for id in page {
                // While the database is away, which is told elsewhere, nothing is asked of it.
                if !self.health.is_away() {
                    match self.take_in(*id, read.remove(id)).await {
                        Ok(()) => {
                            self.evict(*id);
                            continue;
                        }
                        Err(fault) => {
                            error!(%fault, workflow = id.0, "a workflow could not be read back");
                        }
                    }
                }
                self.held.keep_unread(*id, self.clock.steady());
            }
        }
    }
}

/// The workflows of which the batch writes nothing but claims.
fn claims_alone(batch: &Batch) -> BTreeSet<WorkflowId> {
    let asked: BTreeSet<_> = batch
        .members
        .iter()
        .filter_map(|member| member.message.workflow())
        .collect();
    let is_claim = |id: &WorkflowId| !asked.contains(id) && !batch.creates(*id);
    batch.touched().filter(is_claim).collect()
}
