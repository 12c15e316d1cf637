//! Rows that cannot be read or moved: their workflow is put aside and everything else goes on.

use engine::orchestrator::{WorkflowFilter, WorkflowSelection};
use engine::{
    Action, Actor, JobOrchestrator, JobOrchestratorError, Progress, Refusal, TaskStatus,
    WorkflowId, WorkflowState, WorkflowStatus, Workflows,
};
use runtime::database::Database;
use runtime::store::sqlite::SqliteStore;
use runtime::store::{Defect, Quarantined, WorkflowStore};
use runtime::{Runtime, Settings};
use serde_json::json;

use crate::rows::Rows;
use crate::workbench::{Workbench, define, eventually, noop, shell, step};

async fn listed(runtime: &Runtime, selection: WorkflowSelection) -> Vec<WorkflowState> {
    let filter = WorkflowFilter {
        selection,
        limit: 200,
        ..WorkflowFilter::default()
    };
    let page = runtime.list(&Actor::program(), &filter).await;
    page.unwrap().items
}

fn numbers(states: &[WorkflowState]) -> Vec<i64> {
    states.iter().map(|s| s.id.0).collect()
}

fn aside(runtime: &Runtime) -> Vec<WorkflowId> {
    let aside = runtime.quarantined();
    aside.iter().map(|one: &Quarantined| one.workflow).collect()
}

/// Some workflows that wait, then one row changed while no server runs, then a server again.
async fn after(change: &str) -> (Workbench, Vec<WorkflowId>) {
    let (bench, ids) = all_wait().await;
    let path = bench.path("jobs.db");
    bench.is_damaged("a row is broken");
    Rows::of(&path).await.change(change).await.unwrap();
    (bench.reopen().await, ids)
}

/// Four workflows that were waiting when their server stopped.
pub async fn all_wait() -> (Workbench, Vec<WorkflowId>) {
    let mut seconds = 0.5;
    loop {
        let bench = Workbench::new().await;
        let wait = step("Wait", "delay", json!({ "seconds": seconds }), &[]);
        let definition = define(&[wait, noop("After", &[0])]);
        let mut ids = Vec::new();
        for _ in 0..4 {
            ids.push(bench.start(&definition).await);
        }
        let waits = |p: &Progress| p.tasks[0].waits_until.is_some();
        for id in &ids {
            let goes_on = |p: &Progress| p.tasks[0].status == TaskStatus::Completed;
            bench.until(*id, |p| waits(p) || goes_on(p)).await;
        }
        bench.runtime.shutdown().await;
        let mut waiting = 0;
        for id in &ids {
            waiting += usize::from(waits(&bench.progress(*id).await));
        }
        if waiting == ids.len() {
            return (bench, ids);
        }
        // On a busy machine the first had waited before the last began.
        seconds *= 2.0;
    }
}

#[tokio::test]
async fn omicron_5947_bad_row_does_not_stop_recovery() {
    let (bench, ids) = after("UPDATE workflows SET status = 'runn\u{fffd}ng' WHERE id = 1").await;
    for id in &ids[1..] {
        bench.until_status(*id, WorkflowStatus::Completed).await;
    }
    assert_eq!(aside(&bench.runtime), [ids[0]]);
    let failed = listed(&bench.runtime, WorkflowSelection::Failed).await;
    assert_eq!(numbers(&failed), [1], "it is shown as failed");
}

#[tokio::test]
async fn numbers_that_nobody_gave_out_do_not_keep_new_workflows_from_being_created() {
    let most = i64::MAX;
    let changes = [
        format!("UPDATE tasks SET id = {most} WHERE workflow_id = 4 AND task = 1"),
        format!(
            "UPDATE tasks SET id = {} WHERE workflow_id = 4 AND task = 0",
            most - 1
        ),
        format!("UPDATE workflows SET id = {most} WHERE id = 4"),
        format!("UPDATE workflows SET job_id = {most} WHERE id = 4"),
        "DELETE FROM workflows WHERE id = 4".into(),
        "DELETE FROM tasks WHERE workflow_id = 4".into(),
    ];
    for change in changes {
        let (bench, ids) = after(&change).await;
        let bench = bench.with_broken_rows();
        let new = bench.start(&define(&[noop("New", &[])])).await;
        assert_eq!(new, WorkflowId(5), "{change}");
        bench.until_status(new, WorkflowStatus::Completed).await;
        bench.until_status(ids[0], WorkflowStatus::Completed).await;
    }
}

