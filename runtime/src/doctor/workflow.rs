//! One workflow: its events are folded and compared with its rows, and the rows are judged by
//! themselves.

use std::sync::Arc;

use engine::event::is_output;
use engine::invariant::{Finding, History, Invariant, at_rest, shown};
use engine::progress::Progress;
use engine::workflow::{TaskRecord, WorkflowRecord};
use engine::{EventRecord, StepIndex, Workflow, WorkflowDefinition, WorkflowId};

use crate::store::StoreError;
use crate::store::sqlite_examine::{self as rows, Found, Read};

/// Events are folded this many at a time.
const PAGE: u32 = 1_000;

/// What was seen of one workflow.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) events: u64,
    pub(super) found: Vec<Finding>,
    /// The workflow as its events leave it, when they could all be folded.
    pub(super) folded: Option<Workflow>,
}

/// Looks at a workflow at one moment. The row of one that is aside says `failed` and has no summary,
/// whatever its events say. A server that uses the folder may have put it aside only now, so where
/// `was_aside` does not say so it is asked for again, at the same moment.
pub(super) async fn look(
    connection: &mut rows::Reader,
    id: WorkflowId,
    was_aside: bool,
) -> Result<Seen, StoreError> {
    let mut moment = rows::moment(connection).await?;
    let is_aside = was_aside || rows::is_aside(&mut moment, id).await?;
    let mut seen = Seen::default();
    let Some(found) = rows::workflow(&mut moment, id).await? else {
        return Ok(seen);
    };
    seen.tell_unreadable(&found);
    let Ok(definition) = found.definition.clone() else {
        return Ok(seen);
    };
    let history = seen.fold(&mut moment, id, &found, &definition).await?;
    let Some(history) = history else {
        return Ok(seen);
    };
    let record = found.record.as_ref().ok().map(|record| {
        let status = if is_aside {
            history.folded().status()
        } else {
            record.status
        };
        WorkflowRecord {
            status,
            ..record.clone()
        }
    });
    if let Some(record) = &record {
        seen.found.extend(history.compare_workflow(record));
    }
    let tasks = &found.tasks;
    if tasks.len() != definition.steps().len() {
        let (rows, steps) = (tasks.len(), definition.steps().len());
        seen.say(
            None,
            format!("it has {rows} rows of tasks for {steps} steps"),
        );
    }
    for (index, task) in tasks.iter().enumerate() {
        if let Ok(task) = task {
            seen.found.extend(history.compare_task(index, task));
        }
    }
    if history.is_whole() {
        seen.attempts(&found, &history);
    }
    if let Some(record) = record {
        seen.rest(record, &found, &definition, is_aside);
    }
    seen.folded = history.is_whole().then(|| history.folded().clone());
    Ok(seen)
}

impl Seen {
    /// Of a workflow that cannot be read at all.
    pub(super) fn unreadable(fault: &StoreError) -> Self {
        let mut seen = Self::default();
        seen.say(None, fault.to_string());
        seen
    }

    fn say(&mut self, task: Option<StepIndex>, detail: String) {
        self.under(Invariant::Rows, task, detail);
    }

    fn under(&mut self, invariant: Invariant, task: Option<StepIndex>, detail: String) {
        self.found.push(Finding {
            invariant,
            task,
            detail,
        });
    }

    fn tell_unreadable(&mut self, found: &Found) {
        let parts = [
            found.record.as_ref().err(),
            found.definition.as_ref().err(),
            found.summary.as_ref().err(),
        ];
        for why in parts.into_iter().flatten() {
            self.say(None, why.clone());
        }
        let tasks = found.tasks.iter().enumerate();
        for (index, why) in tasks.filter_map(|(i, task)| Some((i, task.as_ref().err()?))) {
            self.say(Some(index), why.clone());
        }
        for (task, attempt) in &found.attempts {
            if let Err(why) = attempt {
                self.say(Some(*task), format!("an attempt: {why}"));
            }
        }
    }

