//! Workflows into memory. One that cannot be read, or whose rows contradict each other, is put aside.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;

use engine::WorkflowId;
use futures::FutureExt;

use super::aside::Blame;
use super::{Active, Committer};
use crate::store::{StoreError, StoredWorkflow};

/// Most workflows that are read at once.
pub(super) const READ_TOGETHER: usize = 200;

/// Whether a workflow is in memory.
pub(super) enum Loaded {
    /// It is.
    Here,
    /// There is none of this number.
    Unknown,
    /// It is in quarantine, because of this.
    Aside(String),
}

impl Committer {
    /// The workflow in memory, read from the store when it is not there.
    pub(super) async fn load(&mut self, id: WorkflowId) -> Result<Loaded, StoreError> {
        if self.active.contains_key(&id) {
            return Ok(Loaded::Here);
        }
        if let Some(cause) = self.quarantine.cause(id) {
            return Ok(Loaded::Aside(cause));
        }
        match self.read(id).await? {
            Ok(None) => Ok(Loaded::Unknown),
            Ok(Some(stored)) => Ok(self.hold(id, stored)),
            Err(blame) => Ok(self.refuse(blame).await),
        }
    }

    /// Takes a workflow into memory as it was just read beside others.
    async fn bring_in(&mut self, id: WorkflowId, stored: StoredWorkflow) -> Loaded {
        match self.judge(id, stored) {
            Ok(stored) => self.hold(id, stored),
            Err(blame) => self.refuse(blame).await,
        }
    }

    /// Takes a workflow into memory, unless it is aside: as it was just read beside others, or read by
    /// itself. One on which the engine breaks is put aside.
    pub(super) async fn take_in(
        &mut self,
        id: WorkflowId,
        read: Option<StoredWorkflow>,
    ) -> Result<(), StoreError> {
        let loaded = match read {
            Some(stored) => {
                let brought = AssertUnwindSafe(self.bring_in(id, stored)).catch_unwind();
                brought.await.map(Ok)
            }
            None => AssertUnwindSafe(self.load(id)).catch_unwind().await,
        };
        match loaded {
            Ok(Ok(_)) => {}
            Ok(Err(fault)) => {
                self.health.store_failed(&fault);
                return Err(fault);
            }
            Err(panic) => self.put_aside(Blame::panic(id, &*panic)).await,
        }
        Ok(())
    }

    fn hold(&mut self, id: WorkflowId, stored: StoredWorkflow) -> Loaded {
        let active = Active {
            header: stored.header,
            workflow: stored.workflow,
        };
        self.active.insert(id, active);
        self.queue_again(id);
        Loaded::Here
    }

    async fn refuse(&mut self, blame: Blame) -> Loaded {
        let cause = blame.cause.clone();
        self.put_aside(blame).await;
        Loaded::Aside(cause)
    }

    /// Reads those that are not in memory, all at once. What is missing in the answer has to be
    /// looked at by itself.
    pub(super) async fn read_together(
        &self,
        ids: &[WorkflowId],
    ) -> HashMap<WorkflowId, StoredWorkflow> {
        let is_wanted =
            |id: &WorkflowId| !self.active.contains_key(id) && self.quarantine.cause(*id).is_none();
        let wanted: Vec<_> = ids.iter().copied().filter(is_wanted).collect();
        if wanted.len() < 2 {
            return HashMap::new();
        }
        let read = AssertUnwindSafe(self.store.load_all(&wanted)).catch_unwind();
        // One that breaks the reader or the question is found when each is read by itself.
        let Ok(Ok(read)) = read.await else {
            return HashMap::new();
        };
        let sound = |(id, stored): (_, Result<_, _>)| Some((id, stored.ok()?));
        read.into_iter().filter_map(sound).collect()
    }
}
