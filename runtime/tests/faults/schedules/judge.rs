//! Everything that has to hold once a schedule is over.

use std::collections::BTreeSet;

use engine::{Mode, StepIndex, WorkflowId};
use runtime::store::WorkflowStore;

use super::player::{End, Try};
use super::world::World;
use crate::folded::ailments;

/// What is wrong.
pub async fn judge(world: &World) -> Vec<String> {
    let (workflows, aside) = world.workflows().await;
    let mut found = world.stage.breaches();
    if world.runtime().breaches() > 0 || (!world.has_bad_rows && !aside.is_empty()) {
        let (breaches, aside) = (world.runtime().breaches(), world.runtime().quarantined());
        found.push(format!(
            "{breaches} invariants were broken; aside are {aside:?}"
        ));
    }
    found.extend(ailments(&world.store).await);
    found.extend(world.ledger.judge(&workflows).await);
    let tries = world.stage.tries();
    for id in workflows {
        if aside.contains(&id) {
            continue;
        }
        let stored = world.store.load(id).await.unwrap().unwrap();
        let begun_last = world.begun_last(id).await;
        let definition = stored.workflow.definition();
        for (task, known) in stored.workflow.tasks().iter().enumerate() {
            let of_step = tries.iter().filter(|one| one.place == (id, task));
            let of_step: Vec<_> = of_step.copied().collect();
            let told = of_attempts(
                world,
                (id, task),
                known.record().attempt,
                definition.steps()[task].mode,
                (&of_step, &begun_last),
            );
            found.extend(told.await);
        }
    }
    found
}

/// Each attempt is written down once, ran at most once, and its outcome is what the handler came to.
async fn of_attempts(
    world: &World,
    (id, task): (WorkflowId, StepIndex),
    last: u32,
    mode: Option<Mode>,
    (tries, begun_last): (&[Try], &BTreeSet<(StepIndex, u32)>),
) -> Vec<String> {
    let mut found = Vec::new();
    let rows = world.store.attempts(id, task).await.unwrap();
    let numbers: Vec<_> = rows.iter().map(|row| row.attempt).collect();
    if numbers != (1..=last).collect::<Vec<_>>() {
        found.push(format!("{id}, task {task}: attempts {numbers:?} of {last}"));
    }
    for row in &rows {
        let ran = tries.iter().find(|one| one.attempt == row.attempt);
        let outcome = row.outcome.as_str();
        // It may have been asked instead, or its server died before.
        let has_to_run = begun_last.contains(&(task, row.attempt)) && mode != Some(Mode::Probe);
        let is_run = ran.is_some() || !has_to_run;
        let is_kept = match ran {
            // Its server stood until all was written.
            Some(ran) if ran.server == world.stage.server() => match ran.end {
                Some(End::Succeeded) => ["succeeded", "late"].contains(&outcome),
                Some(End::Failed | End::Panicked) => [
                    "failed",
                    "timed_out",
                    "cancelled",
                    "interrupted",
                    "superseded",
                ]
                .contains(&outcome),
                _ => outcome != "lost",
            },
            _ => true,
        };
        if row.ended_at.is_none() || !is_run || !is_kept {
            found.push(format!(
                "{id}, task {task}: {row:?}, and what ran is {ran:?}"
            ));
        }
    }
    found
}
