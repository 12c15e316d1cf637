//! Files of older versions: what later columns say of older rows is filled in from their events, and
//! an end that was not quiet becomes one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use engine::orchestrator::{DefinitionSource, NewWorkflowRequest};
use engine::{
    Action, Actor, Instead, JobOrchestrator, JobOrchestratorError, Recovery, Refusal, WorkflowId,
    WorkflowStatus, Workflows,
};
use runtime::database::OpenError;
use runtime::doctor::{DoctorError, Release, examine, release};
use runtime::{JobId, WorkflowDefinition, WorkflowStep};
use serde_json::{Map, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::sync::Semaphore;

use crate::ailments::ailments;
use crate::examined::{Examined, roomy};
use crate::rows::Rows;
use crate::workbench::{Sound, until};

/// Ends well too late the first time, and gives as much as asked for.
fn late(name: &str, bytes: usize) -> WorkflowDefinition {
    let step = WorkflowStep::new("Late", "work", move |cx| async move {
        if cx.attempt() == 1 {
            cx.stopped().await;
        }
        Ok(json!({"attempt": cx.attempt(), "text": "x".repeat(bytes)}))
    });
    WorkflowDefinition::new(name).step(step.timeout(Duration::from_millis(200)))
}

/// What a recovery stops in it dies only once the gate is open.
fn deaf(gate: &Arc<Semaphore>) -> WorkflowDefinition {
    let gate = Arc::clone(gate);
    let step = WorkflowStep::new("Deaf", "work", move |_| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(json!(null))
        }
    });
    WorkflowDefinition::new("Deaf").step(step)
}

async fn open(file: &Path) -> Sound {
    roomy().sqlite(file).start().await.unwrap().into()
}

/// A file of today with three workflows that are over: one whose first try gave a little too late,
/// one whose gave much, and one that was recovered while what it ran was slow to die.
async fn file_of_today(folder: &Examined) -> PathBuf {
    let file = folder.path().join("jobs.db");
    let gate = Arc::new(Semaphore::new(0));
    let (little, much, deaf) = (late("Little", 1), late("Much", 20_000), deaf(&gate));
    let builder = roomy().sqlite(&file);
    let builder = builder.register(&little).register(&much).register(&deaf);
    let runtime: Sound = builder.start().await.unwrap().into();
    for definition in [&little, &much] {
        let made = runtime.create_workflow(JobId(1), definition, None);
        let id = made.await.unwrap().id;
        let state = runtime.execute_workflow(id, definition).await.unwrap();
        assert_eq!(state.status, WorkflowStatus::Completed);
    }
    let made = runtime.create_workflow(JobId(1), &deaf, None);
    let id = made.await.unwrap().id;
    runtime.start_workflow(id).await.unwrap();
    until(&runtime, id, |progress| progress.summary.running_tasks == 1).await;
    let skip = Action::Recover(Recovery {
        from_step: 0,
        force: true,
        instead: Some(Instead::Skip),
    });
    let actor = Actor::program();
    runtime
        .act(&actor, id, skip.because("not needed"))
        .await
        .unwrap();
    gate.add_permits(1);
    until(&runtime, id, |progress| {
        progress.summary.status == WorkflowStatus::Completed
    })
    .await;
    runtime.shutdown().await;
    drop(runtime);
    assert_eq!(ailments(&file).await, [""; 0]);
    file
}

/// As a version left the third workflow that did not wait for what was dying, and was killed before
/// it was dead.
const ENDED_TOO_SOON: [&str; 5] = [
    "DELETE FROM events WHERE workflow_id = 3
     AND seq = (SELECT rev - 1 FROM workflows WHERE id = 3) AND instr(body, 'AttemptEnded')",
    "UPDATE events SET seq = seq - 1, body = json_set(body, '$.seq', seq - 1)
     WHERE workflow_id = 3 AND seq = (SELECT rev FROM workflows WHERE id = 3)",
    "UPDATE workflows SET rev = rev - 1, summary = json_set(summary, '$.events', rev - 1)
     WHERE id = 3",
    "UPDATE tasks SET superseded = 1 WHERE workflow_id = 3",
    "UPDATE attempts SET outcome = 'superseded', output = NULL WHERE workflow_id = 3",
];

