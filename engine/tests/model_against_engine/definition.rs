//! One random definition, told to both sides.

use engine::definition::{Mode as EngineMode, OnFailure, RunIf as EngineRunIf};
use engine::{StepDefinition, WorkflowDefinition};

use crate::reference_model::{Mode, RunIf, Step, Workflow};
use crate::scenario::Dice;

/// 1 to 12 steps that depend on each other without a circle, with every limit and rule there is.
pub fn random(dice: &mut Dice) -> Workflow {
    let count = 1 + dice.roll(12);
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, dice.roll(last + 1));
    }
    let estimated = dice.pick(&[0, 50, 100]);
    let step = Step {
        needs: Vec::new(),
        run_if: RunIf::Ok,
        mode: Mode::Retry,
        max_retries: 0,
        max_lost: 3,
        estimate_seconds: None,
    };
    let mut steps = vec![step; count];
    let density = dice.pick(&[15, 35, 60]);
    for (place, &index) in order.iter().enumerate() {
        let step = &mut steps[index];
        step.needs = order[..place]
            .iter()
            .copied()
            .filter(|_| dice.chance(density))
            .collect();
        step.needs.sort_unstable();
        let rules = [
            RunIf::Ok,
            RunIf::Ok,
            RunIf::Ok,
            RunIf::Always,
            RunIf::Failed,
        ];
        step.run_if = dice.pick(&rules);
        if step.run_if == RunIf::Failed && step.needs.is_empty() {
            step.run_if = RunIf::Ok;
        }
        step.mode = dice.pick(&[Mode::Retry, Mode::Retry, Mode::Once, Mode::Probe]);
        step.max_retries = dice.pick(&[0, 1, 2, 3, 12]);
        step.max_lost = dice.pick(&[1, 2, 3]);
        let estimates = [0.5, 1.0, 10.0, 100.0];
        step.estimate_seconds = dice.chance(estimated).then(|| dice.pick(&estimates));
    }
    Workflow::new(steps, dice.chance(40), dice.pick(&[0, 1, 2, 3, 5]))
}

/// The same definition in the engine's words.
pub fn told_to_the_engine(model: &Workflow) -> WorkflowDefinition {
    let told = |(index, step): (usize, &Step)| {
        let mut told = StepDefinition::new(format!("step {index}"), "noop");
        told.dependencies.clone_from(&step.needs);
        told.run_if = match step.run_if {
            RunIf::Ok => EngineRunIf::Ok,
            RunIf::Always => EngineRunIf::Always,
            RunIf::Failed => EngineRunIf::Failed,
        };
        told.mode = Some(match step.mode {
            Mode::Retry => EngineMode::Retry,
            Mode::Once => EngineMode::Once,
            Mode::Probe => EngineMode::Probe,
        });
        // Whoever has the outputs says what it comes to.
        told.condition = Some("parameters.wanted".into());
        told.max_retries = step.max_retries;
        told.max_lost = step.max_lost;
        told.estimated_duration = step.estimate_seconds;
        told
    };
    let steps: Vec<_> = model.steps.iter().enumerate().map(told).collect();
    let on_failure = if model.stop {
        OnFailure::Stop
    } else {
        OnFailure::FinishBranches
    };
    WorkflowDefinition::new("Schedule", &steps)
        .unwrap()
        .with_on_failure(on_failure)
        .with_max_recovery_attempts(model.max_recovery_attempts)
}