#[tokio::test]
async fn argo_40886_malformed_annotation() {
    let (bench, ids) = after("UPDATE workflows SET metadata = '{\"team\":' WHERE id = 2").await;
    let (bad, runtime) = (ids[1], &bench.runtime);
    for id in ids.iter().filter(|id| **id != bad) {
        bench.until_status(*id, WorkflowStatus::Completed).await;
    }
    assert_eq!(aside(runtime), [bad]);
    let shown = runtime.workflow(&Actor::program(), bad).await.unwrap();
    assert_eq!(shown.summary.status, WorkflowStatus::Failed);
    let cause = shown.summary.quarantine.clone().unwrap();
    assert!(cause.contains("metadata"), "{cause}");
    assert!(!shown.summary.is_recoverable());
    assert_eq!(shown.name, "Scenario");
    for action in [Action::Start, Action::Cancel, Action::recover(0)] {
        let answer = runtime.act(&Actor::program(), bad, action.into()).await;
        assert!(
            matches!(
                answer,
                Err(JobOrchestratorError::Refused(Refusal::Quarantined { .. }))
            ),
            "{answer:?}"
        );
    }
    let all = listed(runtime, WorkflowSelection::All).await;
    assert_eq!(numbers(&all), [4, 3, 2, 1]);
    assert!(
        listed(runtime, WorkflowSelection::Recoverable)
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn what_is_aside_stays_aside_and_what_stood_in_its_row_is_kept() {
    let broken = "UPDATE workflows SET parameters = CAST(x'7b22ff' AS TEXT) WHERE id = 3";
    let (bench, ids) = after(broken).await;
    bench.until_status(ids[0], WorkflowStatus::Completed).await;
    assert_eq!(aside(&bench.runtime), [ids[2]]);
    bench.runtime.shutdown().await;
    let kept = Rows::of(&bench.path("jobs.db")).await;
    let kept = kept
        .text("SELECT kept FROM quarantine WHERE workflow_id = 3")
        .await;
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept["workflow"]["parameters"], json!({"hex": "7b22ff"}));
    assert_eq!(kept["workflow"]["status"], "running");
    assert_eq!(kept["tasks"].as_array().unwrap().len(), 2);
    let bench = bench.reopen().await;
    let found = bench.runtime.quarantined();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].defect, Defect::Unreadable);
}

#[tokio::test]
async fn rows_that_contradict_each_other_are_put_aside_before_anything_is_decided_on_them() {
    let (bench, ids) = after("UPDATE tasks SET attempt = 4294967295 WHERE workflow_id = 4").await;
    let bench = bench.with_broken_rows();
    bench.until_status(ids[0], WorkflowStatus::Completed).await;
    let found = bench.runtime.quarantined();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].workflow, ids[3]);
    assert_eq!(found[0].defect, Defect::Invariant);
    assert!(bench.runtime.breaches() > 0, "it is counted");
}

#[tokio::test]
async fn a_bad_row_that_nobody_asked_for_is_put_aside_when_a_list_meets_it() {
    let bench = Workbench::new().await;
    let one = bench.execute(&define(&[noop("Only", &[])])).await;
    let id = one.id;
    bench.runtime.shutdown().await;
    let rows = Rows::of(&bench.path("jobs.db")).await;
    let broken = "UPDATE workflows SET metadata = 'x', summary = NULL";
    bench.is_damaged("a row is broken");
    rows.change(broken).await.unwrap();
    drop(rows);
    let bench = bench.reopen().await;
    assert_eq!(aside(&bench.runtime), []);
    let all = listed(&bench.runtime, WorkflowSelection::All).await;
    assert_eq!(numbers(&all), [id.0]);
    assert!(all[0].summary.quarantine.is_some());
    let shown = bench.runtime.get_workflow_progress(id).await.unwrap();
    assert!(shown.summary.quarantine.is_some());
    assert_eq!(aside(&bench.runtime), [id]);
}

/// What a start reads of many workflows at once is what is read of each by itself.
#[tokio::test]
async fn what_is_wrong_with_one_of_many_is_told_of_that_one_alone() {
    let bench = Workbench::new().await;
    let two = define(&[noop("First", &[]), noop("Second", &[0])]);
    let other = define(&[noop("Other", &[])]);
    let mut ids = Vec::new();
    for definition in [&two, &two, &two, &two, &other, &two, &two] {
        ids.push(bench.create(definition).await.id);
    }
    let path = bench.path("jobs.db");
    bench.runtime.shutdown().await;
    bench.folder.is_damaged("a row of each is broken");
    drop(bench.runtime);
    let rows = Rows::of(&path).await;
    for broken in [
        "UPDATE workflows SET metadata = '{' WHERE id = 1",
        "UPDATE tasks SET status = 'wait' WHERE workflow_id = 2 AND task = 1",
        "DELETE FROM tasks WHERE workflow_id = 3 AND task = 0",
        "UPDATE workflows SET rev = 99 WHERE id = 4",
        "UPDATE frozen_definitions SET body = '[]'
         WHERE hash = (SELECT definition_hash FROM workflows WHERE id = 5)",
        // Its tasks are nobody's, and not those of the next one.
        "DELETE FROM workflows WHERE id = 6",
    ] {
        assert_eq!(rows.change(broken).await.unwrap(), 1, "{broken}");
    }
    drop(rows);
    let store = SqliteStore::new(Database::open(&path).await.unwrap());
    let read = store.load_all(&ids).await.unwrap();
    let numbers: Vec<_> = read.iter().map(|(id, _)| *id).collect();
    ids.remove(5);
    assert_eq!(numbers, ids);
    for (id, stored) in read {
        let together = stored.map_err(|fault| fault.to_string());
        let alone = store.load(id).await.map_err(|fault| fault.to_string());
        let (together, alone) = (together.err(), alone.err());
        assert_eq!(together, alone);
        assert_eq!(together.is_some(), id.0 != 7, "{id}: {together:?}");
    }
}

