//! The workflows that moved last, for whoever shows a list of them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use engine::orchestrator::Moves;
use engine::{Seq, WorkflowId};
use tokio::sync::watch;

/// So many moves are remembered. Who lags behind more of them looks at everything.
const KEPT: usize = 1_024;

/// The last moves, numbered from 1 on.
#[derive(Debug)]
pub(super) struct Moved {
    kept: Mutex<Kept>,
    /// The number of the last one.
    last: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    moves: VecDeque<(WorkflowId, Seq)>,
    last: u64,
}

impl Default for Moved {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            last: watch::channel(0).0,
        }
    }
}

impl Moved {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A move too many or too few is no more than a look too many or too few.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note(&self, id: WorkflowId, rev: Seq) {
        let mut kept = self.kept();
        if kept.moves.len() == KEPT {
            kept.moves.pop_front();
        }
        kept.moves.push_back((id, rev));
        kept.last += 1;
        let last = kept.last;
        drop(kept);
        if self.last.receiver_count() > 0 {
            self.last.send_replace(last);
        }
    }

    pub(super) async fn after(&self, place: Option<u64>) -> Moves {
        let Some(place) = place else {
            let place = self.kept().last;
            return Moves {
                place,
                ..Moves::default()
            };
        };
        // Subscribed before looking, so that nothing falls between the two.
        let mut last = self.last.subscribe();
        if self.kept().last <= place {
            // The sender lives as long as this does.
            drop(last.wait_for(|last| *last > place).await);
        }
        self.kept().after(place)
    }
}

impl Kept {
    fn after(&self, place: u64) -> Moves {
        let missed = self.last.saturating_sub(place);
        let missed = usize::try_from(missed).unwrap_or(usize::MAX);
        let known = missed.min(self.moves.len());
        let moves = self.moves.range(self.moves.len() - known..);
        // Of several moves of one workflow the last one counts.
        let moves: BTreeMap<_, _> = moves.copied().collect();
        Moves {
            place: self.last,
            workflows: moves.into_iter().collect(),
            is_part: known < missed,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn moves(place: u64, workflows: &[(i64, Seq)], is_part: bool) -> Option<Moves> {
        let workflows = workflows.iter().map(|(id, rev)| (WorkflowId(*id), *rev));
        Some(Moves {
            place,
            workflows: workflows.collect(),
            is_part,
        })
    }

    #[tokio::test]
    async fn each_workflow_that_moved_since_is_told_once_with_its_last_number() {
        let moved = Moved::default();
        moved.note(WorkflowId(9), 1);
        assert_eq!(moved.after(None).now_or_never(), moves(1, &[], false));
        assert_eq!(moved.after(Some(1)).now_or_never(), None);
        for (id, rev) in [(2, 1), (1, 1), (2, 2)] {
            moved.note(WorkflowId(id), rev);
        }
        let told = moved.after(Some(1)).now_or_never();
        assert_eq!(told, moves(4, &[(1, 1), (2, 2)], false));
    }

    #[tokio::test]
    async fn who_waits_is_woken_and_who_comes_too_late_is_told_that_others_moved() {
        let moved = Moved::default();
        let (told, ()) = tokio::join!(moved.after(Some(0)), async {
            tokio::task::yield_now().await;
            moved.note(WorkflowId(1), 1);
        });
        assert_eq!(Some(told), moves(1, &[(1, 1)], false));
        for _ in 0..KEPT {
            moved.note(WorkflowId(2), 3);
        }
        let told = moved.after(Some(0)).now_or_never();
        assert_eq!(told, moves(1 + KEPT as u64, &[(2, 3)], true));
    }
}
