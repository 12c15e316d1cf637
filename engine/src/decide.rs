//! What follows from a command: events, or a refusal that changes nothing.
//!
//! [`advance`] is what the runtime calls: it folds each event as it is decided, so that one command
//! can settle a whole workflow without a copy of it. [`decide`] is the same on a copy.

mod act;
mod operate;
mod recover;
mod report;
mod settle;
mod start_task;

use crate::action::Origin;
use crate::command::{Command, Refusal};
use crate::event::{Event, EventRecord};
use crate::time::Timestamp;
use crate::workflow::Workflow;

pub use recover::reset_set;

/// The events that follow from `command` at `now`.
///
/// # Errors
/// The refusal, when the command does not fit the workflow.
pub fn decide<'a>(
    workflow: &Workflow,
    command: &Command,
    origin: impl Into<Origin<'a>>,
    now: Timestamp,
) -> Result<Vec<EventRecord>, Refusal> {
    advance(&mut workflow.clone(), command, origin, now)
}

/// Decides and folds: afterwards `workflow` stands behind the events that are returned. No events
/// means that the command was already carried out; of [`Action::Delete`](crate::Action::Delete) that
/// it may be carried out, by whoever keeps the workflow: its events go with it, so none tells of that.
///
/// ```
/// use engine::workflow::NewWorkflow;
/// use engine::{
///     Action, Command, JobId, Outcome, StepDefinition, TaskId, Timestamp, Workflow,
///     WorkflowDefinition, WorkflowId, WorkflowStatus, advance,
/// };
/// use serde_json::{Map, json};
///
/// let steps = [StepDefinition::new("Download", "download")];
/// let definition = WorkflowDefinition::new("Build", &steps).unwrap();
/// let now = Timestamp::from_micros(0);
/// let mut workflow = Workflow::new(
///     NewWorkflow {
///         id: WorkflowId(1),
///         job_id: JobId(1),
///         first_task_id: TaskId(1),
///         definition: definition.into(),
///         metadata: Map::new(),
///         parameters: Map::new(),
///     },
///     now,
/// );
/// let outcome = Outcome::Succeeded(json!({ "count": 1000 }));
/// let commands = [
///     Command::Create,
///     Command::Act(Action::Start),
///     Command::StartTask { task: 0 },
///     Command::Report { task: 0, attempt: 1, outcome },
/// ];
/// let mut kinds = Vec::new();
/// for command in commands {
///     let events = advance(&mut workflow, &command, None, now)?;
///     kinds.extend(events.into_iter().map(|record| record.event.kind()));
/// }
/// assert_eq!(workflow.status(), WorkflowStatus::Completed);
/// assert_eq!(kinds, [
///     "WorkflowCreated", "WorkflowStarted", "TaskQueued", "TaskStarted", "TaskCompleted",
///     "WorkflowCompleted",
/// ]);
/// // What does not fit is refused and changes nothing.
/// assert!(advance(&mut workflow, &Command::Act(Action::Pause), None, now).is_err());
/// # Ok::<(), engine::Refusal>(())
/// ```
///
/// # Errors
/// The refusal, when the command does not fit; `workflow` is then unchanged.
pub fn advance<'a>(
    workflow: &mut Workflow,
    command: &Command,
    origin: impl Into<Origin<'a>>,
    now: Timestamp,
) -> Result<Vec<EventRecord>, Refusal> {
    let origin = origin.into();
    let rev = workflow.rev();
    if let Some(expected) = origin.expected_rev.filter(|expected| *expected != rev) {
        return Err(Refusal::StaleView { expected, rev });
    }
    let mut decision = Decision {
        workflow,
        origin,
        now,
        events: Vec::new(),
    };
    match command {
        Command::Create => decision.create()?,
        Command::Act(action) => decision.act(action)?,
        Command::StartTask { task } => decision.start_task(*task)?,
        Command::Wait {
            task,
            attempt,
            until,
        } => decision.wait(*task, *attempt, *until)?,
        Command::Progress {
            task,
            attempt,
            progress,
        } => {
            decision.progress(*task, *attempt, *progress)?;
        }
        Command::Report {
            task,
            attempt,
            outcome,
        } => decision.report(*task, *attempt, outcome)?,
        Command::Due { task, due_at } => decision.due(*task, *due_at)?,
    }
    Ok(decision.events)
}

/// A decision being made.
struct Decision<'a> {
    workflow: &'a mut Workflow,
    origin: Origin<'a>,
    now: Timestamp,
    events: Vec<EventRecord>,
}

impl Decision<'_> {
    /// Folds the event at once and keeps it.
    fn emit(&mut self, event: Event) -> Result<(), Refusal> {
        let record = EventRecord {
            seq: self.workflow.rev() + 1,
            at: self.now,
            actor: self.origin.actor.map(str::to_owned),
            actor_kind: self.origin.actor_kind,
            reason: self.origin.reason.map(str::to_owned),
            command_id: self.origin.command_id.map(str::to_owned),
            event,
        };
        self.workflow.apply(&record)?;
        self.events.push(record);
        Ok(())
    }

    fn create(&mut self) -> Result<(), Refusal> {
        let record = self.workflow.record();
        let event = Event::WorkflowCreated {
            name: self.workflow.definition().name().to_owned(),
            job_id: record.job_id,
            total_steps: self.workflow.tasks().len(),
            max_recovery_attempts: record.max_recovery_attempts,
        };
        self.emit(event)
    }
}
