//! Workflows that somebody deletes: when they may, what is left, and who is told.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use engine::orchestrator::{ActionRequest, Answer, WorkflowFilter};
use engine::{
    Action, Actor, JobId, JobOrchestrator, JobOrchestratorError as E, Refusal, Role, Timestamp,
    WorkflowId, WorkflowState, WorkflowStatus, Workflows,
};
use runtime::database::Database;
use runtime::store::sqlite::SqliteStore;
use runtime::store::{Deletion, DeletionStore};
use runtime::{Runtime, WorkflowStep};
use serde_json::json;

use crate::rows::Rows;
use crate::workbench::{Workbench, define, noop, shell, step};

/// The longest a condition may take; far above what any should.
const LIMIT: Duration = Duration::from_secs(60);

async fn act(runtime: &Runtime, id: WorkflowId, action: Action) -> Answer<WorkflowState> {
    runtime.act(&Actor::program(), id, action.into()).await
}

fn missing(id: WorkflowId) -> E {
    E::NotFound {
        what: "workflow",
        id: id.0,
    }
}

fn failing() -> [engine::StepDefinition; 2] {
    [shell("Fails", "exit 1", &[]), noop("After", &[0])]
}

/// Waits until something that is asked for is so.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let waited = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(
        tokio::time::timeout(LIMIT, waited).await.is_ok(),
        "never: {what}"
    );
}

async fn leftovers(file: &Path) -> i64 {
    let left = "SELECT CAST(count(*) AS TEXT) FROM deleted_workflows WHERE leftovers = 1";
    Rows::of(file).await.text(left).await.parse().unwrap()
}

async fn log_lines(file: &Path, id: WorkflowId) -> i64 {
    let file = file.with_file_name("logs.db");
    let lines = format!("SELECT CAST(count(*) AS TEXT) FROM log_lines WHERE workflow_id = {id}");
    Rows::of(&file).await.text(&lines).await.parse().unwrap()
}

async fn log(runtime: &Runtime, id: WorkflowId) -> usize {
    let log = runtime.log(&Actor::program(), id, 0, 0, 100).await;
    log.unwrap().lines.len()
}

