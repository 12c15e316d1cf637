//! Taking up what the rows call active: when the engine starts, and again and again as long as it
//! is in use, so that what could not be read, or what somebody lost sight of, does not stand still
//! until the next start.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use engine::{Command, FailureKind, Outcome, StepIndex, WorkflowId};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use tracing::{error, info, warn};

use super::{Inner, boot_loop};
use crate::committer::Message;
use crate::crash_point;
use crate::process::ProcessRunner;
use crate::step::attempt_name;
use crate::store::{LeftBehind, StoreError};

/// Workflows that are looked at between two batches of the committer.
const PAGE: usize = 200;
/// How often it is repeated.
const AGAIN: Duration = Duration::from_secs(5);
/// How long an attempt of a dead server may take to be proven dead before the log tells of it.
const PROOF_LIMIT: Duration = Duration::from_secs(60);

/// An attempt that the rows call running.
type Orphan = (WorkflowId, StepIndex, u32);

/// Finds what nobody carries out.
#[derive(Clone)]
pub(super) struct TakeUp {
    inner: Weak<Inner>,
    outbox: UnboundedSender<Message>,
    runner: Option<ProcessRunner>,
    /// What ended the last starts.
    poison: Arc<HashSet<LeftBehind>>,
    /// Attempts whose proof of death is under way.
    in_proof: Arc<Mutex<HashSet<Orphan>>>,
}

impl TakeUp {
    pub(super) fn new(
        inner: &Arc<Inner>,
        runner: Option<ProcessRunner>,
        poison: HashSet<LeftBehind>,
    ) -> Self {
        Self {
            inner: Arc::downgrade(inner),
            outbox: inner.outbox.clone(),
            runner,
            poison: Arc::new(poison),
            in_proof: Arc::default(),
        }
    }

    /// Brings every active workflow into memory. Attempts of a server that died become lost, each
    /// once it is proven dead; everything else goes on at once.
    pub(super) async fn at_start(&self) -> Result<(), StoreError> {
        let (workflows, orphans) = self.look().await?;
        info!(workflows, orphans, "took up active workflows");
        Ok(())
    }

    /// Does the same again for as long as the engine is in use.
    pub(super) fn go_on(self) {
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(AGAIN).await;
                if self.inner.strong_count() == 0 || self.outbox.is_closed() {
                    return;
                }
                match self.look().await {
                    Ok((_, 0)) => {}
                    Ok((_, orphans)) => warn!(orphans, "nobody carried out what was under way"),
                    Err(fault) => error!(%fault, "active workflows could not be looked for"),
                }
            }
        });
    }

    /// Looks at every active workflow; answers how many there are, and how many attempts were
    /// found that nobody carries out.
    async fn look(&self) -> Result<(usize, usize), StoreError> {
        let Some(inner) = self.inner.upgrade() else {
            return Ok((0, 0));
        };
        let active = inner.store.active().await?;
        // Nothing here keeps an engine alive that nobody uses any more.
        drop(inner);
        let mut orphans = 0;
        for page in active.chunks(PAGE) {
            let (reply, found) = oneshot::channel();
            let ids = page.to_vec();
            let sent = self.outbox.send(Message::Adopt { ids, reply });
            let Some(found) = (match sent {
                Ok(()) => found.await.ok(),
                Err(_) => None,
            }) else {
                // The committer is gone; whoever asks something of it is told.
                break;
            };
            orphans += found
                .into_iter()
                .filter(|orphan| self.take(*orphan))
                .count();
            crash_point::reach("c9-page");
        }
        Ok((active.len(), orphans))
    }

    /// Begins the proof of death of an attempt, unless it is under way.
    fn take(&self, orphan: Orphan) -> bool {
        let is_new = self.in_proof().insert(orphan);
        if is_new {
            let take_up = self.clone();
            tokio::spawn(async move {
                take_up.lose(orphan).await;
                take_up.in_proof().remove(&orphan);
            });
        }
        is_new
    }

    fn in_proof(&self) -> std::sync::MutexGuard<'_, HashSet<Orphan>> {
        // Nothing between locking and letting go can panic halfway.
        self.in_proof.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports an attempt as lost once nothing of it can be alive.
    async fn lose(&self, orphan: Orphan) {
        let (id, task, attempt) = orphan;
        if let Some(runner) = &self.runner {
            let name = attempt_name(id, task, attempt);
            while let Err(fault) = runner.prove_dead(&name, PROOF_LIMIT).await {
                // Starting it anew beside a living one would do the work twice: keep trying.
                error!(%fault, attempt = name, "an attempt of the last server still lives");
                tokio::time::sleep(AGAIN).await;
            }
        }
        crash_point::reach("c9");
        let command = Command::Report {
            task,
            attempt,
            outcome: self.outcome(orphan),
        };
        drop(self.outbox.send(Message::small(id, command)));
    }

    fn outcome(&self, (id, task, attempt): Orphan) -> Outcome {
        let is_it =
            |left: &LeftBehind| (left.workflow_id, left.task, left.attempt) == (id, task, attempt);
        if self.poison.iter().any(is_it) {
            let error = boot_loop::WHY.to_owned();
            let failure = FailureKind::Poison;
            return Outcome::Failed { failure, error };
        }
        Outcome::Lost
    }
}

#[cfg(test)]
mod tests;
