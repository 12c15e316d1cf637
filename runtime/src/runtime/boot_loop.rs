//! The guard against starting over and over: when the last three starts each ended within a minute,
//! unasked, with the same step under way, that step is taken for what ends them. It is not tried
//! again, whatever its own limit of losses says, and also if no start got as far as recording that
//! it was lost.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use engine::{StepIndex, WorkflowId};
use tracing::{error, warn};
use uuid::Uuid;

use super::Inner;
use crate::clock::Clock;
use crate::store::{Boot, BootMark, LeftBehind, Store};

/// How many starts in a row make a loop.
const STARTS: usize = 3;
/// A start that outlives this is none of them.
const LASTS: Duration = Duration::from_secs(60);

/// What a person reads about a step that is given up for it.
pub(super) const WHY: &str =
    "the server went down within a minute of its start, three times in a row, while this step ran";

/// This start, and the attempts that ended the ones before it.
pub(super) struct BootLoop {
    /// The name of this start.
    pub(super) incarnation: Uuid,
    pub(super) poison: HashSet<LeftBehind>,
}

impl BootLoop {
    /// Notes this start and looks at the ones before. A store that cannot do so, such as one on a
    /// full disk, is no reason not to start: the guard is then off until the next one.
    pub(super) async fn begin(store: &dyn Store, clock: &dyn Clock) -> Self {
        let incarnation = Uuid::now_v7();
        let before = store.begin_boot(incarnation, clock.now()).await;
        let before = before.unwrap_or_else(|fault| {
            error!(%fault, "the start could not be noted; a loop of starts will not be seen");
            Vec::new()
        });
        let poison = poison(&before);
        for LeftBehind {
            workflow_id, task, ..
        } in &poison
        {
            warn!(workflow = workflow_id.0, task, "{WHY}; it is failed");
        }
        Self {
            incarnation,
            poison,
        }
    }
}

/// Notes it once this start is no short one any more.
pub(super) fn note_when_it_lasts(inner: &Arc<Inner>) {
    let inner = Arc::downgrade(inner);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(LASTS).await;
            let Some(inner) = inner.upgrade() else { return };
            // A database that is busy just then must not make a long start look short.
            if mark(&inner, BootMark::Lasted).await {
                return;
            }
        }
    });
}

/// Notes something about this start, and says whether it is noted.
pub(super) async fn mark(inner: &Inner, mark: BootMark) -> bool {
    let noted = inner.store.mark_boot(inner.incarnation, mark).await;
    if let Err(fault) = &noted {
        warn!(%fault, ?mark, "it could not be noted how this start goes on");
    }
    noted.is_ok()
}

/// The attempts that the last of a loop of starts left behind, and all the others of it as well.
fn poison(newest_first: &[Boot]) -> HashSet<LeftBehind> {
    let Some(starts) = newest_first.get(..STARTS) else {
        return HashSet::new();
    };
    if starts.iter().any(|boot| boot.lasted || boot.was_stopped) {
        return HashSet::new();
    }
    let steps = |boot: &Boot| -> HashSet<_> { boot.left_behind.iter().map(step).collect() };
    let each: Vec<_> = starts.iter().map(steps).collect();
    let last = starts.iter().take(1).flat_map(|boot| &boot.left_behind);
    last.filter(|left| each.iter().all(|steps| steps.contains(&step(left))))
        .copied()
        .collect()
}

/// A step between two recoveries: its attempts follow each other from start to start.
const fn step(left: &LeftBehind) -> (WorkflowId, StepIndex, u32) {
    (left.workflow_id, left.task, left.generation)
}

#[cfg(test)]
mod tests {
    use engine::Timestamp;

    use super::*;

    const fn left(task: StepIndex, generation: u32, attempt: u32) -> LeftBehind {
        LeftBehind {
            workflow_id: WorkflowId(1),
            task,
            generation,
            attempt,
        }
    }

    fn short(left_behind: &[LeftBehind]) -> Boot {
        Boot {
            incarnation: Uuid::new_v4(),
            started_at: Timestamp::from_micros(0),
            lasted: false,
            was_stopped: false,
            left_behind: left_behind.to_vec(),
        }
    }

    #[test]
    fn a_step_under_way_at_the_end_of_three_short_starts_is_poison() {
        // Each start tried it anew; another step was there twice, a third one is another's.
        let starts = [
            short(&[left(0, 0, 3), left(1, 0, 2)]),
            short(&[left(0, 0, 2), left(1, 0, 1)]),
            short(&[left(0, 0, 1), left(2, 0, 1)]),
        ];
        assert_eq!(poison(&starts), HashSet::from([left(0, 0, 3)]));
        assert_eq!(poison(&starts[..2]), HashSet::new());
    }

    #[test]
    fn an_attempt_that_no_start_could_even_give_up_is_poison() {
        let starts = vec![short(&[left(0, 0, 1)]); 4];
        assert_eq!(poison(&starts), HashSet::from([left(0, 0, 1)]));
    }

    #[test]
    fn a_start_that_lasted_or_was_asked_to_stop_is_no_part_of_a_loop() {
        let attempt = [left(0, 0, 1)];
        for change in [(|boot| boot.lasted = true) as fn(&mut Boot), |boot| {
            boot.was_stopped = true
        }] {
            for which in 0..STARTS {
                let mut starts = vec![short(&attempt); STARTS];
                change(&mut starts[which]);
                assert_eq!(poison(&starts), HashSet::new(), "start {which}");
            }
        }
    }

    #[test]
    fn a_recovery_begins_the_count_anew() {
        let starts = [
            short(&[left(0, 1, 3)]),
            short(&[left(0, 0, 2)]),
            short(&[left(0, 0, 1)]),
        ];
        assert_eq!(poison(&starts), HashSet::new());
    }
}
