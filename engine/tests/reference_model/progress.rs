//! How far a workflow is, as a share of its work.

use super::model::{Micros, State, TaskState, Why, Workflow};

impl Workflow {
    /// Two sentences of the decisions meet where a task that had begun is skipped because of a
    /// failure: "counts nothing" and "keeps the highest share it reached". The second is taken, as
    /// otherwise the progress would fall (I14).
    ///
    /// What a task counts now: the highest share it reached, or what a running one has reached.
    fn share(&self, task: usize) -> f64 {
        let it = &self.tasks[task];
        match (it.state, it.why_skipped) {
            (TaskState::Completed, _)
            | (TaskState::Skipped, Some(Why::NotNeeded | Why::ConditionNotMet | Why::Operator)) => {
                1.0
            }
            (TaskState::Running, _) => it.share.max(self.guess(task)),
            _ => it.share,
        }
    }

    /// Elapsed ÷ estimate up to 0.95, else ½.
    fn guess(&self, task: usize) -> f64 {
        let Some(estimate) = self.steps[task].estimate_seconds else {
            return 0.5;
        };
        let number = self.tasks[task].attempt;
        let attempt = self
            .attempts
            .iter()
            .find(|a| a.task == task && a.number == number);
        let started = attempt.map_or(self.now, |attempt| attempt.started);
        let elapsed = (self.now - started).max(0) as f64 / 1_000_000.0;
        (elapsed / estimate).min(0.95)
    }

    /// A task keeps the highest share it reached. While it runs, the clock's part in that is a
    /// function of `now` and is kept only at the attempt's end: with a clock that goes forward that
    /// is the same, and for one that is set back it is reported before ([`Self::fallen_behind`]).
    pub fn keep_share(&mut self, task: usize) {
        self.tasks[task].share = self.tasks[task].share.max(self.guess(task));
    }

    /// After the clock was set back to `self.now`: the running tasks that were further at `before`, by
    /// their number and attempt, with how far. Reported as progress, they fall no further (I14).
    pub fn fallen_behind(&self, before: Micros) -> Vec<(usize, u32, f64)> {
        let mut earlier = self.clone();
        earlier.now = before;
        let runs = |task: &usize| self.tasks[*task].state == TaskState::Running;
        let running = (0..self.tasks.len()).filter(runs);
        running
            .filter(|&task| self.share(task) < earlier.share(task))
            .map(|task| (task, self.tasks[task].attempt, earlier.share(task)))
            .collect()
    }

    /// Weighted by estimate if every step has one, else equal; 0 to 100, not yet rounded.
    fn exact_percent(&self) -> f64 {
        let estimated = self
            .steps
            .iter()
            .all(|step| step.estimate_seconds.is_some());
        let weight = |task: usize| match self.steps[task].estimate_seconds {
            Some(seconds) if estimated => seconds,
            _ => 1.0,
        };
        let whole: f64 = (0..self.steps.len()).map(weight).sum();
        let done: f64 = (0..self.steps.len())
            .map(|task| weight(task) * self.share(task))
            .sum();
        100.0 * done / whole
    }

    /// The percentages that are right: rounded down, at most 99 until completed. Two of them where
    /// the last binary digit of a sum decides.
    pub fn percents(&self) -> [u8; 2] {
        if self.state == State::Completed {
            return [100, 100];
        }
        let exact = self.exact_percent();
        [exact - 1e-6, exact + 1e-6].map(|percent| percent.clamp(0.0, 99.0).floor() as u8)
    }

    /// The lowest step neither completed nor skipped; the last one when there is none.
    pub fn current_step(&self) -> usize {
        let first = (0..self.tasks.len()).find(|&task| !self.is_past(task));
        first.unwrap_or(self.tasks.len() - 1)
    }
}
