//! A thousand random changes of JSON and state columns, a few at a time, in a database with
//! workflows in every state: a server starts on each, only what was touched is put aside, and
//! everything else goes on to its end. `MUTATION_SEED=n` makes one database again.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use engine::orchestrator::{WorkflowFilter, WorkflowSelection};
use engine::{
    Action, Actor, JobOrchestrator, JobOrchestratorError, TaskStatus, WorkflowDefinition,
    WorkflowId, WorkflowStatus, Workflows,
};
use runtime::process::RunnerProgram;
use runtime::{Runtime, Settings};
use serde_json::json;

use crate::examined::{Examined, roomy};
use crate::figures;
use crate::rows::Rows;
use crate::workbench::{Workbench, noop, shell, step};

const MUTATIONS: usize = 1_000;
/// Changes of one database.
const AT_ONCE: usize = 25;
/// Workflows of each kind in a database.
const EACH: i64 = 7;
const KINDS: [&str; 7] = [
    "completed",
    "failed",
    "paused",
    "running",
    "retrying",
    "pending",
    "cancelled",
];

/// Random numbers that a seed gives again (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

/// Every text of a column that holds JSON or a word, and every number that a state is made of.
const COLUMNS: [(&str, &str, bool); 35] = [
    ("workflows", "status", true),
    ("workflows", "metadata", true),
    ("workflows", "parameters", true),
    ("workflows", "summary", true),
    ("workflows", "definition_hash", true),
    ("workflows", "rev", false),
    ("workflows", "cancel_requested", false),
    ("workflows", "recovering_from", false),
    ("workflows", "epoch", false),
    ("workflows", "recovery_attempts", false),
    ("workflows", "max_recovery_attempts", false),
    ("workflows", "created_at", false),
    ("workflows", "started_at", false),
    ("workflows", "completed_at", false),
    ("workflows", "paused_at", false),
    ("tasks", "status", true),
    ("tasks", "output", true),
    ("tasks", "failure", true),
    ("tasks", "error_message", true),
    ("tasks", "skip_reason", true),
    ("tasks", "attempt", false),
    ("tasks", "retry_count", false),
    ("tasks", "lost_count", false),
    ("tasks", "generation", false),
    ("tasks", "redo", false),
    ("tasks", "waiting", false),
    ("tasks", "superseded", false),
    ("tasks", "due_at", false),
    ("tasks", "wait_micros", false),
    ("tasks", "share", false),
    ("attempts", "outcome", true),
    ("attempts", "error", true),
    ("attempts", "output", true),
    ("events", "body", true),
    ("frozen_definitions", "body", true),
];

fn statement(dice: &mut Dice, id: i64) -> String {
    let (table, column, is_text) = COLUMNS[dice.roll(COLUMNS.len())];
    let value = if is_text {
        match dice.roll(4) {
            0 => format!("substr({column}, 1, length({column}) / 2)"),
            1 => format!("replace({column}, 'e', '{{')"),
            _ => dice
                .pick(&[
                    "''",
                    "'{'",
                    "'null'",
                    "'[]'",
                    "'{}'",
                    "'17'",
                    "'\"'",
                    "'running'",
                    "'completed'",
                    "'failed'",
                    "'retrying'",
                    "'operator'",
                    "NULL",
                    "CAST(x'fffe00' AS TEXT)",
                ])
                .to_owned(),
        }
    } else {
        let numbers = [
            "-1",
            "0",
            "1",
            "2",
            "7",
            "4294967295",
            "4294967296",
            "9223372036854775807",
            "-9223372036854775808",
            "NULL",
        ];
        dice.pick(&numbers).to_owned()
    };
    let of = match table {
        "workflows" => format!("id = {id}"),
        "frozen_definitions" => {
            format!("hash = (SELECT definition_hash FROM workflows WHERE id = {id})")
        }
        "events" => format!(
            "workflow_id = {id} AND seq = 1 + {} % (SELECT rev FROM workflows WHERE id = {id})",
            dice.roll(20)
        ),
        _ => format!("workflow_id = {id} AND task = {}", dice.roll(2)),
    };
    format!("UPDATE {table} SET {column} = {value} WHERE {of}")
}

