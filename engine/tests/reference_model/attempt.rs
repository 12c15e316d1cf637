//! The life of an attempt: claimed, on its way, ended.

use super::input::{Answer, End};
use super::model::{Attempt, Micros, Mode, Outcome, TaskState, Why, Workflow};

const SECOND: Micros = 1_000_000;

/// 1, 2, 4, 8 … s, at most 5 minutes.
fn back_off(failure: u32) -> Micros {
    let mut wait = 1;
    for _ in 1..failure {
        wait = (wait * 2).min(300);
    }
    wait * SECOND
}

impl Workflow {
    pub fn create(&mut self) -> Answer {
        if self.exists {
            return Answer::Refused("exists");
        }
        self.exists = true;
        self.row("WorkflowCreated", None);
        Answer::Accepted
    }

    /// Whether a queued task may start. After a recovery with force nothing of the reset set starts
    /// before every older attempt of it is proven dead; all that could start is in the set.
    pub fn may_start(&self, task: usize) -> bool {
        let is_old = |a: &Attempt| a.alive && a.outcome == Outcome::Superseded;
        self.tasks[task].state == TaskState::Queued
            && self.is_moving()
            && !self.is_blocked(task)
            && !self.attempts.iter().any(is_old)
    }

    pub fn claim(&mut self, task: usize) -> Answer {
        if task >= self.tasks.len() || !self.may_start(task) {
            return Answer::Refused("not startable");
        }
        self.row("TaskStarted", Some(task));
        self.tasks[task].attempt += 1;
        self.tasks[task].state = TaskState::Running;
        self.attempts.push(Attempt {
            task,
            number: self.tasks[task].attempt,
            outcome: Outcome::Running,
            alive: true,
            started: self.now,
        });
        Answer::Accepted
    }

    /// The attempt and its task match: it is the one that runs.
    fn is_current(&self, task: usize, attempt: u32) -> bool {
        let found = self.tasks.get(task);
        found.is_some_and(|t| t.state == TaskState::Running && t.attempt == attempt)
    }

    /// The attempt ends and hands over to a moment. Doing so again moves the moment.
    pub fn hand_over(&mut self, task: usize, attempt: u32, until: Micros) -> Answer {
        if !self.is_current(task, attempt) {
            // Whoever hands over is no longer alive.
            return self.report_late(task, attempt, End::Interrupted);
        }
        if self.cancel_requested {
            // The attempt is over, and not by success: what it would wait for is not begun.
            self.keep_share(task);
            self.tasks[task].in_doubt = true;
            return self.end(
                task,
                Outcome::Cancelled,
                TaskState::Cancelled,
                "TaskCancelled: dead",
            );
        }
        self.row("TaskWaiting", Some(task));
        self.tasks[task].waiting = true;
        self.tasks[task].due_at = Some(until);
        self.tasks[task].wait = (until - self.now).max(0);
        self.current(task).alive = false;
        Answer::Accepted
    }

    pub fn report_progress(&mut self, task: usize, attempt: u32, share: f64) -> Answer {
        if !self.is_current(task, attempt) {
            return Answer::Refused("late");
        }
        self.row("TaskProgressed", Some(task));
        // "The share it reports", of which the decisions say no more: only the end is the whole.
        self.tasks[task].share = self.tasks[task].share.max(share.min(0.99));
        Answer::Accepted
    }

    fn find_nothing_to_do(&mut self, task: usize, why: Why) -> Answer {
        self.end(
            task,
            Outcome::Succeeded,
            TaskState::Skipped,
            "TaskSkipped: nothing to do",
        );
        self.skip(task, why);
        Answer::Accepted
    }