    /// Folds the events, page by page.
    async fn fold(
        &mut self,
        connection: &mut rows::Reader,
        id: WorkflowId,
        found: &Found,
        definition: &Arc<WorkflowDefinition>,
    ) -> Result<Option<History>, StoreError> {
        let mut history: Option<History> = None;
        let mut after = 0;
        loop {
            let page = rows::events(connection, id, after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            self.events += page.len() as u64;
            for (seq, event) in page {
                let Some(event) = self.readable(seq, event) else {
                    return Ok(None);
                };
                let history = history.get_or_insert_with(|| {
                    History::new(found.as_new(id, definition, &event), event.at)
                });
                self.found.extend(history.follow(&event));
            }
        }
        if history.is_none() {
            self.under(Invariant::I3, None, "it has no events".into());
        }
        Ok(history)
    }

    fn readable(&mut self, seq: u64, event: Read<EventRecord>) -> Option<EventRecord> {
        match event {
            Ok(event) if event.seq == seq => Some(event),
            Ok(event) => {
                let detail = format!("event {seq} says that it is number {}", event.seq);
                self.under(Invariant::I3, None, detail);
                None
            }
            Err(why) => {
                self.under(Invariant::I1, None, format!("event {seq}: {why}"));
                None
            }
        }
    }

    /// The rows of attempts against what events tell of them.
    fn attempts(&mut self, found: &Found, history: &History) {
        let told = history.attempts();
        let mut rows = 0;
        for (task, row) in &found.attempts {
            rows += 1;
            let Ok(row) = row else { continue };
            let place = (*task, row.attempt);
            let Some(told) = told.get(&place) else {
                let detail = format!("attempt {} has a row and no event", row.attempt);
                self.under(Invariant::I1, Some(*task), detail);
                continue;
            };
            let kept = (
                row.outcome.as_str(),
                row.started_at,
                row.ended_at,
                &row.error,
            );
            let by_events = (
                told.outcome.as_str(),
                told.started_at,
                told.ended_at,
                &told.error,
            );
            let is_output_told = match (&row.output, &told.late_output) {
                (Some(kept), Some(told)) => is_output(kept, told),
                // What the attempt had given before its step was done again.
                (Some(kept), None) => told
                    .output
                    .as_ref()
                    .is_some_and(|told| is_output(kept, told)),
                (kept, told) => kept == told,
            };
            if kept != by_events || !is_output_told {
                let detail = format!(
                    "attempt {} is {kept:?} in its row, {by_events:?} by its events",
                    row.attempt
                );
                self.under(Invariant::I1, Some(*task), detail);
            }
        }
        if rows != told.len() {
            let detail = format!("{rows} attempts have a row, {} have events", told.len());
            self.under(Invariant::I1, None, detail);
        }
    }

    /// What must hold of the rows by themselves, and of what lists show of them.
    fn rest(
        &mut self,
        record: WorkflowRecord,
        found: &Found,
        definition: &Arc<WorkflowDefinition>,
        is_aside: bool,
    ) {
        let tasks: Option<Vec<TaskRecord>> =
            found.tasks.iter().map(|task| task.clone().ok()).collect();
        let Some(tasks) = tasks.filter(|tasks| tasks.len() == definition.steps().len()) else {
            return;
        };
        let created_at = record.created_at;
        let workflow = Workflow::restore(record, Arc::clone(definition), tasks);
        self.found.extend(at_rest(&workflow));
        let now = workflow.record().completed_at.unwrap_or(created_at);
        let summary = Progress::of(&workflow, now).summary;
        self.found.extend(shown(&summary));
        match &found.summary {
            Ok(Some(kept)) if !is_aside && kept.running_tasks == 0 && *kept != summary => {
                let detail = "what lists show of it is not what its tasks give".into();
                self.under(Invariant::I15, None, detail);
            }
            _ => {}
        }
    }
}
