//! Who may start now: queued tasks wait in the order they became ready, in two lanes, so that a
//! machine is not flooded with processes while steps that only wait for an answer go on.

use std::collections::{HashSet, VecDeque};

use engine::{StepIndex, WorkflowId};

type Place = (WorkflowId, StepIndex);

/// One queue with its slots.
struct Lane {
    ready: VecDeque<Place>,
    held: HashSet<Place>,
    slots: usize,
}

impl Lane {
    fn new(slots: usize) -> Self {
        Self {
            ready: VecDeque::new(),
            held: HashSet::new(),
            slots,
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
        self.lane(starts_program).ready.push_back(place);
    }

    /// The next task for which there is a slot.
    pub(super) fn next(&mut self) -> Option<Place> {
        let lanes = [&mut self.programs, &mut self.others].into_iter();
        let mut free = lanes.filter(|lane| lane.held.len() < lane.slots);
        free.find_map(|lane| lane.ready.pop_front())
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
    fn programs_that_wait_for_a_slot_do_not_hold_up_other_steps() {
        let mut lanes = Lanes::new(1, 1);
        lanes.wait(true, place(0));
        lanes.wait(true, place(1));
        lanes.wait(false, place(2));
        assert_eq!(lanes.next(), Some(place(0)));
        lanes.hold(true, place(0));
        assert_eq!(lanes.next(), Some(place(2)));
        lanes.hold(false, place(2));
        assert_eq!(lanes.next(), None);
        lanes.release(place(0));
        assert_eq!(lanes.next(), Some(place(1)));
    }
}
