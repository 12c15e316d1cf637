//! When the committer has to look at a task again, counted on the clock that nobody can set. An
//! entry may be out of date: the decision says whether the task still waits for that moment.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use engine::{StepIndex, Timestamp, WorkflowId};
use tokio::time::Instant;

use crate::clock::Clock;

/// Farther away than anything that is waited for, and not so far that adding it could overflow.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A task and the moment it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) id: WorkflowId,
    pub(super) task: StepIndex,
    /// As it is stored, by the wall clock.
    pub(super) due_at: Timestamp,
}

/// A task.
pub(super) type Place = (WorkflowId, StepIndex);

/// The tasks that wait, each once: a workflow that is read again tells all its moments again, and
/// where nothing can be written it is read every second.
#[derive(Default)]
pub(super) struct Timers {
    /// Earliest first.
    queue: BTreeSet<(Instant, Place)>,
    /// When each one's turn is, and the moment it waits for.
    waits: HashMap<Place, (Instant, Timestamp)>,
}

impl Timers {
    /// A task waits: until the moment it waits for by the wall clock, but no longer than `length`,
    /// the whole length of its wait, from now on. So a clock that was set back while no server ran
    /// delays it by no more than its own wait.
    pub(super) fn add(&mut self, wait: Wait, length: Option<Duration>, clock: &dyn Clock) {
        let left = wait.due_at.since(clock.now());
        let left = left.min(length.unwrap_or(LONGEST)).min(LONGEST);
        let place = (wait.id, wait.task);
        let mut at = clock.steady() + left;
        if let Some((known, due_at)) = self.waits.get(&place).copied() {
            self.queue.remove(&(known, place));
            if due_at == wait.due_at {
                // What is being counted goes on, also when the clock was set back meanwhile.
                at = at.min(known);
            }
        }
        self.waits.insert(place, (at, wait.due_at));
        self.queue.insert((at, place));
    }

    /// The task does not wait after all.
    pub(super) fn forget(&mut self, place: Place) {
        if let Some((at, _)) = self.waits.remove(&place) {
            self.queue.remove(&(at, place));
        }
    }

    /// The wall clock was set: what is due earlier by it now, is due earlier. A clock that was set
    /// back changes nothing, since the time until then is already being counted.
    pub(super) fn clock_was_set(&mut self, clock: &dyn Clock) {
        let (now, steady) = (clock.now(), clock.steady());
        for (at, due_at) in self.waits.values_mut() {
            let by_wall = steady + due_at.since(now).min(LONGEST);
            *at = by_wall.min(*at);
        }
        let turns = self.waits.iter().map(|(place, (at, _))| (*at, *place));
        self.queue = turns.collect();
    }

    /// Waits until the earliest entry is due; for ever when there is none.
    pub(super) async fn wait(&self) {
        match self.queue.first() {
            Some((at, _)) => tokio::time::sleep_until(*at).await,
            None => std::future::pending().await,
        }
    }

    /// Takes out what is due at `steady`.
    pub(super) fn take_due(&mut self, steady: Instant) -> Vec<Wait> {
        let mut due = Vec::new();
        while let Some((at, place)) = self.queue.first().copied() {
            if at > steady {
                break;
            }
            self.queue.remove(&(at, place));
            if let Some((_, due_at)) = self.waits.remove(&place) {
                let (id, task) = place;
                due.push(Wait { id, task, due_at });
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TestClock;

    const HALF_A_DAY: i64 = 12 * 3_600 * 1_000_000;

    /// A wait of `seconds` from now on.
    fn wait(clock: &TestClock, seconds: u64) -> (Wait, Option<Duration>) {
        let length = Duration::from_secs(seconds);
        let due_at = clock.now().plus(length);
        let wait = Wait {
            id: WorkflowId(1),
            task: 0,
            due_at,
        };
        (wait, Some(length))
    }

    /// Seconds until the earliest is due, as the machine's own clock counts them.
    async fn passes(timers: &mut Timers, clock: &TestClock) -> f64 {
        let begun = clock.steady();
        timers.wait().await;
        assert_eq!(timers.take_due(clock.steady()).len(), 1);
        begun.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_set_back_delays_nothing_that_is_being_waited_for() {
        let clock = TestClock::at(HALF_A_DAY * 10);
        let mut timers = Timers::default();
        let (wait, length) = wait(&clock, 8);
        timers.add(wait, length, &clock);
        clock.set_forward(-HALF_A_DAY);
        timers.clock_was_set(&clock);
        assert!((passes(&mut timers, &clock).await - 8.0).abs() < 0.002);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_was_set_back_while_no_server_ran_delays_by_the_wait_at_most() {
        let clock = TestClock::at(HALF_A_DAY * 10);
        let mut timers = Timers::default();
        let (wait, length) = wait(&clock, 8);
        tokio::time::advance(Duration::from_secs(5)).await;
        clock.set_forward(-HALF_A_DAY);
        timers.add(wait, length, &clock);
        assert!((passes(&mut timers, &clock).await - 8.0).abs() < 0.002);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_set_forward_makes_what_waits_due_by_it() {
        let clock = TestClock::at(HALF_A_DAY * 10);
        let mut timers = Timers::default();
        let (wait, length) = wait(&clock, 8);
        timers.add(wait, length, &clock);
        clock.set_forward(5_000_000);
        timers.clock_was_set(&clock);
        assert!((passes(&mut timers, &clock).await - 3.0).abs() < 0.002);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_whose_workflow_is_read_again_and_again_waits_once() {
        let clock = TestClock::at(HALF_A_DAY * 10);
        let mut timers = Timers::default();
        let (first, length) = wait(&clock, 8);
        for _ in 0..100 {
            timers.add(first, length, &clock);
        }
        assert_eq!(timers.queue.len(), 1);
        // Read again once the clock was set back: nothing begins anew.
        tokio::time::advance(Duration::from_secs(5)).await;
        clock.set_forward(-HALF_A_DAY);
        timers.add(first, length, &clock);
        assert!((passes(&mut timers, &clock).await - 3.0).abs() < 0.002);
        // Another moment of the same task takes the place of the one before.
        let (second, length) = wait(&clock, 2);
        let (third, longer) = wait(&clock, 4);
        timers.add(second, length, &clock);
        timers.add(third, longer, &clock);
        assert!((passes(&mut timers, &clock).await - 4.0).abs() < 0.002);
        assert_eq!((timers.queue.len(), timers.waits.len()), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_almost_for_ever_is_possible() {
        let clock = TestClock::at(0);
        let mut timers = Timers::default();
        let wait = Wait {
            id: WorkflowId(1),
            task: 0,
            due_at: Timestamp::from_micros(i64::MAX),
        };
        timers.add(wait, None, &clock);
        timers.clock_was_set(&clock);
        assert_eq!(timers.take_due(clock.steady()), []);
    }
}
