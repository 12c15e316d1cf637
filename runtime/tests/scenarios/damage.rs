//! Pages of the file that are overwritten, which SQLite calls malformed: only workflows whose rows lie
//! on them are put aside, and where nothing can be relied on any more the engine says so and waits.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use engine::orchestrator::{Hindrance, WorkflowFilter};
use engine::{
    Actor, JobId, JobOrchestrator, JobOrchestratorError, Trouble, TroubleKind, WorkflowId,
    WorkflowStatus, Workflows,
};
use runtime::doctor::{self, Told};
use runtime::{Runtime, Settings};
use serde_json::json;

use crate::rows::Rows;
use crate::workbench::{Closed, Workbench, define, noop};

const PAGE: u64 = 4096;
const WORKFLOWS: i64 = 60;

/// So many workflows that each table has many pages; their steps wait for the next start.
async fn many() -> Closed {
    queued(WORKFLOWS).await
}

async fn queued(workflows: i64) -> Closed {
    let bench = Workbench::with(Settings {
        others_at_once: 0,
        ..Settings::default()
    })
    .await;
    let steps: Vec<_> = (0..20)
        .map(|index| noop(&format!("Step {index}"), &[]))
        .collect();
    let definition = define(&steps);
    let padding = json!({"padding": "x".repeat(1_000)});
    for _ in 0..workflows {
        let (definition, metadata) = (definition.clone(), padding.as_object().cloned());
        let created = bench
            .runtime
            .create_workflow(JobId(1), definition, metadata);
        let id = created.await.unwrap().id;
        bench.runtime.start_workflow(id).await.unwrap();
    }
    bench.runtime.shutdown().await;
    bench.closed()
}

/// Pages of a table, in the order of its rows.
async fn pages(file: &Path, table: &str) -> Vec<u64> {
    let rows = Rows::of(file).await;
    rows.change("PRAGMA wal_checkpoint(TRUNCATE)")
        .await
        .unwrap();
    let pages = format!(
        "SELECT group_concat(pageno) FROM (SELECT pageno FROM dbstat WHERE name = '{table}'
         AND pagetype = 'leaf' ORDER BY path)"
    );
    let pages = rows.text(&pages).await;
    pages.split(',').map(|page| page.parse().unwrap()).collect()
}

/// Overwrites a page, and gives what stood there.
fn overwrite(file: &Path, page: u64, with: &[u8]) -> Vec<u8> {
    let file = File::options().read(true).write(true).open(file).unwrap();
    let mut before = vec![0; usize::try_from(PAGE).unwrap()];
    file.read_exact_at(&mut before, (page - 1) * PAGE).unwrap();
    file.write_all_at(with, (page - 1) * PAGE).unwrap();
    before
}

const GARBAGE: [u8; 4096] = [0xff; 4096];

/// The workflows of which some row of the table cannot be read.
async fn touched(file: &Path, table: &str) -> BTreeSet<WorkflowId> {
    let rows = Rows::of(file).await;
    let key = if table == "workflows" {
        "id"
    } else {
        "workflow_id"
    };
    let mut touched = BTreeSet::new();
    for id in 1..=WORKFLOWS {
        let read = format!("SELECT * FROM {table} WHERE {key} = {id}");
        if rows.change(&read).await.is_err() {
            touched.insert(WorkflowId(id));
        }
    }
    touched
}

fn aside(runtime: &Runtime) -> BTreeSet<WorkflowId> {
    let aside = runtime.quarantined();
    aside.iter().map(|one| one.workflow).collect()
}

/// What is wrong, but for a machine that is slow just now.
fn troubles(runtime: &Runtime) -> Vec<TroubleKind> {
    let troubles = runtime.troubles();
    let kinds = troubles.iter().map(|trouble| trouble.kind);
    kinds
        .filter(|kind| *kind != TroubleKind::DatabaseSlow)
        .collect()
}