/// A definition of its own for each workflow, so that a change of one touches one.
fn definition(kind: &str, number: i64, folder: &Path) -> WorkflowDefinition {
    let go = folder.join("go");
    let until_go = format!("until [ -e {0} ]; do sleep 0.02; done", go.display());
    let mut first = match kind {
        "failed" => shell("First", "exit 3", &[]),
        "running" => shell("First", &until_go, &[]),
        "retrying" => shell("First", &format!("[ -e {} ]", go.display()), &[]),
        "paused" | "cancelled" => step("First", "delay", json!({"seconds": 600}), &[]),
        _ => noop("First", &[]),
    };
    // Enough that it still waits for a next try when all others are where they should be.
    first.max_retries = if kind == "retrying" { 9 } else { 0 };
    let steps = [first, noop("Second", &[0])];
    WorkflowDefinition::new(&format!("{kind} {number}"), &steps).unwrap()
}

/// A database of a server that died with workflows in every state.
async fn base(folder: &Path) -> std::path::PathBuf {
    let bench = Workbench::with(patient()).await;
    let mut ids = Vec::new();
    for number in 0..EACH {
        for kind in KINDS {
            let definition = definition(kind, number, folder);
            let id = if kind == "pending" {
                bench.create(&definition).await.id
            } else {
                bench.start(&definition).await
            };
            match kind {
                "paused" => drop(bench.runtime.pause_workflow(id).await.unwrap()),
                "cancelled" => drop(bench.runtime.cancel_workflow(id).await.unwrap()),
                _ => {}
            }
            ids.push((kind, id));
        }
    }
    for (kind, id) in ids {
        bench
            .until(id, |p| match kind {
                "retrying" => p.tasks[0].status == TaskStatus::Retrying,
                kind => p.summary.status.as_str() == kind,
            })
            .await;
    }
    let file = folder.join("base.db");
    let rows = Rows::of(&bench.path("jobs.db")).await;
    let copy = format!("VACUUM INTO '{}'", file.display());
    rows.change(&copy).await.unwrap();
    std::fs::write(folder.join("go"), "").unwrap();
    bench.runtime.shutdown().await;
    file
}

fn patient() -> Settings {
    Settings {
        programs_at_once: 64,
        drain: Duration::ZERO,
        ..Settings::default()
    }
}

async fn open(file: &Path) -> Runtime {
    let runner = RunnerProgram {
        program: env!("CARGO_BIN_EXE_job-orchestrator-runner").into(),
        args: Vec::new(),
    };
    let builder = roomy().sqlite(file).commands(true);
    let builder = builder.runner(runner).settings(patient());
    builder.start().await.unwrap()
}

/// What a sound workflow of this kind comes to, once it is asked to go on.
async fn goes_on(runtime: &Runtime, kind: &str, id: WorkflowId, seed: u64) {
    let end = match kind {
        "failed" => WorkflowStatus::Failed,
        // It waits ten minutes more; that it runs again is enough.
        "paused" => WorkflowStatus::Running,
        "cancelled" => WorkflowStatus::Cancelled,
        _ => WorkflowStatus::Completed,
    };
    let asked = match kind {
        "pending" => runtime.start_workflow(id).await.map(drop),
        "paused" => runtime.resume_workflow(id).await.map(drop),
        _ => Ok(()),
    };
    assert!(
        asked.is_ok(),
        "MUTATION_SEED={seed}: {kind} {id}: {asked:?}"
    );
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        let progress = runtime.get_workflow_progress(id).await.unwrap();
        if progress.summary.status == end {
            return;
        }
        let changed = runtime.changed(id, progress.summary.events);
        assert!(
            tokio::time::timeout_at(deadline, changed).await.is_ok(),
            "MUTATION_SEED={seed}: {kind} {id} stays {progress:?}"
        );
    }
}

