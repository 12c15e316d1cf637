//! What could not be written or read just now, kept until it can: what an attempt reported
//! happened, a workflow that is active has to be in memory, or it would stand still, and one that was
//! put aside has to be noted, or the next start would not know.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use engine::{Command, StepIndex, WorkflowId};
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use super::Message;
use crate::store::Quarantined;

/// How long it waits before it is tried again.
const HELD_FOR: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Default)]
pub(super) struct Held {
    reports: Vec<Message>,
    unread: BTreeSet<WorkflowId>,
    aside: Vec<Quarantined>,
    /// When it is tried again, whatever comes in meanwhile.
    again_at: Option<Instant>,
}

impl Held {
    /// Keeps a report that could not be written.
    pub(super) fn keep(&mut self, report: Message, now: Instant) {
        self.reports.push(report);
        self.again_at.get_or_insert(now + HELD_FOR);
    }

    /// Keeps in mind that a workflow has to be read.
    pub(super) fn keep_unread(&mut self, id: WorkflowId, now: Instant) {
        self.unread.insert(id);
        self.again_at.get_or_insert(now + HELD_FOR);
    }

    /// Keeps in mind that a workflow was put aside.
    pub(super) fn keep_aside(&mut self, aside: Quarantined, now: Instant) {
        self.aside.push(aside);
        self.again_at.get_or_insert(now + HELD_FOR);
    }

    /// The workflow is deleted: nothing of it is read or noted any more.
    pub(super) fn forget(&mut self, id: WorkflowId) {
        self.unread.remove(&id);
        self.aside.retain(|aside| aside.workflow != id);
    }

    /// Whether the workflow has to be read, and was not yet.
    pub(super) fn is_unread(&self, id: WorkflowId) -> bool {
        self.unread.contains(&id)
    }

    /// Whether any workflow has to be read, and was not yet.
    pub(super) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Whether nothing is kept that an orderly stop waits for. What was put aside is found again by
    /// the next start.
    pub(super) fn is_empty(&self) -> bool {
        self.reports.is_empty() && self.unread.is_empty()
    }

    /// The tasks of which an attempt has told its end, and only the disk does not know yet.
    pub(super) fn ends(&self) -> HashSet<(WorkflowId, StepIndex)> {
        let end = |report: &Message| match report {
            Message::Report {
                id,
                command: Command::Report { task, .. } | Command::Wait { task, .. },
                ..
            } => Some((*id, *task)),
            _ => None,
        };
        self.reports.iter().filter_map(end).collect()
    }

    /// Returns when it is time to try again; never while nothing is kept.
    pub(super) async fn wait(&self) {
        match self.again_at {
            Some(at) => sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    /// Takes out everything, once its time has come.
    pub(super) fn take(&mut self, now: Instant) -> Self {
        if self.again_at.is_none_or(|at| at > now) {
            return Self::default();
        }
        std::mem::take(self)
    }

    /// Says what a stop leaves unwritten.
    pub(super) fn tell_lost(&self) {
        let is_end = |report: &&Message| {
            matches!(
                report,
                Message::Report {
                    command: Command::Report { .. } | Command::Wait { .. },
                    ..
                }
            )
        };
        let outcomes = self.reports.iter().filter(is_end).count();
        if outcomes > 0 {
            warn!(
                outcomes,
                "the store did not come back in time for what steps came to: the next start finds \
                 these attempts without an end, and each step's mode says what follows. Everything \
                 that was answered is on disk"
            );
        }
    }

    /// What attempts reported.
    pub(super) fn into_reports(self) -> Vec<Message> {
        self.reports
    }

    /// The workflows that have to be read.
    pub(super) fn take_unread(&mut self) -> BTreeSet<WorkflowId> {
        std::mem::take(&mut self.unread)
    }

    /// The workflows that were put aside, which is not noted yet.
    pub(super) fn take_aside(&mut self) -> Vec<Quarantined> {
        std::mem::take(&mut self.aside)
    }
}