#[tokio::test]
async fn a_row_that_goes_bad_while_its_workflow_runs_stops_it() {
    let bench = Workbench::new().await;
    let (started, stopped) = (bench.path("started"), bench.path("stopped"));
    let script = format!(
        "trap 'touch {}; exit 1' TERM; touch {}; while :; do sleep 0.02; done",
        stopped.display(),
        started.display()
    );
    let id = bench.start(&define(&[shell("Long", &script, &[])])).await;
    eventually("it runs", || started.exists()).await;
    let rows = Rows::of(&bench.path("jobs.db")).await;
    bench.is_damaged("a row is broken");
    rows.change("UPDATE workflows SET metadata = 'x'")
        .await
        .unwrap();
    let runtime = &bench.runtime;
    let shown = runtime.workflow(&Actor::program(), id).await.unwrap();
    assert_eq!(shown.status, WorkflowStatus::Failed);
    assert!(shown.quarantine.is_some());
    assert_eq!(aside(runtime), [id]);
    eventually("its step is stopped", || stopped.exists()).await;
    let failed = listed(runtime, WorkflowSelection::Failed).await;
    assert_eq!(numbers(&failed), [id.0]);
    let cancelled = runtime.cancel_workflow(id).await;
    let refused = matches!(
        cancelled,
        Err(JobOrchestratorError::Refused(Refusal::Quarantined { .. }))
    );
    assert!(refused, "{cancelled:?}");
}

#[tokio::test]
async fn a_row_that_is_deleted_while_its_workflow_runs_is_told_and_its_neighbour_goes_on() {
    let bench = Workbench::new().await;
    let [started, stopped, go] = ["started", "stopped", "go"].map(|name| bench.path(name));
    let script = format!(
        "trap 'touch {}; exit 1' TERM; touch {}; while :; do sleep 0.02; done",
        stopped.display(),
        started.display()
    );
    let id = bench.start(&define(&[shell("Long", &script, &[])])).await;
    let script = format!("until [ -e {} ]; do sleep 0.02; done", go.display());
    let neighbour = bench.start(&define(&[shell("Long", &script, &[])])).await;
    eventually("it runs", || started.exists()).await;
    let rows = Rows::of(&bench.path("jobs.db")).await;
    bench.is_damaged("a row is deleted");
    let deleted = rows.change("DELETE FROM workflows WHERE id = 1").await;
    assert_eq!(deleted.unwrap(), 1);
    for _ in 0..2 {
        let cancelled = bench.runtime.cancel_workflow(id).await;
        let Err(JobOrchestratorError::Refused(Refusal::Quarantined { cause })) = cancelled else {
            panic!("{cancelled:?}");
        };
        assert!(cause.contains("was deleted from the table"), "{cause}");
    }
    eventually("its step is stopped", || stopped.exists()).await;
    std::fs::write(&go, "").unwrap();
    bench
        .until_status(neighbour, WorkflowStatus::Completed)
        .await;
    bench.runtime.shutdown().await;
    let bench = bench.reopen().await;
    assert_eq!(aside(&bench.runtime), [id]);
}

#[tokio::test]
async fn one_that_cannot_be_written_when_its_turn_comes_does_not_hold_up_the_one_before_it() {
    let bench = Workbench::with(Settings {
        programs_at_once: 1,
        ..Settings::default()
    })
    .await;
    let go = bench.path("go");
    let script = format!("until [ -e {} ]; do sleep 0.02; done", go.display());
    let definition = define(&[shell("Long", &script, &[])]);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(bench.start(&definition).await);
    }
    // The first has the only place. The row that the start of the second writes is there already.
    let rows = Rows::of(&bench.path("jobs.db")).await;
    let bad = "INSERT INTO attempts (workflow_id, task, attempt, started_at, outcome)
               VALUES (2, 0, 1, 1, 'running')";
    bench.is_damaged("a row stands where another is to be written");
    rows.change(bad).await.unwrap();
    std::fs::write(&go, "").unwrap();
    for id in [ids[0], ids[2]] {
        bench.until_status(id, WorkflowStatus::Completed).await;
    }
    let runtime = &bench.runtime;
    let second = runtime.execute_workflow(ids[1], &definition).await.unwrap();
    assert!(second.quarantine.is_some(), "{second:?}");
    let found = runtime.quarantined();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].defect, Defect::Unwritable);
}