async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    while !is_so().await {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn listed(runtime: &Runtime) -> Vec<i64> {
    let filter = WorkflowFilter {
        limit: 200,
        ..WorkflowFilter::default()
    };
    let page = runtime.list(&Actor::program(), &filter).await.unwrap();
    page.items.iter().map(|state| state.id.0).collect()
}

/// What a doctor finds wrong with single workflows.
async fn diagnosed(file: &Path) -> BTreeSet<WorkflowId> {
    let mut found = BTreeSet::new();
    let mut tell = |told| {
        if let Told::Finding(ailment) = told {
            found.extend(ailment.workflow);
        }
    };
    doctor::examine(file, &[], &mut tell).await.unwrap();
    found
}

struct Damaged {
    bench: Workbench,
    /// The workflows whose rows lie on the page.
    touched: BTreeSet<WorkflowId>,
    /// Those, and the ones on the pages beside it: where a page becomes too full, its neighbours
    /// have to take something over.
    near: BTreeSet<WorkflowId>,
}

/// A page in the middle of the table is overwritten while no server runs.
async fn after_damage_of(table: &str) -> Damaged {
    let bench = many().await;
    let file = bench.path("jobs.db");
    let pages = pages(&file, table).await;
    assert!(pages.len() > 7, "{table}: {pages:?}");
    let middle = pages.len() / 2;
    bench.is_damaged("a page is overwritten");
    let around = &pages[middle - 2..=middle + 2];
    let before: Vec<_> = around
        .iter()
        .map(|page| overwrite(&file, *page, &GARBAGE))
        .collect();
    let near = touched(&file, table).await;
    for (page, before) in around.iter().zip(&before) {
        overwrite(&file, *page, before);
    }
    overwrite(&file, pages[middle], &GARBAGE);
    let touched = touched(&file, table).await;
    assert!(!touched.is_empty() && touched.is_subset(&near), "{table}");
    assert!(near.len() < 45, "{table}: {near:?}");
    let bench = bench.open().await;
    Damaged {
        bench,
        touched,
        near,
    }
}

#[tokio::test]
async fn a_damaged_page_puts_only_those_workflows_aside_whose_rows_lie_on_it() {
    for table in ["tasks", "workflows", "events"] {
        let Damaged {
            bench,
            touched,
            near,
        } = after_damage_of(table).await;
        let runtime = &bench.runtime;
        for id in (1..=WORKFLOWS).map(WorkflowId) {
            if !near.contains(&id) {
                bench.until_status(id, WorkflowStatus::Completed).await;
            }
            let is_over = async || {
                let shown = runtime.workflow(&Actor::program(), id).await.unwrap();
                shown.status.is_terminal()
            };
            until("it ends", is_over).await;
        }
        let all: Vec<_> = (1..=WORKFLOWS).rev().collect();
        assert_eq!(listed(runtime).await, all, "{table}");
        let aside = aside(runtime);
        if table == "events" {
            // Old events that nobody reads stop nobody.
            assert!(!aside.is_empty(), "{table}");
        } else {
            assert!(aside.is_superset(&touched), "{table}: {aside:?}");
        }
        assert!(aside.is_subset(&near), "{table}: {aside:?}");
        for id in &aside {
            let shown = runtime.workflow(&Actor::program(), *id).await.unwrap();
            assert!(shown.quarantine.is_some(), "{table}: {shown:?}");
        }
        assert_eq!(troubles(runtime), [TroubleKind::DatabaseDamaged], "{table}");
        let diagnosed = diagnosed(&bench.path("jobs.db")).await;
        let unreadable: BTreeSet<_> = aside.intersection(&touched).copied().collect();
        assert!(diagnosed.is_superset(&unreadable), "{table}: {diagnosed:?}");
        let noted = Rows::of(&bench.path("jobs.db")).await;
        let noted = noted.text("SELECT CAST(count(*) AS TEXT) FROM quarantine");
        assert_eq!(noted.await, aside.len().to_string(), "{table}");
        bench.runtime.shutdown().await;
        let bench = bench.reopen().await;
        assert_eq!(self::aside(&bench.runtime), aside, "{table}");
    }
}

#[tokio::test]
async fn the_last_page_of_a_table_is_no_reason_not_to_start() {
    let bench = many().await;
    let file = bench.path("jobs.db");
    bench.is_damaged("the last pages of tables are overwritten");
    for table in ["workflows", "tasks"] {
        let last = *pages(&file, table).await.last().unwrap();
        overwrite(&file, last, &GARBAGE);
    }
    let bench = bench.open().await;
    bench
        .until_status(WorkflowId(1), WorkflowStatus::Completed)
        .await;
    // Its rows would have to go where nothing can be written.
    let definition = define(&[noop("Only", &[])]);
    let created = bench.runtime.create_workflow(JobId(1), definition, None);
    let refused = created.await.unwrap_err();
    let damaged = JobOrchestratorError::Hindered(Hindrance::DatabaseDamaged);
    assert_eq!(refused, damaged);
    let told = troubles(&bench.runtime);
    assert_eq!(told, [TroubleKind::DatabaseDamaged]);
    assert!(!aside(&bench.runtime).contains(&WorkflowId(WORKFLOWS + 1)));
}

#[tokio::test]
async fn a_file_in_which_nothing_can_be_relied_on_is_told_and_waited_for() {
    // Each has one page.
    for of in ["tasks", "workflows_by_status"] {
        is_told_and_waited_for(of).await;
    }
}

async fn is_told_and_waited_for(of: &str) {
    let bench = queued(1).await;
    let id = WorkflowId(1);
    let file = bench.path("jobs.db");
    let page = pages(&file, of).await[0];
    let before = overwrite(&file, page, &GARBAGE);
    let bench = bench.open().await;
    let runtime = &bench.runtime;
    let all = [TroubleKind::DatabaseAway, TroubleKind::DatabaseDamaged];
    until("it is told", async || troubles(runtime) == all).await;
    let told = runtime.troubles();
    let is_told = |one: &Trouble| one.text.contains("nothing can be relied on");
    assert!(told.iter().any(is_told), "{told:?}");
    let hindered = JobOrchestratorError::Hindered(Hindrance::DatabaseAway);
    let definition = define(&[noop("Only", &[])]);
    let created = runtime.create_workflow(JobId(1), definition, None).await;
    assert_eq!(created.unwrap_err(), hindered);
    let shown = runtime.workflow(&Actor::program(), id).await;
    assert!(shown.is_err_and(|why| why == hindered) || of != "tasks");
    assert!(aside(runtime).is_empty(), "nobody is blamed for it");
    overwrite(&file, page, &before);
    until("it goes on", async || {
        let shown = runtime.workflow(&Actor::program(), id).await;
        shown.is_ok_and(|shown| shown.status == WorkflowStatus::Completed)
    })
    .await;
    let damaged = [TroubleKind::DatabaseDamaged];
    assert_eq!(troubles(runtime), damaged, "that it was is still told");
}

#[tokio::test]
async fn a_start_keeps_aside_what_was_aside_although_what_is_noted_about_it_cannot_be_read() {
    let bench = many().await;
    let file = bench.path("jobs.db");
    let broken = "UPDATE workflows SET metadata = '{' WHERE id = 2";
    bench.is_damaged("a row is broken, and then what is noted about it");
    Rows::of(&file).await.change(broken).await.unwrap();
    let bench = bench.open().await;
    let second = BTreeSet::from([WorkflowId(2)]);
    assert_eq!(aside(&bench.runtime), second);
    bench.runtime.shutdown().await;
    let bench = bench.closed();
    // Other kinds of values than it should hold.
    let spoilt = [
        "CREATE TABLE other AS SELECT workflow_id, 'soon' AS at, CAST(x'ff' AS TEXT) AS what, cause,
         kept FROM quarantine",
        "DROP TABLE quarantine",
        "ALTER TABLE other RENAME TO quarantine",
    ];
    for statement in spoilt {
        Rows::of(&file).await.change(statement).await.unwrap();
    }
    let bench = bench.open().await;
    assert_eq!(aside(&bench.runtime), second);
    let first = WorkflowId(1);
    bench.until_status(first, WorkflowStatus::Completed).await;
    bench.runtime.shutdown().await;
    let bench = bench.closed();
    // Nothing of it can be read.
    overwrite(&file, pages(&file, "quarantine").await[0], &GARBAGE);
    let bench = bench.open().await;
    assert_eq!(aside(&bench.runtime), second);
    let program = Actor::program();
    let shown = bench.runtime.workflow(&program, WorkflowId(2)).await;
    assert!(shown.unwrap().quarantine.is_some());
}

#[tokio::test]
async fn damage_that_nobody_meets_is_found_in_the_background_and_told() {
    let bench = many().await;
    let file = bench.path("jobs.db");
    let page = pages(&file, "definitions").await[0];
    bench.is_damaged("a page is overwritten");
    overwrite(&file, page, &GARBAGE);
    let bench = bench.open().await;
    let damaged = [TroubleKind::DatabaseDamaged];
    until("it is told", async || troubles(&bench.runtime) == damaged).await;
    assert!(aside(&bench.runtime).is_empty());
}
