//! What one transaction will hold.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use engine::event::{EVENT_OUTPUT_BYTES_MAX, Event, EventRecord, stand_in};
use engine::invariant::{Steady, shown};
use engine::progress::{Progress, WorkflowState};
use engine::{JobOrchestratorError, StepIndex, Timestamp, WorkflowId};

use super::aside::{Blame, guarded};
use super::repeated::RememberedCommands;
use super::watch::Watch;
use super::{Active, Message};
use crate::store::{Change, LateOutput};

/// A message and what it comes to.
pub(super) struct Member {
    pub(super) message: Message,
    /// What it comes to, or the refusal.
    pub(super) answer: Result<Answered, JobOrchestratorError>,
}

/// What a message comes to.
pub(super) enum Answered {
    /// The workflow as it stands after the batch.
    Now(WorkflowId),
    /// What was answered when the same command came before.
    Before(Box<WorkflowState>),
}

impl Answered {
    /// Whether it is this workflow as it stands after the batch.
    pub(super) fn is_about(&self, id: WorkflowId) -> bool {
        matches!(self, Self::Now(about) if *about == id)
    }
}

/// Decided, not written yet.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) members: Vec<Member>,
    pub(super) remembered: RememberedCommands,
    events: BTreeMap<WorkflowId, Vec<EventRecord>>,
    /// The workflows that it makes.
    new: BTreeSet<WorkflowId>,
    /// The moment whose state is answered, once all is decided: the answer that is kept under a
    /// command's id is then the one that is given.
    pub(super) answered_at: Option<Timestamp>,
    /// Whom it may not be written because of.
    pub(super) blame: Option<Blame>,
    /// Waits that it begins.
    pub(super) waits: Vec<(WorkflowId, StepIndex)>,
    /// Slots taken by attempts that this batch starts.
    pub(super) started: Vec<(WorkflowId, StepIndex)>,
}

impl Batch {
    pub(super) fn add(&mut self, id: WorkflowId, events: Vec<EventRecord>) {
        if events.first().is_some_and(|first| first.seq == 1) {
            self.new.insert(id);
        }
        let begun = events.iter().filter_map(|record| match &record.event {
            Event::TaskRetryScheduled { task, .. } | Event::TaskWaiting { task, .. } => Some(*task),
            _ => None,
        });
        self.waits.extend(begun.map(|task| (id, task)));
        if !events.is_empty() {
            self.events.entry(id).or_default().extend(events);
        }
    }

    pub(super) fn touched(&self) -> impl Iterator<Item = WorkflowId> + '_ {
        self.events.keys().copied()
    }

    /// Whether it makes this workflow.
    pub(super) fn creates(&self, id: WorkflowId) -> bool {
        self.new.contains(&id)
    }

    /// The rows and events to write, or the workflow of which none can be written.
    pub(super) fn changes(
        &mut self,
        active: &HashMap<WorkflowId, Active>,
        watch: &mut Watch,
        (now, steady): (Timestamp, Steady),
    ) -> Result<Vec<Change>, (Blame, usize)> {
        let mut changes = Vec::with_capacity(self.events.len());
        for (id, events) in &mut self.events {
            let Some(known) = active.get(id) else {
                continue;
            };
            let change = guarded(*id, || {
                let mut found = watch.judge(&known.workflow, events, steady);
                if !found.is_empty() {
                    return Err(found);
                }
                let change = change_of(known, events, now);
                found.extend(change.summary.iter().flat_map(shown));
                if found.is_empty() {
                    Ok(change)
                } else {
                    Err(found)
                }
            });
            match change {
                Ok(Ok(change)) => changes.push(change),
                Ok(Err(found)) => return Err((Blame::findings(*id, &found), found.len())),
                Err(panic) => return Err((panic, 0)),
            }
        }
        Ok(changes)
    }
}

/// What is written of one workflow.
fn change_of(known: &Active, events: &mut Vec<EventRecord>, now: Timestamp) -> Change {
    let workflow = &known.workflow;
    let is_new = events.first().is_some_and(|first| first.seq == 1);
    let tasks: BTreeSet<_> = if is_new {
        (0..workflow.tasks().len()).collect()
    } else {
        changed_tasks(events, workflow.tasks().len())
    };
    let late_outputs = outputs_not_kept(events);
    events.iter_mut().for_each(shorten);
    let task = |index: StepIndex| (index, workflow.tasks()[index].record().clone());
    Change {
        record: workflow.record().clone(),
        header: known.header.clone(),
        definition: Arc::clone(workflow.definition()),
        summary: (!workflow.status().starts_tasks()).then(|| Progress::of(workflow, now).summary),
        tasks: tasks.into_iter().map(task).collect(),
        events: std::mem::take(events),
        late_outputs,
    }
}

/// What attempts gave that their tasks do not keep: it came too late, or the step is done again in the
/// same breath. What a task kept until now is the store's to keep.
fn outputs_not_kept(events: &[EventRecord]) -> Vec<LateOutput> {
    let mut completed = HashMap::new();
    let mut found = Vec::new();
    for record in events {
        let (task, attempt, output) = match &record.event {
            Event::TaskCompleted {
                task,
                attempt,
                output,
            } => {
                completed.insert(*task, (*attempt, output));
                continue;
            }
            Event::TaskReset { task, .. } => match completed.remove(task) {
                Some((attempt, output)) => (*task, attempt, output),
                None => continue,
            },
            Event::AttemptEnded {
                task,
                attempt,
                output: Some(output),
                ..
            } => (*task, *attempt, output),
            _ => continue,
        };
        // Null is nothing: an event as it is written does not tell the two apart.
        if !output.is_null() {
            let output = output.clone();
            found.push(LateOutput {
                task,
                attempt,
                output,
            });
        }
    }
    found
}

/// The tasks whose rows the events change. A resume moves the due times of every retry.
fn changed_tasks(events: &[EventRecord], count: usize) -> BTreeSet<StepIndex> {
    if events
        .iter()
        .any(|record| matches!(record.event, Event::WorkflowResumed { .. }))
    {
        return (0..count).collect();
    }
    events
        .iter()
        .filter_map(|record| record.event.task())
        .collect()
}

/// Keeps events small: a large output stands in the row of the task or the attempt alone.
fn shorten(record: &mut EventRecord) {
    let (Event::TaskCompleted { output, .. }
    | Event::TaskMarkedDone { output, .. }
    | Event::AttemptEnded {
        output: Some(output),
        ..
    }) = &mut record.event
    else {
        return;
    };
    let bytes = serde_json::to_string(output).map_or(0, |text| text.len());
    if bytes > EVENT_OUTPUT_BYTES_MAX {
        *output = stand_in(bytes);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_attempt_gave_is_not_lost_when_its_task_is_reset_in_the_same_batch() {
        let completed = |task, n| Event::TaskCompleted {
            task,
            attempt: 1,
            output: json!({ "n": n }),
        };
        let attempt = None;
        let events = [
            completed(0, 0),
            completed(1, 1),
            Event::TaskReset { task: 0, attempt },
            Event::TaskReset { task: 2, attempt },
        ];
        let record = |(seq, event)| EventRecord {
            seq,
            at: Timestamp::default(),
            actor: None,
            actor_kind: None,
            reason: None,
            command_id: None,
            event,
        };
        let events: Vec<_> = (1..).zip(events).map(record).collect();
        let kept = LateOutput {
            task: 0,
            attempt: 1,
            output: json!({ "n": 0 }),
        };
        assert_eq!(outputs_not_kept(&events), [kept]);
    }
}
