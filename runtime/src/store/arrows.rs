//! In debug builds, which all tests are, stores refuse what the engine's tables do not know: a state
//! that cannot follow the one before it. The core refuses it first; this would show a way around the
//! core.
//!
//! A batch may hold several steps of one task, so a state may follow another over states between.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use engine::task_status::{TaskStatus, TaskTrigger};
use engine::workflow_status::{WorkflowStatus, WorkflowTrigger};

/// Every state and each that it may have become, over any number of arrows or none.
pub(super) type Pairs<S> = BTreeSet<(S, S)>;

/// Of workflows.
pub(super) static OF_WORKFLOWS: LazyLock<Pairs<WorkflowStatus>> = LazyLock::new(|| {
    pairs(&WorkflowStatus::ALL, |from| {
        let next = |trigger| from.next(trigger).ok();
        WorkflowTrigger::ALL.into_iter().filter_map(next).collect()
    })
});

/// Of tasks between two recoveries.
pub(super) static OF_TASKS: LazyLock<Pairs<TaskStatus>> = LazyLock::new(|| {
    pairs(&TaskStatus::ALL, |from| {
        let next = |trigger| from.next(trigger).ok();
        let triggers = TaskTrigger::ALL.into_iter();
        let triggers = triggers.filter(|trigger| *trigger != TaskTrigger::Reset);
        triggers.filter_map(next).collect()
    })
});

fn pairs<S: Copy + Ord>(all: &[S], next: impl Fn(S) -> Vec<S>) -> Pairs<S> {
    let mut pairs = BTreeSet::new();
    for from in all {
        let mut reached = BTreeSet::from([*from]);
        let mut open = vec![*from];
        while let Some(state) = open.pop() {
            open.extend(next(state).into_iter().filter(|to| reached.insert(*to)));
        }
        pairs.extend(reached.into_iter().map(|to| (*from, to)));
    }
    pairs
}
