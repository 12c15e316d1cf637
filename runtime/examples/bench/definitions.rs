//! The definitions that are measured.

use engine::{StepDefinition, WorkflowDefinition};

use crate::Outcome;

fn step(dependencies: &[usize]) -> StepDefinition {
    let mut step = StepDefinition::new("Step", "noop");
    step.dependencies = dependencies.to_vec();
    step
}

fn define(steps: &[StepDefinition]) -> Outcome<WorkflowDefinition> {
    WorkflowDefinition::new("Measured", steps).map_err(|problems| {
        let text: Vec<_> = problems.iter().map(ToString::to_string).collect();
        text.join("; ").into()
    })
}

/// Each step after the one before it.
pub fn chain(length: usize) -> Outcome<WorkflowDefinition> {
    let link = |index: usize| step(&index.checked_sub(1).map_or(vec![], |before| vec![before]));
    define(&(0..length).map(link).collect::<Vec<_>>())
}

/// One step, `width` steps after it, one step after these.
pub fn fan(width: usize) -> Outcome<WorkflowDefinition> {
    let branches = (0..width).map(|_| step(&[0]));
    let join = step(&(1..=width).collect::<Vec<_>>());
    let first = std::iter::once(step(&[]));
    define(&first.chain(branches).chain([join]).collect::<Vec<_>>())
}

/// Five steps: one, one, two side by side, one.
pub fn diamond() -> Outcome<WorkflowDefinition> {
    define(&[step(&[]), step(&[0]), step(&[1]), step(&[1]), step(&[2, 3])])
}

/// A step that never ends while the server that started it lives, and one after it.
pub fn held() -> Outcome<WorkflowDefinition> {
    let mut first = step(&[]);
    first.task_type = "hold".into();
    define(&[first, step(&[0])])
}

/// So many steps that wait for an hour, side by side.
pub fn waiting(width: usize) -> Outcome<WorkflowDefinition> {
    let wait = |_| {
        let mut step = step(&[]);
        step.task_type = "delay".into();
        step.config.insert("seconds".into(), 3_600.into());
        step
    };
    define(&(0..width).map(wait).collect::<Vec<_>>())
}
