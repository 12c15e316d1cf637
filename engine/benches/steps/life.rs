//! A workflow from its first command to its end.

use std::collections::VecDeque;
use std::sync::Arc;

use engine::workflow::NewWorkflow;
use engine::{
    Action, Command, Event, EventRecord, JobId, Outcome, StepDefinition, TaskId, Workflow,
    WorkflowDefinition, WorkflowId, advance,
};
use serde_json::{Map, json};

use super::NOW;

#[derive(Clone, Copy)]
pub enum Shape {
    /// Each step after the one before it.
    Chain,
    /// One, all others but the last side by side, the last.
    Fan,
}

/// What each step depends on.
pub fn dependencies(shape: Shape, steps: usize) -> Vec<Vec<usize>> {
    let of = |step: usize| match (shape, step) {
        (_, 0) => Vec::new(),
        (Shape::Chain, step) => vec![step - 1],
        (Shape::Fan, step) if step == steps - 1 => (1..step).collect(),
        (Shape::Fan, _) => vec![0],
    };
    (0..steps).map(of).collect()
}

pub fn definition(shape: Shape, steps: usize) -> Arc<WorkflowDefinition> {
    let step = |dependencies| {
        let mut step = StepDefinition::new("Step", "noop");
        step.dependencies = dependencies;
        step
    };
    let steps: Vec<_> = dependencies(shape, steps).into_iter().map(step).collect();
    Arc::new(WorkflowDefinition::new("Measured", &steps).unwrap())
}

/// A whole life.
pub struct Life {
    /// Before its first event.
    pub before: Workflow,
    /// After its last.
    pub after: Workflow,
    pub events: Vec<EventRecord>,
    /// What was asked of it, in order.
    commands: Vec<Command>,
}

/// Creates and starts it, starts every queued task at once and reports each.
pub fn run(definition: &Arc<WorkflowDefinition>) -> Life {
    let new = NewWorkflow {
        id: WorkflowId(1),
        job_id: JobId(1),
        first_task_id: TaskId(1),
        definition: Arc::clone(definition),
        metadata: Map::new(),
        parameters: Map::new(),
    };
    let before = Workflow::new(new, NOW);
    let mut after = before.clone();
    let mut commands = VecDeque::from([Command::Create, Command::Act(Action::Start)]);
    let (mut events, mut asked) = (Vec::new(), Vec::new());
    while let Some(command) = commands.pop_front() {
        let new = advance(&mut after, &command, None, NOW).unwrap();
        commands.extend(new.iter().filter_map(|record| what_follows(&record.event)));
        events.extend(new);
        asked.push(command);
    }
    Life {
        before,
        after,
        events,
        commands: asked,
    }
}

/// What a runtime with room for everything does next.
fn what_follows(event: &Event) -> Option<Command> {
    match event {
        Event::TaskQueued { task } => Some(Command::StartTask { task: *task }),
        Event::TaskStarted { task, attempt } => Some(Command::Report {
            task: *task,
            attempt: *attempt,
            outcome: Outcome::Succeeded(json!({})),
        }),
        _ => None,
    }
}

impl Life {
    /// The workflow one report before its last step becomes ready, and that report.
    pub fn before_the_join(&self) -> (Workflow, Command) {
        // After the report that makes it ready come only the start of the last step and its report.
        let at = self.commands.len() - 3;
        let mut workflow = self.before.clone();
        for command in &self.commands[..at] {
            advance(&mut workflow, command, None, NOW).unwrap();
        }
        (workflow, self.commands[at].clone())
    }
}
