//! What the model knows about a workflow.

use super::input::Verb;

/// Microseconds since 1970.
pub type Micros = i64;

/// The seven states of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Pending,
    Running,
    Paused,
    Recovering,
    Failed,
    Completed,
    Cancelled,
}

/// The eight states of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskState {
    Pending,
    Queued,
    Running,
    Completed,
    Failed,
    Retrying,
    Skipped,
    Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    NotNeeded,
    ConditionNotMet,
    Operator,
    UpstreamFailed,
    Stopped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunIf {
    Ok,
    Always,
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Retry,
    Once,
    Probe,
}

/// One step as defined.
#[derive(Debug, Clone)]
pub struct Step {
    pub needs: Vec<usize>,
    pub run_if: RunIf,
    pub mode: Mode,
    pub max_retries: u32,
    pub max_lost: u32,
    pub estimate_seconds: Option<f64>,
}

/// What the intent log holds about an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Running,
    Succeeded,
    Failed,
    TimedOut,
    Cancelled,
    Interrupted,
    Lost,
    /// A recovery with force took its task away.
    Superseded,
    /// The same, and then it succeeded all the same.
    Late,
}

#[derive(Debug, Clone)]
pub struct Attempt {
    pub task: usize,
    pub number: u32,
    pub outcome: Outcome,
    /// Whether something of it may still run: until its end is reported. What waits runs nowhere.
    pub alive: bool,
    pub started: Micros,
}

#[derive(Debug, Clone)]
pub struct Task {
    pub state: TaskState,
    pub waiting: bool,
    pub why_skipped: Option<Why>,
    /// Why it failed: `error`, `permanent`, `timeout`, `poison`, `outcome_unknown`.
    pub failure: Option<&'static str>,
    pub attempt: u32,
    pub retry_count: u32,
    pub lost_count: u32,
    pub generation: u32,
    pub redo: u32,
    /// An attempt under the present key ended without a result, so that before the step is repeated
    /// the outside has to be asked (where its mode is `probe`).
    pub in_doubt: bool,
    /// Of a retry, or of what a waiting task waits for.
    pub due_at: Option<Micros>,
    /// How long that wait is in all.
    pub wait: Micros,
    /// The recorded end of the attempt that the retry follows.
    pub failed_at: Micros,
    /// The highest share of its work that it reached, 0 to 1.
    pub share: f64,
}

/// Every row of the two tables that was taken, in order: its name and the step it is about.
pub type Row = (&'static str, Option<usize>);

#[derive(Debug, Clone)]
pub struct Workflow {
    pub steps: Vec<Step>,
    /// `on_failure: stop`.
    pub stop: bool,
    pub max_recovery_attempts: u32,

    pub exists: bool,
    pub state: State,
    pub rev: u64,
    pub epoch: u32,
    pub cancel_requested: bool,
    pub recovering_from: Option<usize>,
    pub recovery_attempts: u32,
    pub paused_at: Micros,
    pub tasks: Vec<Task>,
    pub attempts: Vec<Attempt>,
    /// How many tasks an operator has skipped or marked done since the last recovery.
    pub by_hand: u32,
    /// What was asked under each id that was not refused, and the number of the last event then.
    pub answers: Vec<(u64, Verb, u64)>,

    pub now: Micros,
    /// The rows taken by the last input.
    pub rows: Vec<Row>,
}

impl Workflow {
    pub fn new(steps: Vec<Step>, stop: bool, max_recovery_attempts: u32) -> Self {
        let task = Task {
            state: TaskState::Pending,
            waiting: false,
            why_skipped: None,
            failure: None,
            attempt: 0,
            retry_count: 0,
            lost_count: 0,
            generation: 0,
            redo: 0,
            in_doubt: false,
            due_at: None,
            wait: 0,
            failed_at: 0,
            share: 0.0,
        };
        Self {
            tasks: vec![task; steps.len()],
            steps,
            stop,
            max_recovery_attempts,
            exists: false,
            state: State::Pending,
            rev: 0,
            epoch: 0,
            cancel_requested: false,
            recovering_from: None,
            recovery_attempts: 0,
            paused_at: 0,
            attempts: Vec::new(),
            by_hand: 0,
            answers: Vec::new(),
            now: 0,
            rows: Vec::new(),
        }
    }

    /// Running, paused, recovering.
    pub fn is_active(&self) -> bool {
        use State::{Paused, Recovering, Running};
        matches!(self.state, Running | Paused | Recovering)
    }

    /// Whether the workflow moves by itself.
    pub fn is_moving(&self) -> bool {
        matches!(self.state, State::Running | State::Recovering) && !self.cancel_requested
    }

    pub fn is_settled(&self, task: usize) -> bool {
        use TaskState::{Cancelled, Completed, Failed, Skipped};
        matches!(
            self.tasks[task].state,
            Completed | Failed | Skipped | Cancelled
        )
    }

    /// Completed, or skipped.
    pub fn is_past(&self, task: usize) -> bool {
        matches!(
            self.tasks[task].state,
            TaskState::Completed | TaskState::Skipped
        )
    }

    pub fn has_alive_attempt(&self, task: usize) -> bool {
        self.attempts.iter().any(|a| a.task == task && a.alive)
    }

    pub fn row(&mut self, name: &'static str, task: Option<usize>) {
        self.rows.push((name, task));
    }
}
