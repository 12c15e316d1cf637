//! What happens to the files beneath a running engine, and what a start says that cannot use them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::sync::Arc;
use std::time::Duration;

use engine::orchestrator::Hindrance;
use engine::{
    Actor, DefinitionId, JobId, JobOrchestrator, JobOrchestratorError, StepDefinition, Timestamp,
    TroubleKind, WorkflowDefinition, WorkflowStatus, Workflows,
};
use runtime::database::Database;
use runtime::store::sqlite::SqliteStore;
use runtime::store::{DefinitionStore, NewVersion, SettingStore, WorkflowStore};
use runtime::{Runtime, WorkflowStep};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};
use tokio::time::{sleep, timeout};

use crate::dice::Dice;
use crate::examined::{Examined, roomy};
use crate::seeds;

const LIMIT: Duration = Duration::from_secs(20);

async fn open(folder: &Examined) -> Runtime {
    let builder = roomy().sqlite(folder.path().join("jobs.db"));
    builder.start().await.unwrap()
}

fn definition() -> WorkflowDefinition {
    WorkflowDefinition::new("Any", &[StepDefinition::new("Any", "noop")]).unwrap()
}

async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let waited = async {
        while !is_so().await {
            sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(timeout(LIMIT, waited).await.is_ok(), "never: {what}");
}

/// What is wrong, but for a machine that is slow just now.
fn troubles(runtime: &Runtime) -> Vec<TroubleKind> {
    let troubles = runtime.troubles();
    let kinds = troubles.iter().map(|trouble| trouble.kind);
    kinds
        .filter(|kind| *kind != TroubleKind::DatabaseSlow)
        .collect()
}

fn is_away(runtime: &Runtime) -> bool {
    troubles(runtime).contains(&TroubleKind::DatabaseAway)
}

#[tokio::test]
async fn a_database_that_is_deleted_while_the_server_runs_takes_no_more_and_comes_back_with_its_file()
 {
    for taken in ["jobs.db", "jobs.db-wal"] {
        let folder = Examined::new();
        let runtime = open(&folder).await;
        let create = async || runtime.create_workflow(JobId(1), definition(), None).await;
        let before = create().await.unwrap().id;
        // Moved away: whoever deletes it cannot bring it back.
        let (file, away) = (folder.path().join(taken), folder.path().join("elsewhere"));
        fs::rename(&file, &away).unwrap();
        let refused = create().await.err();
        let hindrance = JobOrchestratorError::Hindered(Hindrance::DatabaseAway);
        assert_eq!(refused, Some(hindrance), "not one commit goes into nowhere");
        until("it is noticed", async || is_away(&runtime)).await;
        assert!(
            runtime.get_workflow(before).await.unwrap().is_some(),
            "reads go on"
        );
        fs::rename(&away, &file).unwrap();
        until("it is back", async || !is_away(&runtime)).await;
        create().await.unwrap();
        runtime.shutdown().await;
    }
}

#[tokio::test]
async fn a_database_that_is_replaced_while_the_server_runs_is_not_written_to() {
    let folder = Examined::new();
    let runtime = open(&folder).await;
    let file = folder.path().join("jobs.db");
    fs::copy(&file, folder.path().join("copy")).unwrap();
    folder.is_damaged("a copy without its log stands where the file was");
    fs::rename(folder.path().join("copy"), &file).unwrap();
    until("it is noticed", async || is_away(&runtime)).await;
    let created = runtime.create_workflow(JobId(1), definition(), None).await;
    assert!(created.is_err());
    runtime.shutdown().await;
}

#[tokio::test]
async fn a_workflow_whose_row_cannot_be_read_is_answered_for_soon_also_while_nothing_can_be_written()
 {
    let folder = Examined::new();
    let runtime = open(&folder).await;
    let created = runtime.create_workflow(JobId(1), definition(), None).await;
    let id = created.unwrap().id;
    let (file, away) = (folder.path().join("jobs.db"), folder.path().join("away"));
    let options = SqliteConnectOptions::new().filename(&file);
    let mut connection = options.connect().await.unwrap();
    folder.is_damaged("a row is broken");
    let spoil = sqlx::query("UPDATE workflows SET metadata = 'x'");
    spoil.execute(&mut connection).await.unwrap();
    fs::rename(&file, &away).unwrap();
    until("it is noticed", async || is_away(&runtime)).await;
    let shown = timeout(LIMIT / 4, runtime.get_workflow(id)).await;
    let hindrance = JobOrchestratorError::Hindered(Hindrance::DatabaseAway);
    assert_eq!(shown.expect("soon").err(), Some(hindrance));
    fs::rename(&away, &file).unwrap();
    until("it is put aside once that can be noted", async || {
        let shown = runtime.get_workflow(id).await;
        shown.is_ok_and(|shown| shown.unwrap().quarantine.is_some())
    })
    .await;
    runtime.shutdown().await;
}

#[tokio::test]
async fn a_log_of_steps_that_cannot_be_written_is_told_and_no_longer_once_it_can_be() {
    let folder = Examined::new();
    let runtime = open(&folder).await;
    let options = SqliteConnectOptions::new().filename(folder.path().join("logs.db"));
    let mut connection = options.connect().await.unwrap();
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON log_lines
                  BEGIN SELECT RAISE(ABORT, 'not now'); END";
    sqlx::query(refuse).execute(&mut connection).await.unwrap();
    let step = WorkflowStep::new("Talks", "talk", |cx| async move {
        cx.log().stdout("nobody will read this");
        Ok(())
    });
    let talks = runtime::WorkflowDefinition::new("Talks").step(step);
    let created = runtime.create_workflow(JobId(1), &talks, None).await;
    let id = created.unwrap().id;
    let done = runtime.execute_workflow(id, &talks).await.unwrap();
    assert_eq!(done.status, WorkflowStatus::Completed, "all else goes on");
    until("it is told", async || {
        troubles(&runtime) == [TroubleKind::LogAway]
    })
    .await;
    let allow = sqlx::query("DROP TRIGGER refuse");
    allow.execute(&mut connection).await.unwrap();
    // Nobody writes or reads any more.
    until("it is over", async || troubles(&runtime).is_empty()).await;
    runtime.shutdown().await;
}

#[tokio::test]
async fn a_log_of_steps_that_cannot_be_read_is_told_and_no_longer_once_it_can_be() {
    let folder = Examined::new();
    let runtime = open(&folder).await;
    let created = runtime.create_workflow(JobId(1), definition(), None).await;
    let id = created.unwrap().id;
    let options = SqliteConnectOptions::new().filename(folder.path().join("logs.db"));
    let mut connection = options.connect().await.unwrap();
    let rename = async |from: &str, to: &str, connection: &mut SqliteConnection| {
        let statement = format!("ALTER TABLE {from} RENAME TO {to}");
        let renamed = sqlx::query(AssertSqlSafe(statement));
        renamed.execute(connection).await.unwrap();
    };
    rename("log_lines", "elsewhere", &mut connection).await;
    let read = runtime.log(&Actor::program(), id, 0, 0, 10).await;
    assert_eq!(read.err(), Some(Hindrance::LogAway.into()));
    assert_eq!(troubles(&runtime), [TroubleKind::LogAway]);
    rename("elsewhere", "log_lines", &mut connection).await;
    until("it is over", async || troubles(&runtime).is_empty()).await;
    runtime.shutdown().await;
}

/// What a start says that cannot use its files. Root may use any file, so that such a test says
/// nothing there.
async fn said_by_a_start(folder: &Examined) -> Option<String> {
    let builder = roomy().sqlite(folder.path().join("jobs.db"));
    builder.start().await.err().map(|error| error.to_string())
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_and_left_as_it_is() {
    let folder = Examined::new();
    let file = folder.path().join("jobs.db");
    folder.is_damaged("it is no database");
    fs::write(&file, "these are my notes, not a database ".repeat(100)).unwrap();
    let said = said_by_a_start(&folder).await.unwrap();
    assert!(said.contains("jobs.db"), "{said}");
    assert!(said.contains("restore a copy of it"), "{said}");
    assert!(
        fs::read_to_string(&file)
            .unwrap()
            .starts_with("these are my notes")
    );
}

#[tokio::test]
async fn a_file_whose_first_page_was_overwritten_is_named_with_what_to_do() {
    for name in ["jobs.db", "logs.db"] {
        for page in [[0; 4096], [0xff; 4096]] {
            let whole = Examined::new();
            open(&whole).await.shutdown().await;
            // Copies, which nobody has open and beside which no log could bring the page back.
            let folder = Examined::new();
            folder.is_damaged("its first page is overwritten");
            for copied in ["jobs.db", "logs.db"] {
                fs::copy(whole.path().join(copied), folder.path().join(copied)).unwrap();
            }
            let file = folder.path().join(name);
            let opened = fs::File::options().write(true).open(&file).unwrap();
            opened.write_all_at(&page, 0).unwrap();
            let said = said_by_a_start(&folder).await;
            let said = said.unwrap_or_else(|| panic!("{name} {}: it started", page[0]));
            let advice = "it is damaged, or no database: restore a copy of it";
            assert!(said.contains(advice), "{name} {}: {said}", page[0]);
            let path = file.display().to_string();
            assert!(said.contains(&path), "{said}");
        }
    }
}

#[tokio::test]
async fn a_folder_where_the_database_should_be_is_named() {
    let folder = Examined::new();
    fs::create_dir(folder.path().join("jobs.db")).unwrap();
    let said = said_by_a_start(&folder).await.unwrap();
    assert!(said.contains("jobs.db"), "{said}");
}

#[tokio::test]
async fn files_and_folders_that_may_not_be_written_to_are_named() {
    if rustix::process::geteuid().is_root() {
        println!("root may write to any file: nothing to see here");
        return;
    }
    let folder = Examined::new();
    open(&folder).await.shutdown().await;
    let file = folder.path().join("jobs.db");
    fs::set_permissions(&file, Permissions::from_mode(0o400)).unwrap();
    let said = said_by_a_start(&folder).await.unwrap();
    assert!(said.contains("jobs.db"), "{said}");
    fs::set_permissions(&file, Permissions::from_mode(0o000)).unwrap();
    let said = said_by_a_start(&folder).await.unwrap();
    assert!(said.contains("jobs.db"), "{said}");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o500)).unwrap();
    let said = said_by_a_start(&folder).await;
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    assert!(said.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlx_4393_cancelled_begin() {
    let folder = Examined::new();
    let database = Database::open(&folder.path().join("jobs.db"))
        .await
        .unwrap();
    let store = Arc::new(SqliteStore::new(database));
    let definition = definition();
    let sent = definition.to_json();
    let version = NewVersion {
        replaces: None,
        definition: &definition,
        sent: &sent,
        by: "ada",
        now: Timestamp::from_micros(1),
        command_id: None,
    };
    let mut last = DefinitionId(0);
    for seed in seeds(20, 100) {
        let mut dice = Dice::new(seed);
        for _ in 0..100 {
            let patience = Duration::from_micros(dice.roll(400));
            // Whoever asked goes away in the middle, wherever that is.
            if dice.chance(70) {
                drop(timeout(patience, store.save(version)).await);
            } else {
                drop(timeout(patience, store.set_setting("any", "value")).await);
            }
        }
        let saved = timeout(LIMIT, store.save(version)).await;
        let saved = saved.expect("nobody holds the connection").unwrap();
        assert!(saved.definition_id > last, "FAULT_SEED={seed}");
        last = saved.definition_id;
        assert!(store.probe(true).await.unwrap(), "FAULT_SEED={seed}");
        let kept = store.definition(last, None).await.unwrap();
        assert!(
            kept.is_some(),
            "FAULT_SEED={seed}: what was answered is there"
        );
    }
}