/// As the columns stand after they were added to rows that were there. The tables of later versions are
/// empty and make no difference.
const DEFAULTS: [&str; 3] = [
    "UPDATE tasks SET in_doubt = 0",
    "UPDATE attempts SET output = NULL",
    "DELETE FROM _sqlx_migrations WHERE version IN (10, 11)",
];

async fn change(file: &Path, statements: &[&str]) {
    let rows = Rows::of(file).await;
    for statement in statements {
        let changed = rows.change(statement).await.unwrap();
        assert!(changed > 0, "{statement}");
    }
}

/// Makes an empty file with the first tables, and brings into it what they can hold of another one.
async fn of_the_first_tables(today: &Path) -> PathBuf {
    let file = today.with_file_name("older.db");
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .foreign_keys(false);
    let mut older = options.connect().await.unwrap();
    let tables = sqlx::migrate!("../migrations/sqlite");
    tables.run_to(6, &mut older).await.unwrap();
    sqlx::query("ATTACH $1 AS today")
        .bind(today.to_str().unwrap())
        .execute(&mut older)
        .await
        .unwrap();
    for table in [
        "definitions",
        "frozen_definitions",
        "workflows",
        "tasks",
        "attempts",
        "events",
        "settings",
        "commands",
        "boots",
    ] {
        let columns: String =
            sqlx::query_scalar("SELECT group_concat(name) FROM pragma_table_info($1, 'main')")
                .bind(table)
                .fetch_one(&mut older)
                .await
                .unwrap();
        let copied = format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM today.{table}");
        let copied = sqlx::query(AssertSqlSafe(copied));
        copied.execute(&mut older).await.unwrap();
    }
    // Those versions wrote what came too late into its event, however large it was.
    let whole = "UPDATE events SET body = json_set(body, '$.output', json((
            SELECT output FROM today.attempts a WHERE a.workflow_id = events.workflow_id
            AND a.task = 0 AND a.attempt = 1)))
        WHERE instr(body, 'not_in_event') AND instr(body, 'AttemptEnded')";
    let whole = sqlx::query(whole).execute(&mut older).await.unwrap();
    assert_eq!(whole.rows_affected(), 1);
    older.close().await.unwrap();
    file
}

/// What each first attempt gave too late, as its row has it.
async fn late_outputs(file: &Path) -> String {
    let rows = Rows::of(file).await;
    rows.text("SELECT group_concat(workflow_id || ' ' || length(output), ', ') FROM attempts WHERE attempt = 1")
        .await
}

#[tokio::test]
async fn a_file_of_the_first_tables_is_filled_in_from_its_events_when_it_is_opened() {
    let folder = Examined::new();
    let today = file_of_today(&folder).await;
    folder.is_damaged("one of the files is left as an older version ended it");
    change(&today, &ENDED_TOO_SOON).await;
    let file = of_the_first_tables(&today).await;
    let refused = examine(&file, &[], &mut |_| ()).await;
    let is_old = matches!(refused, Err(DoctorError::Open(OpenError::OldTables { .. })));
    assert!(is_old, "{refused:?}");
    let runtime = open(&file).await;
    let actor = Actor::program();
    // The one that ended too soon takes commands, or refuses them for what they are.
    let raise = Action::RaiseBudget {
        max_recovery_attempts: 9,
    };
    let answer = runtime.act(&actor, WorkflowId(3), raise.into()).await;
    let is_aside = matches!(
        answer,
        Err(JobOrchestratorError::Refused(Refusal::Quarantined { .. }))
    );
    assert!(!is_aside, "{answer:?}");
    assert_eq!(runtime.quarantined(), []);
    let state = runtime.workflow(&actor, WorkflowId(3)).await.unwrap();
    assert_eq!(state.status, WorkflowStatus::Completed);
    runtime.shutdown().await;
    drop(runtime);
    assert_eq!(ailments(&file).await, [""; 0]);
    assert_eq!(late_outputs(&file).await, "1 24, 2 20023");
    let rows = Rows::of(&file).await;
    let doubts = "SELECT group_concat(workflow_id || ' ' || in_doubt, ', ') FROM tasks";
    assert_eq!(rows.text(doubts).await, "1 1, 2 1, 3 1");
}