#[tokio::test]
async fn what_is_over_or_was_never_started_is_deleted_and_what_goes_on_is_not() {
    let bench = Workbench::new().await;
    let wait = || step("Wait", "delay", json!({"seconds": 3_600}), &[]);
    let pending = bench.create(&define(&[noop("Only", &[])])).await.id;
    let completed = bench.start(&define(&[noop("Only", &[])])).await;
    let failed = bench.start(&define(&failing())).await;
    let cancelled = bench.start(&define(&[wait()])).await;
    let running = bench.start(&define(&[wait()])).await;
    let paused = bench.start(&define(&[wait()])).await;
    let recovering = bench.start(&define(&[wait()])).await;
    act(&bench.runtime, cancelled, Action::Cancel)
        .await
        .unwrap();
    act(&bench.runtime, paused, Action::Pause).await.unwrap();
    act(&bench.runtime, recovering, Action::Cancel)
        .await
        .unwrap();
    bench
        .until_status(recovering, WorkflowStatus::Cancelled)
        .await;
    act(&bench.runtime, recovering, Action::recover(0))
        .await
        .unwrap();
    for (id, status) in [
        (running, WorkflowStatus::Running),
        (paused, WorkflowStatus::Paused),
        (recovering, WorkflowStatus::Recovering),
    ] {
        let refused = bench.runtime.delete_workflow(id).await.unwrap_err();
        let E::Refused(Refusal::NotDeletable { status: told, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(told, status);
        assert_eq!(bench.progress(id).await.summary.status, status);
    }
    for (id, status) in [
        (pending, WorkflowStatus::Pending),
        (completed, WorkflowStatus::Completed),
        (failed, WorkflowStatus::Failed),
        (cancelled, WorkflowStatus::Cancelled),
    ] {
        bench.until_status(id, status).await;
        let answer = bench.runtime.delete_workflow(id).await.unwrap();
        assert_eq!((answer.id, answer.summary.status), (id, status));
        assert_eq!(bench.runtime.get_workflow(id).await, Ok(None));
        let progress = bench.runtime.get_workflow_progress(id).await;
        assert_eq!(progress.err(), Some(missing(id)));
        let again = bench.runtime.delete_workflow(id).await;
        assert_eq!(again.err(), Some(missing(id)));
    }
    assert_eq!(bench.runtime.get_failed_workflows().await, Ok(vec![]));
    assert_eq!(bench.runtime.get_recoverable_workflows().await, Ok(vec![]));
    let filter = WorkflowFilter {
        limit: 200,
        ..WorkflowFilter::default()
    };
    let page = bench.runtime.list(&Actor::program(), &filter).await;
    let listed: Vec<_> = page.unwrap().items.iter().map(|one| one.id).collect();
    assert_eq!(listed, [recovering, paused, running]);
}

#[tokio::test]
async fn while_it_is_being_cancelled_nothing_is_deleted() {
    let bench = Workbench::new().await;
    let script = "trap '' TERM; echo ready; while [ ! -e go ]; do sleep 0.05; done";
    let id = bench
        .start(&define(&[shell("Stubborn", script, &[])]))
        .await;
    let ready = async || log(&bench.runtime, id).await > 0;
    until("it runs", ready).await;
    let asked = act(&bench.runtime, id, Action::Cancel).await.unwrap();
    assert!(asked.cancel_requested);
    let refused = bench.runtime.delete_workflow(id).await;
    assert_eq!(refused.err(), Some(E::Refused(Refusal::Cancelling)));
    bench.until_status(id, WorkflowStatus::Cancelled).await;
    bench.runtime.delete_workflow(id).await.unwrap();
}

#[tokio::test]
async fn a_deletion_that_is_sent_again_gets_the_same_answer_also_after_a_restart() {
    let bench = Workbench::new().await;
    let id = bench.start(&define(&[noop("Only", &[])])).await;
    bench.until_status(id, WorkflowStatus::Completed).await;
    let request = ActionRequest {
        command_id: Some("once".into()),
        ..Action::Delete.because("it is done")
    };
    let ask = async |runtime: &Runtime, request: &ActionRequest| {
        runtime.act(&Actor::program(), id, request.clone()).await
    };
    let (first, second) =
        tokio::join!(ask(&bench.runtime, &request), ask(&bench.runtime, &request));
    assert_eq!(first, second);
    let first = first.unwrap();
    let other = ActionRequest {
        action: Action::recover(0),
        ..request.clone()
    };
    let reused = ask(&bench.runtime, &other).await;
    assert_eq!(reused.err(), Some(E::Refused(Refusal::CommandIdReused)));
    let file = bench.path("jobs.db");
    let why = "SELECT actor || ': ' || reason FROM deleted_workflows";
    assert!(
        Rows::of(&file)
            .await
            .text(why)
            .await
            .ends_with(": it is done")
    );
    bench.runtime.shutdown().await;
    let bench = bench.reopen().await;
    assert_eq!(ask(&bench.runtime, &request).await, Ok(first));
    let new = ActionRequest {
        command_id: Some("twice".into()),
        ..request
    };
    assert_eq!(ask(&bench.runtime, &new).await.err(), Some(missing(id)));
}

#[tokio::test]
async fn a_workflow_that_moved_on_is_not_deleted_by_who_did_not_see_that() {
    let bench = Workbench::new().await;
    let id = bench.start(&define(&failing())).await;
    let failed = bench.until_status(id, WorkflowStatus::Failed).await;
    let rev = failed.summary.events;
    let seen = |expected| ActionRequest {
        expected_rev: Some(expected),
        ..Action::Delete.into()
    };
    let ask = async |request| bench.runtime.act(&Actor::program(), id, request).await;
    let stale = Refusal::StaleView {
        expected: rev - 1,
        rev,
    };
    assert_eq!(ask(seen(rev - 1)).await.err(), Some(E::Refused(stale)));
    assert_eq!(bench.progress(id).await.summary.events, rev);
    ask(seen(rev)).await.unwrap();
}

#[tokio::test]
async fn of_a_recovery_and_a_deletion_the_first_one_wins_and_the_other_is_told() {
    let bench = Workbench::new().await;
    for deletes_first in [true, false] {
        let id = bench.start(&define(&failing())).await;
        bench.until_status(id, WorkflowStatus::Failed).await;
        let delete = act(&bench.runtime, id, Action::Delete);
        let recover = act(&bench.runtime, id, Action::recover(0));
        // Sent in the order in which they are asked first.
        if deletes_first {
            let (deleted, recovered) = tokio::join!(biased; delete, recover);
            assert_eq!(deleted.unwrap().summary.status, WorkflowStatus::Failed);
            assert_eq!(recovered.err(), Some(missing(id)));
        } else {
            let (recovered, deleted) = tokio::join!(biased; recover, delete);
            recovered.unwrap();
            let refused = deleted.unwrap_err();
            let is_told = matches!(refused, E::Refused(Refusal::NotDeletable { .. }));
            assert!(is_told, "{refused:?}");
            bench.until_status(id, WorkflowStatus::Failed).await;
        }
    }
}

#[tokio::test]
async fn a_number_is_never_given_out_again() {
    let bench = Workbench::new().await;
    let only = define(&[noop("Only", &[])]);
    let first = bench.create(&only).await.id;
    let last = bench.create(&only).await.id;
    bench.runtime.delete_workflow(last).await.unwrap();
    bench.runtime.shutdown().await;
    let bench = bench.reopen().await;
    let next = bench.create(&only).await.id;
    assert_eq!((first.0, last.0, next.0), (1, 2, 3));
}

#[tokio::test]
async fn its_log_and_what_its_attempts_left_in_folders_go_as_well() {
    let bench = Workbench::new().await;
    let speaks = define(&[shell("Speaks", "echo one; echo two", &[])]);
    let (id, other) = (bench.start(&speaks).await, bench.start(&speaks).await);
    bench.until_status(id, WorkflowStatus::Completed).await;
    bench.until_status(other, WorkflowStatus::Completed).await;
    assert_eq!(
        (
            log(&bench.runtime, id).await,
            log(&bench.runtime, other).await
        ),
        (2, 2)
    );
    let folder = |of: i64| bench.path("work").join(format!("w{of}-t0-a1"));
    // Of others, whose number begins with the same digit, nothing goes.
    let ten = id.0 * 10;
    for of in [id.0, other.0, ten] {
        std::fs::create_dir_all(folder(of).join("work")).unwrap();
    }
    bench.runtime.delete_workflow(id).await.unwrap();
    let file = bench.path("jobs.db");
    until("nothing is left", async || leftovers(&file).await == 0).await;
    assert_eq!(log_lines(&file, id).await, 0);
    assert!(!folder(id.0).exists());
    assert_eq!(log(&bench.runtime, other).await, 2);
    assert!(folder(other.0).exists() && folder(ten).exists());
    let log = bench.runtime.log(&Actor::program(), id, 0, 0, 100).await;
    assert_eq!(log.err(), Some(missing(id)));
}

#[tokio::test]
async fn what_a_crash_left_of_a_deleted_workflow_goes_at_the_next_start() {
    let bench = Workbench::new().await;
    let id = bench
        .start(&define(&[shell("Speaks", "echo one", &[])]))
        .await;
    bench.until_status(id, WorkflowStatus::Completed).await;
    assert_eq!(log(&bench.runtime, id).await, 1);
    bench.runtime.shutdown().await;
    let closed = bench.closed();
    let file = closed.path("jobs.db");
    // As a server leaves it that ends right behind the commit.
    let store = SqliteStore::new(Database::open(&file).await.unwrap());
    let deletion = Deletion {
        workflow: id,
        rev: None,
        at: Timestamp::default(),
        actor: "somebody".into(),
        reason: None,
    };
    store.delete(&deletion, None).await.unwrap();
    drop(store);
    assert_eq!((leftovers(&file).await, log_lines(&file, id).await), (1, 1));
    let bench = closed.open().await;
    until("nothing is left", async || leftovers(&file).await == 0).await;
    assert_eq!(log_lines(&file, id).await, 0);
    drop(bench);
}

#[tokio::test]
async fn whoever_waits_for_it_is_told_that_it_is_gone() {
    let bench = Workbench::new().await;
    let id = bench.create(&define(&[noop("Only", &[])])).await.id;
    let rev = bench.progress(id).await.summary.events;
    let runtime: &Runtime = &bench.runtime;
    let mut events = runtime.follow(id, rev);
    // Each waits before it is deleted: they are asked first.
    let waits = async {
        let changed = runtime.changed(id, rev);
        let all =
            async { tokio::join!(biased; changed, events.next(), runtime.delete_workflow(id)) };
        tokio::time::timeout(LIMIT, all).await.unwrap()
    };
    let ((), next, deleted) = waits.await;
    deleted.unwrap();
    assert_eq!(next, Err(missing(id)));
}

#[tokio::test]
async fn who_only_operates_deletes_nothing() {
    let bench = Workbench::new().await;
    let id = bench.create(&define(&[noop("Only", &[])])).await.id;
    let who = |role| Actor::person("somebody", role);
    let ask = async |role| {
        bench
            .runtime
            .act(&who(role), id, Action::Delete.into())
            .await
    };
    for role in [Role::Viewer, Role::Operator] {
        let needs = Role::Editor;
        assert_eq!(ask(role).await.err(), Some(E::Forbidden { needs }));
    }
    ask(Role::Editor).await.unwrap();
}

#[tokio::test]
async fn what_is_aside_is_deleted_once_nothing_of_it_is_alive() {
    let bench = Workbench::new().await.with_broken_rows();
    let (open, gate) = mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let (began, mut begun) = tokio::sync::mpsc::unbounded_channel();
    // A thread cannot be dropped, so what it does goes on until it ends.
    let stubborn = WorkflowStep::blocking("Stubborn", "stubborn", move |_cx| {
        began.send(()).unwrap();
        // Its end is the test's to say; a test that failed says it by going away.
        let _ = gate.lock().unwrap_or_else(PoisonError::into_inner).recv();
        Ok(json!(1))
    });
    let definition = runtime::WorkflowDefinition::new("Aside").step(stubborn);
    let runtime: &Runtime = &bench.runtime;
    let made = runtime.create_workflow(JobId(1), &definition, None).await;
    let id = made.unwrap().id;
    act(runtime, id, Action::Start).await.unwrap();
    begun.recv().await.unwrap();
    let rows = Rows::of(&bench.path("jobs.db")).await;
    let broken = rows.change("UPDATE workflows SET metadata = '{'").await;
    assert_eq!(broken.unwrap(), 1);
    let shown = runtime.workflow(&Actor::program(), id).await.unwrap();
    assert!(shown.summary.quarantine.is_some());
    let refused = runtime.delete_workflow(id).await.unwrap_err();
    assert!(
        refused.to_string().contains("still being stopped"),
        "{refused}"
    );
    open.send(()).unwrap();
    until("it can be deleted", async || {
        runtime.delete_workflow(id).await.is_ok()
    })
    .await;
    assert!(runtime.quarantined().is_empty());
    assert_eq!(runtime.get_workflow(id).await, Ok(None));
    runtime.shutdown().await;
    let bench = bench.reopen().await;
    assert!(bench.runtime.quarantined().is_empty());
}