    pub fn report_end(&mut self, task: usize, attempt: u32, end: End) -> Answer {
        if !self.is_current(task, attempt) {
            return self.report_late(task, attempt, end);
        }
        let step = &self.steps[task];
        let (once, probe) = (step.mode == Mode::Once, step.mode == Mode::Probe);
        let retries_left = self.tasks[task].retry_count < step.max_retries;
        let last_loss = self.tasks[task].lost_count + 1 >= step.max_lost;
        self.keep_share(task);
        // c1 to c5: an attempt without a result leaves open whether it took effect, and so does one
        // that a cancel ended. A handler that says so itself matters only to modes that care.
        self.tasks[task].in_doubt |= match end {
            End::Success => false,
            End::Timeout | End::Late | End::Interrupted | End::Lost | End::Poison => true,
            End::Unknown => self.cancel_requested || once || probe,
            End::NothingToDo | End::ConditionNotMet | End::Error | End::Permanent => {
                self.cancel_requested
            }
        };
        let answer = match end {
            End::Success => self.end(
                task,
                Outcome::Succeeded,
                TaskState::Completed,
                "TaskCompleted",
            ),
            _ if self.cancel_requested => self.end(
                task,
                Outcome::Cancelled,
                TaskState::Cancelled,
                "TaskCancelled: dead",
            ),
            End::NothingToDo => self.find_nothing_to_do(task, Why::NotNeeded),
            End::ConditionNotMet => self.find_nothing_to_do(task, Why::ConditionNotMet),
            End::Permanent => self.give_up(task, Outcome::Failed, "permanent"),
            End::Timeout | End::Late if once => {
                self.give_up(task, Outcome::TimedOut, "outcome_unknown")
            }
            End::Unknown if once => self.give_up(task, Outcome::Failed, "outcome_unknown"),
            End::Error | End::Unknown if retries_left => self.retry(task, Outcome::Failed),
            End::Timeout | End::Late if retries_left => self.retry(task, Outcome::TimedOut),
            End::Unknown if probe => self.give_up(task, Outcome::Failed, "outcome_unknown"),
            End::Error | End::Unknown => self.give_up(task, Outcome::Failed, "error"),
            End::Timeout | End::Late => self.give_up(task, Outcome::TimedOut, "timeout"),
            End::Interrupted if once => self.give_up(task, Outcome::Interrupted, "outcome_unknown"),
            End::Interrupted => self.end(
                task,
                Outcome::Interrupted,
                TaskState::Queued,
                "TaskInterrupted",
            ),
            End::Lost if once => self.give_up(task, Outcome::Lost, "outcome_unknown"),
            End::Poison if once => self.give_up(task, Outcome::Lost, "outcome_unknown"),
            End::Poison => self.give_up(task, Outcome::Lost, "poison"),
            End::Lost if last_loss => self.give_up(task, Outcome::Lost, "poison"),
            End::Lost => {
                self.tasks[task].lost_count += 1;
                self.end(task, Outcome::Lost, TaskState::Queued, "TaskLost")
            }
        };
        if end == End::Late {
            // "A late success is stored as outcome `late` with its output, never applied."
            self.row("AttemptEnded", Some(task));
            self.current(task).outcome = Outcome::Late;
        }
        answer
    }

    /// The end of an attempt that is over changes nothing, but for one thing: a superseded attempt
    /// is proven dead by it, and its task may start again.
    fn report_late(&mut self, task: usize, attempt: u32, end: End) -> Answer {
        let superseded = self.attempts.iter_mut().find(|a| {
            a.task == task && a.number == attempt && a.outcome == Outcome::Superseded && a.alive
        });
        match superseded {
            Some(old) => {
                old.alive = false;
                if matches!(end, End::Success | End::Late) {
                    old.outcome = Outcome::Late;
                }
                self.row("AttemptEnded", Some(task));
                Answer::Accepted
            }
            None => Answer::Refused("late"),
        }
    }

    fn retry(&mut self, task: usize, outcome: Outcome) -> Answer {
        let (now, count) = (self.now, self.tasks[task].retry_count + 1);
        self.end(task, outcome, TaskState::Retrying, "TaskRetryScheduled");
        self.tasks[task].retry_count = count;
        self.tasks[task].failed_at = now;
        self.tasks[task].due_at = Some(now + back_off(count));
        self.tasks[task].wait = back_off(count);
        Answer::Accepted
    }

    fn give_up(&mut self, task: usize, outcome: Outcome, failure: &'static str) -> Answer {
        self.tasks[task].failure = Some(failure);
        self.end(task, outcome, TaskState::Failed, "TaskFailed")
    }

    /// Ends the current attempt and moves its task.
    fn end(&mut self, task: usize, outcome: Outcome, to: TaskState, row: &'static str) -> Answer {
        self.row(row, Some(task));
        let attempt = self.current(task);
        attempt.outcome = outcome;
        attempt.alive = false;
        self.tasks[task].state = to;
        self.tasks[task].waiting = false;
        self.tasks[task].due_at = None;
        Answer::Accepted
    }

    pub fn current(&mut self, task: usize) -> &mut Attempt {
        let number = self.tasks[task].attempt;
        let mut attempts = self.attempts.iter_mut();
        attempts
            .find(|a| a.task == task && a.number == number)
            .expect("it was claimed")
    }

    /// The moment a retry is due, or a `delay` is over. Whether it has come is counted on a clock that
    /// only goes forward, and that is the caller's: the design lets a clock that was set back delay
    /// nothing, so `now` says nothing here. What is left to judge is which moment is meant.
    pub fn come_due(&mut self, task: usize, moment: Micros) -> Answer {
        let Some(found) = self.tasks.get(task) else {
            return Answer::Refused("not due");
        };
        let is_due = found.due_at == Some(moment);
        match found.state {
            TaskState::Retrying if is_due && self.is_moving() && !self.is_blocked(task) => {
                self.queue_again(task, "TaskQueued: due")
            }
            TaskState::Running if is_due && self.tasks[task].waiting => self.end(
                task,
                Outcome::Succeeded,
                TaskState::Completed,
                "TaskCompleted",
            ),
            _ => Answer::Refused("not due"),
        }
    }

    pub fn queue_again(&mut self, task: usize, row: &'static str) -> Answer {
        self.row(row, Some(task));
        self.tasks[task].state = TaskState::Queued;
        self.tasks[task].due_at = None;
        Answer::Accepted
    }
}