#[tokio::test]
async fn a_workflow_that_was_put_aside_by_an_older_version_can_be_released() {
    let folder = Examined::new();
    let file = file_of_today(&folder).await;
    change(&file, &ENDED_TOO_SOON).await;
    change(&file, &DEFAULTS).await;
    let aside = [
        "INSERT INTO quarantine (workflow_id, at, what, cause, kept)
         SELECT id, 1, 'invariant', 'it was', '{}' FROM workflows WHERE id <> 2",
        "UPDATE workflows SET status = 'failed', summary = NULL WHERE id <> 2",
    ];
    change(&file, &aside).await;
    for id in [1, 3] {
        let released = release(&file, WorkflowId(id)).await.unwrap();
        assert!(matches!(released, Release::Released), "{released:?}");
    }
    assert_eq!(ailments(&file).await, [""; 0]);
    let runtime = open(&file).await;
    for id in [1, 2, 3] {
        let state = runtime.workflow(&Actor::program(), WorkflowId(id)).await;
        assert_eq!(state.unwrap().status, WorkflowStatus::Completed);
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_left_as_it_is_and_holds_nothing_up() {
    let folder = Examined::new();
    let file = file_of_today(&folder).await;
    change(&file, &DEFAULTS).await;
    let broken = "UPDATE events SET body = '{' WHERE workflow_id = 1 AND seq = 4";
    folder.is_damaged("an event is broken");
    change(&file, &[broken]).await;
    let runtime = open(&file).await;
    runtime.shutdown().await;
    drop(runtime);
    let found = ailments(&file).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("event 4"), "{found:#?}");
    // What much came to is known no more: what stands for it is kept.
    let rows = Rows::of(&file).await;
    let kept = "SELECT group_concat(workflow_id || ' ' || ifnull(output, '-'), ', ') FROM attempts
                WHERE attempt = 1 AND workflow_id < 3";
    let expected = r#"1 -, 2 {"bytes":20023,"not_in_event":true}"#;
    assert_eq!(rows.text(kept).await, expected);
}

#[tokio::test]
async fn a_create_that_is_repeated_over_an_upgrade_is_answered_as_the_first_time() {
    let folder = Examined::new();
    let file = folder.path().join("jobs.db");
    let definition = json!({
        "name": "Repeated", "parameters": {"to": "all", "times": 1},
        "steps": [{"name": "Only", "task_type": "noop"}],
    });
    let request = |to: &str| NewWorkflowRequest {
        definition: DefinitionSource::Inline(definition.clone()),
        job_id: None,
        parameters: json!({ "to": to }).as_object().cloned().unwrap(),
        metadata: Map::new(),
        start: true,
        command_id: Some("once".into()),
    };
    let actor = Actor::program();
    let runtime = open(&file).await;
    let first = runtime.submit(&actor, request("Ada")).await.unwrap();
    // One that named no version of the hash, and one that hashed what the definition had added.
    for older in ["substr(content, 3)", "'0f'"] {
        let content = format!("UPDATE commands SET content = {older}");
        change(&file, &[&content]).await;
        let again = runtime.submit(&actor, request("Ada")).await.unwrap();
        assert_eq!(again, first, "{older}");
        let other = runtime.submit(&actor, request("Bob")).await;
        let is_refused = matches!(
            other,
            Err(JobOrchestratorError::Refused(Refusal::CommandIdReused))
        );
        assert!(is_refused, "{older}: {other:?}");
    }
}