/// A workflow that was touched is shown, and refuses or does what it is asked: it is no fault.
async fn is_answered(runtime: &Runtime, id: WorkflowId, seed: u64) {
    let actor = Actor::program();
    let told = |what: &str, answer: Option<JobOrchestratorError>| {
        let is_fault = matches!(answer, Some(JobOrchestratorError::Fault { .. }));
        assert!(
            !is_fault,
            "MUTATION_SEED={seed}: {what} of {id}: {answer:?}"
        );
    };
    let shown = runtime.workflow(&actor, id).await;
    assert!(shown.is_ok(), "MUTATION_SEED={seed}: {id}: {shown:?}");
    told("detail", runtime.detail(&actor, id).await.err());
    told("task", runtime.task(&actor, id, 0).await.err());
    told("log", runtime.log(&actor, id, 0, 0, 10).await.err());
    for action in [Action::Resume, Action::Cancel, Action::recover(0)] {
        told(
            "command",
            runtime.act(&actor, id, action.into()).await.err(),
        );
    }
}

async fn lists_answer(runtime: &Runtime, seed: u64) {
    use WorkflowSelection::{Active, All, Failed, Recoverable};
    for selection in [All, Active, Failed, Recoverable] {
        let filter = WorkflowFilter {
            selection,
            limit: 200,
            ..WorkflowFilter::default()
        };
        let page = runtime.list(&Actor::program(), &filter).await;
        let items = page
            .unwrap_or_else(|e| panic!("MUTATION_SEED={seed}: {e}"))
            .items;
        if selection == All {
            let listed = i64::try_from(items.len()).unwrap();
            assert_eq!(listed, EACH * KINDS.len() as i64, "MUTATION_SEED={seed}");
        }
    }
}

/// Changes a copy of the database, starts a server on it and looks. How many changes there were.
async fn round(base: &Path, seed: u64) -> (usize, usize) {
    let mut dice = Dice(seed);
    let folder = Examined::new();
    folder.is_damaged("rows are changed at random");
    let file = folder.path().join("jobs.db");
    std::fs::copy(base, &file).unwrap();
    let all = EACH * KINDS.len() as i64;
    let mut touched = BTreeSet::new();
    let mut changes = 0;
    let rows = Rows::of(&file).await;
    while changes < AT_ONCE {
        let id = 1 + i64::try_from(dice.roll(usize::try_from(all).unwrap())).unwrap();
        // What a table refuses is no change.
        if let Ok(1..) = rows.change(&statement(&mut dice, id)).await {
            touched.insert(id);
            changes += 1;
        }
    }
    drop(rows);
    let runtime = open(&file).await;
    lists_answer(&runtime, seed).await;
    for id in 1..=all {
        let kind = KINDS[usize::try_from((id - 1) % KINDS.len() as i64).unwrap()];
        if touched.contains(&id) {
            is_answered(&runtime, WorkflowId(id), seed).await;
        } else {
            goes_on(&runtime, kind, WorkflowId(id), seed).await;
        }
    }
    lists_answer(&runtime, seed).await;
    assert!(runtime.is_running(), "MUTATION_SEED={seed}: the loop broke");
    let aside: Vec<_> = runtime.quarantined();
    for one in &aside {
        let was_touched = touched.contains(&one.workflow.0);
        assert!(was_touched, "MUTATION_SEED={seed}: {one:?} was not touched");
    }
    runtime.shutdown().await;
    (changes, aside.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_random_changes_of_rows_harm_only_the_workflows_they_touch() {
    let folder = Examined::new();
    let base = base(folder.path()).await;
    if let Ok(seed) = std::env::var("MUTATION_SEED") {
        round(&base, seed.parse().unwrap()).await;
        return;
    }
    let (mut changes, mut aside) = (0, 0);
    for seed in 1.. {
        let (changed, put_aside) = round(&base, seed).await;
        changes += changed;
        aside += put_aside;
        if changes >= MUTATIONS {
            break;
        }
    }
    assert!(aside > MUTATIONS / 5, "the changes are found: {aside}");
    figures::tell(format!(
        "corrupt rows: {changes} changes, {aside} workflows put aside, 0 of them untouched, 0 crashes"
    ));
}
