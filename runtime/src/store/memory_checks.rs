//! What a commit to memory is held against before anything of it is written: what a database refuses
//! because it contradicts what is there is refused here as well.

use std::collections::{HashMap, HashSet};

use engine::workflow::TaskRecord;
use engine::{Attempt, Seq, StepIndex, WorkflowId};

use super::attempt_row::attempts;
use super::memory::Contents;
use super::{AnsweredCommand, Change, StoreError, row};

/// Asks whether all of it can be written.
pub(super) fn check(
    contents: &Contents,
    changes: &[Change],
    commands: &[AnsweredCommand],
) -> Result<(), StoreError> {
    let mut check = Check {
        contents,
        revs: HashMap::new(),
        tasks: HashMap::new(),
        started: HashSet::new(),
    };
    for change in changes {
        check.workflow(change)?;
        check.tasks(change)?;
        check.attempts(change)?;
        check.events(change)?;
        check.revs.insert(change.record.id, change.record.rev);
    }
    check.commands(commands)
}

/// What there is, and what the changes before the present one bring.
struct Check<'a> {
    contents: &'a Contents,
    revs: HashMap<WorkflowId, Seq>,
    tasks: HashMap<(WorkflowId, StepIndex), &'a TaskRecord>,
    started: HashSet<(WorkflowId, StepIndex, Attempt)>,
}

impl<'a> Check<'a> {
    fn stands_at(&self, id: WorkflowId) -> Seq {
        let kept = || self.contents.workflows.get(&id).map(|kept| kept.record.rev);
        let brought = self.revs.get(&id).copied();
        brought.or_else(kept).unwrap_or(0)
    }

    /// Each has to stand where the change thinks it stands.
    fn workflow(&self, change: &Change) -> Result<(), StoreError> {
        let record = &change.record;
        let kept = self.contents.workflows.get(&record.id);
        // I17: an epoch that is over writes nothing.
        let is_over = kept.is_some_and(|kept| kept.record.epoch > record.epoch);
        if is_over || self.stands_at(record.id) + change.events.len() as u64 != record.rev {
            return Err(StoreError::Stale(record.id));
        }
        #[cfg(debug_assertions)]
        if let Some(kept) = kept {
            let pair = (kept.record.status, record.status);
            if !super::arrows::OF_WORKFLOWS.contains(&pair) {
                return refused("no arrow leads to this state of a workflow");
            }
        }
        Ok(())
    }

    /// A task of a workflow that is there has a row; one of a new workflow has none.
    fn tasks(&mut self, change: &'a Change) -> Result<(), StoreError> {
        let id = change.record.id;
        let is_new = self.stands_at(id) == 0;
        for (task, record) in &change.tasks {
            let kept = self.contents.workflows.get(&id);
            let kept = kept.and_then(|kept| kept.tasks.get(task));
            let before = self.tasks.insert((id, *task), record).or(kept);
            match before {
                None if is_new => {}
                Some(_) if is_new => return refused("a task has a row already"),
                None => {
                    let what = format!("task {task} of workflow {id}");
                    return Err(row::corrupt(&what, &"it has no row"));
                }
                Some(before) => moves_along_arrows(before, record)?,
            }
        }
        Ok(())
    }

    fn attempts(&mut self, change: &Change) -> Result<(), StoreError> {
        let id = change.record.id;
        let kept = self.contents.workflows.get(&id);
        for row in attempts(change).iter().filter(|row| row.is_new) {
            let is_kept = kept.is_some_and(|kept| kept.has_attempt(row.task, row.attempt));
            if is_kept || !self.started.insert((id, row.task, row.attempt)) {
                return refused("an attempt has started already");
            }
        }
        Ok(())
    }

    fn events(&self, change: &Change) -> Result<(), StoreError> {
        let stands_at = self.stands_at(change.record.id);
        let mut seen = HashSet::new();
        let is_there = |seq: Seq| seq <= stands_at;
        for event in &change.events {
            if is_there(event.seq) || !seen.insert(event.seq) {
                return refused("an event of this number is there already");
            }
        }
        Ok(())
    }

    fn commands(&self, commands: &[AnsweredCommand]) -> Result<(), StoreError> {
        let mut seen = HashSet::new();
        for command in commands {
            let key = (command.actor.clone(), command.id.clone());
            if self.contents.commands.contains_key(&key) || !seen.insert(key) {
                return refused("a command of this id was answered already");
            }
        }
        Ok(())
    }
}

#[cfg(debug_assertions)]
fn moves_along_arrows(before: &TaskRecord, after: &TaskRecord) -> Result<(), StoreError> {
    let is_reset = after.generation > before.generation;
    let pair = (before.status, after.status);
    let is_along = is_reset || super::arrows::OF_TASKS.contains(&pair);
    if is_along && after.generation >= before.generation && after.attempt >= before.attempt {
        Ok(())
    } else {
        refused("no arrow leads to this state of a task")
    }
}

#[cfg(not(debug_assertions))]
fn moves_along_arrows(_: &TaskRecord, _: &TaskRecord) -> Result<(), StoreError> {
    Ok(())
}

fn refused<T>(why: &str) -> Result<T, StoreError> {
    Err(StoreError::Contradiction(why.to_owned()))
}
