//! Commands by the state of the workflow.

use super::command_table::{Cell, cell};
use super::input::{Answer, Ask, Instead, Verb};
use super::model::{Micros, Outcome, State, TaskState, Why, Workflow};
use Answer::{Accepted, Again, Refused, Same};

/// A command with its id and the number its page showed. The same id gives the same answer and has
/// no second effect; under an id that is known nothing else can be asked. What was refused had no
/// effect and is judged anew.
pub fn ask(before: &Workflow, mut after: Workflow, ask: &Ask) -> (Workflow, Answer) {
    let mut answers = before.answers.iter();
    if let Some((_, verb, rev)) = answers.find(|(id, ..)| Some(*id) == ask.id) {
        let is_same = *verb == ask.verb;
        let answer = if is_same {
            Again(*rev)
        } else {
            Refused("id reused")
        };
        return super::commit(before, after, answer);
    }
    let answer = if ask.expected_rev.is_some_and(|rev| rev != before.rev) {
        Refused("stale view")
    } else {
        after.decide(ask.verb)
    };
    let (mut after, answer) = super::commit(before, after, answer);
    if !matches!(answer, Refused(_)) {
        let rev = after.rev;
        after.answers.extend(ask.id.map(|id| (id, ask.verb, rev)));
    }
    (after, answer)
}

impl Workflow {
    fn decide(&mut self, verb: Verb) -> Answer {
        // The design names no order of refusals: a step that does not exist comes first.
        if let Verb::Recover { from: task, .. }
        | Verb::Skip { task }
        | Verb::MarkDone { task }
        | Verb::TryNow { task } = verb
            && task >= self.tasks.len()
        {
            return Refused("no such step");
        }
        if self.cancel_requested {
            return if verb == Verb::Cancel {
                Same
            } else {
                Refused("cancelling")
            };
        }
        // Somebody who sees what still runs after a pause, and does not want to wait for it.
        let interrupts = verb == Verb::Pause { interrupt: true } && self.state == State::Paused;
        let runs = |task: &super::model::Task| task.state == TaskState::Running && !task.waiting;
        if interrupts && self.tasks.iter().any(runs) {
            self.row("WorkflowPaused", None);
            return Accepted;
        }
        match cell(&verb, self.state) {
            Some((_, Cell::No)) => return Refused("state"),
            Some((_, Cell::Same)) => return Same,
            _ => {}
        }
        match verb {
            Verb::Execute => self.start(),
            Verb::Start if self.state == State::Pending => self.start(),
            Verb::Start | Verb::Resume => self.resume(),
            Verb::Pause { .. } => self.pause(),
            Verb::Cancel => self.cancel(),
            Verb::Recover {
                from,
                force,
                instead,
            } => self.recover(from, force, instead),
            Verb::Skip { task } => self.settle_by_hand(task, Instead::Skip),
            Verb::MarkDone { task } => self.settle_by_hand(task, Instead::Output),
            Verb::TryNow { task } => self.try_now(task),
            Verb::RaiseBudget { to } => self.raise_budget(to),
            Verb::Delete => Accepted,
        }
    }

    fn start(&mut self) -> Answer {
        self.row("WorkflowStarted", None);
        self.state = State::Running;
        Accepted
    }

    fn pause(&mut self) -> Answer {
        self.row("WorkflowPaused", None);
        self.state = State::Paused;
        self.paused_at = self.now;
        Accepted
    }

    /// Back-off goes on where it stood: a due time moves by the time spent paused since the failure.
    fn resume(&mut self) -> Answer {
        self.row("WorkflowResumed", None);
        self.state = State::Running;
        // "A paused recovery resumes as `running`".
        self.recovering_from = None;
        for task in self
            .tasks
            .iter_mut()
            .filter(|t| t.state == TaskState::Retrying)
        {
            // A clock that was set back makes no time pass.
            let stood_still: Micros = (self.now - self.paused_at.max(task.failed_at)).max(0);
            task.due_at = task.due_at.map(|due| due + stood_still);
        }
        Accepted
    }

