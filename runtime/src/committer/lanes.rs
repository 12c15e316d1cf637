//! Who may start now: queued tasks wait in two lanes, so that a machine is not flooded with
//! processes while steps that only wait for an answer go on.
//!
//! The oldest workflow and the newest take turns. So what has begun is finished before more is
//! begun, nobody waits for ever, and whoever comes while ten thousand wait is served at once. The
//! tasks of one workflow go in the order they became ready.

use std::collections::btree_map::{BTreeMap, Entry, OccupiedEntry};
use std::collections::{HashSet, VecDeque};

use engine::{StepIndex, WorkflowId};

type Place = (WorkflowId, StepIndex);

/// The tasks of one workflow that wait, in order. A workflow that is read again tells all of its
/// tasks again; each waits once.
#[derive(Default)]
struct Ready {
    order: VecDeque<StepIndex>,
    waiting: HashSet<StepIndex>,
}

/// One queue with its slots.
struct Lane {
    ready: BTreeMap<WorkflowId, Ready>,
    held: HashSet<Place>,
    slots: usize,
    /// Whether the next turn is the newest workflow's.
    is_newest_next: bool,
}

impl Lane {
    fn new(slots: usize) -> Self {
        Self {
            ready: BTreeMap::new(),
            held: HashSet::new(),
            slots,
            is_newest_next: false,
        }
    }

    fn push(&mut self, (id, task): Place) {
        let ready = self.ready.entry(id).or_default();
        if ready.waiting.insert(task) {
            ready.order.push_back(task);
        }
    }

    /// The next task of this workflow, whosever turn it is.
    fn pop_of(&mut self, id: WorkflowId) -> Option<Place> {
        let Entry::Occupied(of_it) = self.ready.entry(id) else {
            return None;
        };
        Self::pop_from(of_it)
    }

    fn pop(&mut self) -> Option<Place> {
        let turn = if self.is_newest_next {
            self.ready.last_entry()?
        } else {
            self.ready.first_entry()?
        };
        self.is_newest_next = !self.is_newest_next;
        Self::pop_from(turn)
    }

    fn pop_from(mut turn: OccupiedEntry<'_, WorkflowId, Ready>) -> Option<Place> {
        let id = *turn.key();
        let ready = turn.get_mut();
        let task = ready.order.pop_front()?;
        ready.waiting.remove(&task);
        if ready.order.is_empty() {
            turn.remove();
        }
        Some((id, task))
    }
}

/// How many of the slots may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    All,
    Half,
}

impl Share {
    const fn of(self, slots: usize) -> usize {
        match self {
            Self::All => slots,
            Self::Half => slots.div_ceil(2),
        }
    }
}

/// The lane of steps that start programs, and the lane of all others.
pub(super) struct Lanes {
    programs: Lane,
    others: Lane,
}

impl Lanes {
    pub(super) fn new(programs_at_once: usize, others_at_once: usize) -> Self {
        Self {
            programs: Lane::new(programs_at_once),
            others: Lane::new(others_at_once),
        }
    }

    fn lane(&mut self, starts_program: bool) -> &mut Lane {
        if starts_program {
            &mut self.programs
        } else {
            &mut self.others
        }
    }

    /// A task is queued. An entry may be out of date when its turn comes.
    pub(super) fn wait(&mut self, starts_program: bool, place: Place) {
        self.lane(starts_program).push(place);
    }

    /// The next task for which there is a slot: of anybody, or of this workflow alone.
    pub(super) fn next(&mut self, only: Option<WorkflowId>, share: Share) -> Option<Place> {
        let lanes = [&mut self.programs, &mut self.others].into_iter();
        let mut free = lanes.filter(|lane| lane.held.len() < share.of(lane.slots));
        free.find_map(|lane| match only {
            Some(id) => lane.pop_of(id),
            None => lane.pop(),
        })
    }

    /// The task's attempt starts and holds a slot.
    pub(super) fn hold(&mut self, starts_program: bool, place: Place) {
        self.lane(starts_program).held.insert(place);
    }

    /// The task's attempt is over, or waits without holding anything.
    pub(super) fn release(&mut self, place: Place) {
        self.programs.held.remove(&place);
        self.others.held.remove(&place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn place(task: StepIndex) -> Place {
        (WorkflowId(1), task)
    }

    #[test]
    fn a_task_that_is_told_twice_waits_once() {
        let mut lanes = Lanes::new(1, 100);
        for task in [0, 1, 0, 1, 0] {
            lanes.wait(false, place(task));
        }
        let turns: Vec<_> = std::iter::from_fn(|| lanes.next(None, Share::All)).collect();
        assert_eq!(turns, [place(0), place(1)]);
        lanes.wait(false, place(0));
        assert_eq!(lanes.next(None, Share::All), Some(place(0)));
    }

    #[test]
    fn the_oldest_and_the_newest_workflow_take_turns() {
        let mut lanes = Lanes::new(1, 100);
        for id in [3, 1, 4, 2] {
            for task in 0..2 {
                lanes.wait(false, (WorkflowId(id), task));
            }
        }
        let turns: Vec<_> = std::iter::from_fn(|| lanes.next(None, Share::All))
            .map(|(id, task)| (id.0, task))
            .collect();
        let wanted = [
            (1, 0),
            (4, 0),
            (1, 1),
            (4, 1),
            (2, 0),
            (3, 0),
            (2, 1),
            (3, 1),
        ];
        assert_eq!(turns, wanted);
    }

    #[test]
    fn one_workflow_alone_is_served_before_its_turn() {
        let mut lanes = Lanes::new(1, 100);
        for id in [1, 2, 3] {
            lanes.wait(false, (WorkflowId(id), 0));
        }
        let second = Some(WorkflowId(2));
        assert_eq!(lanes.next(second, Share::All), Some((WorkflowId(2), 0)));
        assert_eq!(lanes.next(second, Share::All), None);
        assert_eq!(lanes.next(None, Share::All), Some(place(0)));
    }

    #[test]
    fn programs_that_wait_for_a_slot_do_not_hold_up_other_steps() {
        let mut lanes = Lanes::new(1, 1);
        lanes.wait(true, place(0));
        lanes.wait(true, place(1));
        lanes.wait(false, place(2));
        assert_eq!(lanes.next(None, Share::All), Some(place(0)));
        lanes.hold(true, place(0));
        assert_eq!(lanes.next(None, Share::All), Some(place(2)));
        lanes.hold(false, place(2));
        assert_eq!(lanes.next(None, Share::All), None);
        lanes.release(place(0));
        assert_eq!(lanes.next(None, Share::All), Some(place(1)));
    }

    #[test]
    fn with_half_of_the_slots_no_more_than_half_start() {
        let mut lanes = Lanes::new(1, 3);
        for task in 0..3 {
            lanes.wait(false, place(task));
        }
        for task in 0..2 {
            assert_eq!(lanes.next(None, Share::Half), Some(place(task)));
            lanes.hold(false, place(task));
        }
        assert_eq!(lanes.next(None, Share::Half), None);
        assert_eq!(lanes.next(None, Share::All), Some(place(2)));
    }
}
