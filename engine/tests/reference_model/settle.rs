//! What a workflow does by itself after every change: who is blocked, whose `run_if` holds, and the
//! rows of the tables that no command and no report triggers.

use super::model::{RunIf, State, TaskState, Why, Workflow};

impl Workflow {
    /// An `ok` task that no longer runs unless somebody acts.
    pub fn is_blocked(&self, task: usize) -> bool {
        use TaskState::{Pending, Queued, Retrying};
        let state = self.tasks[task].state;
        self.steps[task].run_if == RunIf::Ok
            && (self.is_behind_a_failure(task)
                || self.stop
                    && self.tasks.iter().any(|t| t.state == TaskState::Failed)
                    && matches!(state, Pending | Queued | Retrying))
    }

    /// Pending behind a dependency that failed, is blocked, was cancelled or was skipped because of
    /// a failure.
    fn is_behind_a_failure(&self, task: usize) -> bool {
        self.tasks[task].state == TaskState::Pending
            && self.steps[task]
                .needs
                .iter()
                .any(|&need| self.is_bad(need) || self.tasks[need].state == TaskState::Cancelled)
    }

    /// Failed, is blocked, or was skipped because of a failure.
    fn is_bad(&self, task: usize) -> bool {
        let because_of_a_failure = matches!(
            self.tasks[task].why_skipped,
            Some(Why::UpstreamFailed | Why::Stopped)
        );
        self.tasks[task].state == TaskState::Failed || because_of_a_failure || self.is_blocked(task)
    }

    pub fn run_if_holds(&self, task: usize) -> bool {
        let step = &self.steps[task];
        let over = |&need: &usize| self.is_settled(need) || self.is_blocked(need);
        let all_over = step.needs.iter().all(over);
        match step.run_if {
            RunIf::Ok => {
                let completed = |&need: &usize| self.tasks[need].state == TaskState::Completed;
                step.needs.is_empty()
                    || step
                        .needs
                        .iter()
                        .all(|&need| self.is_past(need) && !self.is_bad(need))
                        && step.needs.iter().any(completed)
            }
            RunIf::Always => all_over,
            RunIf::Failed => all_over && step.needs.iter().any(|&need| self.is_bad(need)),
        }
    }

    /// `ok` and every dependency skipped; `failed` and nothing above it failed.
    fn is_not_needed(&self, task: usize) -> bool {
        let step = &self.steps[task];
        match step.run_if {
            RunIf::Ok => {
                let skipped = |&need: &usize| self.tasks[need].state == TaskState::Skipped;
                !step.needs.is_empty() && step.needs.iter().all(skipped)
            }
            RunIf::Always => false,
            RunIf::Failed => step
                .needs
                .iter()
                .all(|&need| self.is_settled(need) && !self.is_bad(need)),
        }
    }

    /// Everything that follows by itself, in the same commit.
    pub fn settle(&mut self) {
        let quiet = !self.attempts.iter().any(|attempt| attempt.alive);
        if self.cancel_requested && self.is_active() {
            if quiet {
                self.row("WorkflowCancelled: quiet", None);
                self.state = State::Cancelled;
                self.cancel_requested = false;
                self.recovering_from = None;
            }
            return;
        }
        if !self.is_moving() {
            return;
        }
        while self.enqueue_or_skip_one() {}
        let past = (0..self.tasks.len()).all(|task| self.is_past(task));
        if past {
            // I4: an end with something of it alive would be none.
            if quiet {
                self.row("WorkflowCompleted", None);
                self.state = State::Completed;
                self.recovering_from = None;
            }
            return;
        }
        // A workflow that is past the step it was recovered from and fails in the same commit takes
        // both rows; the tables name no order, so the recovery ends first.
        if self.recovering_from.is_some_and(|step| self.is_past(step)) {
            self.row("WorkflowRegained", None);
            self.state = State::Running;
            self.recovering_from = None;
        }
        let failed = self
            .tasks
            .iter()
            .any(|task| task.state == TaskState::Failed);
        let stuck =
            (0..self.tasks.len()).all(|task| self.is_settled(task) || self.is_blocked(task));
        if failed && stuck && quiet {
            self.skip_what_is_blocked();
            self.row("WorkflowFailed", None);
            self.state = State::Failed;
            self.recovering_from = None;
        }
    }

    /// Takes one row that a pending task may take; false when there is none.
    fn enqueue_or_skip_one(&mut self) -> bool {
        for task in 0..self.tasks.len() {
            // "It stays in its state until the workflow fails": what is blocked is not queued.
            if self.tasks[task].state != TaskState::Pending || self.is_blocked(task) {
                continue;
            }
            if self.is_not_needed(task) {
                self.row("TaskSkipped: no need", Some(task));
                self.skip(task, Why::NotNeeded);
                return true;
            }
            if self.run_if_holds(task) {
                self.row("TaskQueued: enqueue", Some(task));
                self.tasks[task].state = TaskState::Queued;
                return true;
            }
        }
        false
    }

    fn skip_what_is_blocked(&mut self) {
        let blocked: Vec<usize> = (0..self.tasks.len())
            .filter(|&t| self.is_blocked(t))
            .collect();
        let why: Vec<Why> = blocked.iter().map(|&task| self.why_blocked(task)).collect();
        for (task, why) in blocked.into_iter().zip(why) {
            self.row("TaskSkipped: block", Some(task));
            self.skip(task, why);
        }
    }

    fn why_blocked(&self, task: usize) -> Why {
        if self.is_behind_a_failure(task) {
            Why::UpstreamFailed
        } else {
            Why::Stopped
        }
    }

    pub fn skip(&mut self, task: usize, why: Why) {
        let task = &mut self.tasks[task];
        task.state = TaskState::Skipped;
        task.why_skipped = Some(why);
        task.waiting = false;
        task.due_at = None;
    }
}
