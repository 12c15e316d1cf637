//! A store in memory, looked through when its test is over as a doctor looks through a file: folding the
//! events of each workflow gives its rows and its attempts, and what must hold at rest does.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;

use engine::invariant::{History, at_rest};
use engine::workflow::{NewWorkflow, WorkflowRecord};
use engine::{Workflow, WorkflowId};
use futures::FutureExt;
use runtime::store::memory::MemoryStore;
use runtime::store::{QuarantineStore, StoredWorkflow, WorkflowStore};

/// See the module.
pub struct Folded(Arc<MemoryStore>);

impl Folded {
    pub fn of(store: &Arc<MemoryStore>) -> Self {
        Self(Arc::clone(store))
    }
}

impl Drop for Folded {
    fn drop(&mut self) {
        if !thread::panicking() {
            // Memory waits for nothing.
            let ailments = ailments(&self.0).now_or_never().unwrap();
            assert!(ailments.is_empty(), "{ailments:#?}");
        }
    }
}

/// What is wrong with any workflow of the store.
pub async fn ailments(store: &MemoryStore) -> Vec<String> {
    let aside = store.aside().await.unwrap();
    let aside: BTreeSet<_> = aside.iter().map(|one| one.workflow).collect();
    let last = store.last_numbers().await.unwrap().workflow;
    let mut found = Vec::new();
    for id in (1..=last).map(WorkflowId) {
        let of_it = judge(store, id, aside.contains(&id)).await;
        found.extend(
            of_it
                .into_iter()
                .map(|told| format!("workflow {id}: {told}")),
        );
    }
    found
}

/// What is wrong with a workflow, read at one moment: an engine may still be at work on it.
async fn judge(store: &MemoryStore, id: WorkflowId, is_aside: bool) -> Vec<String> {
    loop {
        let Some(stored) = store.load(id).await.unwrap() else {
            return Vec::new();
        };
        let found = judge_once(store, &stored, is_aside).await;
        if store.rev(id).await.unwrap() == Some(stored.workflow.rev()) {
            return found;
        }
    }
}

async fn judge_once(store: &MemoryStore, stored: &StoredWorkflow, is_aside: bool) -> Vec<String> {
    let (workflow, id) = (&stored.workflow, stored.workflow.id());
    let record = workflow.record();
    let tasks: Vec<_> = workflow.tasks().iter().map(|task| task.record()).collect();
    let new = NewWorkflow {
        id,
        job_id: record.job_id,
        first_task_id: tasks[0].id,
        definition: Arc::clone(workflow.definition()),
        metadata: record.metadata.clone(),
        parameters: record.parameters.clone(),
    };
    let mut history = History::new(new, record.created_at);
    let mut found = Vec::new();
    for event in store.events(id, 0, usize::MAX).await.unwrap() {
        found.extend(history.follow(&event));
    }
    // The row of one that is aside says failed, whatever happened to it.
    let status = if is_aside {
        history.folded().status()
    } else {
        record.status
    };
    let record = WorkflowRecord {
        status,
        ..record.clone()
    };
    found.extend(history.compare(&record, &tasks));
    let owned = tasks.into_iter().cloned().collect();
    let restored = Workflow::restore(record, Arc::clone(workflow.definition()), owned);
    found.extend(at_rest(&restored));
    let mut found: Vec<_> = found.iter().map(ToString::to_string).collect();
    found.extend(attempts_that_differ(store, &restored, &history).await);
    found
}

/// The attempts whose row is not what events tell of them.
async fn attempts_that_differ(
    store: &MemoryStore,
    workflow: &Workflow,
    history: &History,
) -> Vec<String> {
    let mut kept = Vec::new();
    for task in 0..workflow.tasks().len() {
        for one in store.attempts(workflow.id(), task).await.unwrap() {
            kept.push((
                task,
                one.attempt,
                one.outcome,
                one.started_at,
                one.ended_at,
                one.error,
            ));
        }
    }
    let told = history.attempts().iter().map(|((task, attempt), told)| {
        let outcome = told.outcome.as_str().to_owned();
        (
            *task,
            *attempt,
            outcome,
            told.started_at,
            told.ended_at,
            told.error.clone(),
        )
    });
    let told: Vec<_> = told.collect();
    if kept == told {
        return Vec::new();
    }
    vec![format!(
        "its attempts are {kept:?} in their rows, {told:?} by its events"
    )]
}