    fn cancel(&mut self) -> Answer {
        let is_pending = self.state == State::Pending;
        self.row(
            if is_pending {
                "WorkflowCancelled: pending"
            } else {
                "CancelRequested"
            },
            None,
        );
        for task in 0..self.tasks.len() {
            let waits = self.tasks[task].waiting;
            use TaskState::{Pending, Queued, Retrying};
            if !waits && !matches!(self.tasks[task].state, Pending | Queued | Retrying) {
                continue;
            }
            if waits {
                self.keep_share(task);
                self.tasks[task].in_doubt = true;
                self.current(task).outcome = Outcome::Cancelled;
            }
            self.row("TaskCancelled: commit", Some(task));
            self.tasks[task].state = TaskState::Cancelled;
            self.tasks[task].waiting = false;
            self.tasks[task].due_at = None;
        }
        if is_pending {
            self.state = State::Cancelled;
        } else {
            self.cancel_requested = true;
        }
        Accepted
    }

    /// `from`, and every task that is neither completed nor skipped for good, each with everything
    /// downstream of it.
    pub fn reset_set(&self, from: usize) -> Vec<bool> {
        let for_good = |task: usize| {
            self.tasks[task].state == TaskState::Completed
                || matches!(
                    self.tasks[task].why_skipped,
                    Some(Why::NotNeeded | Why::ConditionNotMet | Why::Operator)
                )
        };
        let mut set: Vec<bool> = (0..self.tasks.len())
            .map(|task| task == from || !for_good(task))
            .collect();
        while let Some(below) = (0..set.len())
            .find(|&task| !set[task] && self.steps[task].needs.iter().any(|&need| set[need]))
        {
            set[below] = true;
        }
        set
    }

    fn recover(&mut self, from: usize, force: bool, instead: Option<Instead>) -> Answer {
        if self.is_active() && !force {
            return Refused("state");
        }
        if self.recovery_attempts >= self.max_recovery_attempts {
            return Refused("budget spent");
        }
        let forced = self.is_active();
        self.row(
            if forced {
                "RecoveryStarted: force"
            } else {
                "RecoveryStarted: over"
            },
            None,
        );
        for (task, _) in self
            .reset_set(from)
            .iter()
            .enumerate()
            .filter(|(_, is_in)| **is_in)
        {
            self.reset(task);
        }
        self.recovery_attempts += 1;
        self.epoch += 1;
        self.by_hand = 0;
        self.state = State::Recovering;
        self.recovering_from = Some(from);
        if let Some(instead) = instead {
            self.settle_by_hand(from, instead);
        }
        Accepted
    }

    fn reset(&mut self, task: usize) {
        self.row("TaskReset", Some(task));
        if self.tasks[task].state == TaskState::Running {
            self.current(task).outcome = Outcome::Superseded;
            self.tasks[task].in_doubt = true;
        }
        let task = &mut self.tasks[task];
        if task.state == TaskState::Completed {
            // The user wants the effect again, under another key.
            task.redo += 1;
            task.in_doubt = false;
        }
        task.state = TaskState::Pending;
        task.waiting = false;
        task.why_skipped = None;
        task.failure = None;
        task.generation += 1;
        task.retry_count = 0;
        task.lost_count = 0;
        task.due_at = None;
        task.share = 0.0;
    }

    /// Skip and mark done.
    fn settle_by_hand(&mut self, task: usize, how: Instead) -> Answer {
        use TaskState::{Failed, Pending, Queued, Retrying};
        if !self.is_active() {
            return Refused("state");
        }
        if !matches!(self.tasks[task].state, Pending | Queued | Retrying | Failed) {
            return Refused("task state");
        }
        self.by_hand += 1;
        self.tasks[task].failure = None;
        self.tasks[task].due_at = None;
        match how {
            Instead::Skip => {
                self.row("TaskSkipped: operator", Some(task));
                self.skip(task, Why::Operator);
            }
            Instead::Output => {
                self.row("TaskMarkedDone", Some(task));
                self.tasks[task].state = TaskState::Completed;
            }
        }
        Accepted
    }

    fn try_now(&mut self, task: usize) -> Answer {
        if !self.is_moving() {
            return Refused("state");
        }
        if self.tasks[task].state != TaskState::Retrying || self.is_blocked(task) {
            return Refused("task state");
        }
        self.queue_again(task, "TaskQueued: try now")
    }

    fn raise_budget(&mut self, to: u32) -> Answer {
        if matches!(self.state, State::Pending | State::Completed) {
            return Refused("state");
        }
        // 0 to 100, and a budget is raised, never lowered.
        if to <= self.max_recovery_attempts || to > 100 {
            return Refused("not a raise");
        }
        self.row("RecoveryBudgetRaised", None);
        self.max_recovery_attempts = to;
        Accepted
    }
}
