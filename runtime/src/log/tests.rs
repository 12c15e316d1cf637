use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use engine::orchestrator::LogStream;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row};
use tokio::time::{sleep, timeout};

use super::*;
use crate::clock::SystemClock;
use crate::health::{Ballast, Health};
use crate::store::log_memory::MemoryLogStore;
use crate::store::log_sqlite::SqliteLogStore;

const WORKFLOW: WorkflowId = WorkflowId(4);
/// What stands where a line was given up.
const LOST: &str = "1 line is lost here: the log could not be written";

fn start(store: impl LogStore) -> LogWriter {
    LogWriter::start(Arc::new(store), Arc::new(SystemClock))
}

async fn texts(log: &LogWriter, task: StepIndex) -> Vec<(u64, String)> {
    log.flush().await;
    let page = log.read(WORKFLOW, task, 0, 100_000).await.unwrap();
    assert_eq!(page.last, page.lines.last().map_or(0, |line| line.number));
    page.lines
        .into_iter()
        .map(|line| (line.number, line.text))
        .collect()
}

fn numbered(lines: &[&str]) -> Vec<(u64, String)> {
    (1..)
        .zip(lines.iter().map(|line| (*line).to_owned()))
        .collect()
}

/// What every store must do.
async fn conforms(log: LogWriter) {
    assert_eq!(texts(&log, 0).await, []);
    log.task_log(WORKFLOW, 0, 1).stdout("one\ntwo");
    log.task_log(WORKFLOW, 1, 1).stdout("elsewhere");
    assert_eq!(texts(&log, 0).await, numbered(&["one", "two"]));
    let second = log.task_log(WORKFLOW, 0, 2);
    second.stderr("");
    second.note("nul \0 and ünï 🚀 stay");
    let wanted = ["one", "two", "", "nul \0 and ünï 🚀 stay"];
    assert_eq!(texts(&log, 0).await, numbered(&wanted));
    assert_eq!(texts(&log, 1).await, numbered(&["elsewhere"]));

    let page = log.read(WORKFLOW, 0, 1, 2).await.unwrap();
    assert_eq!(page.last, 4);
    let told: Vec<_> = page
        .lines
        .iter()
        .map(|l| (l.number, l.attempt, l.stream))
        .collect();
    assert_eq!(told, [(2, 1, LogStream::Stdout), (3, 2, LogStream::Stderr)]);
    assert!(page.lines[0].at.as_micros() > 1_700_000_000_000_000);
    let beyond = log.read(WORKFLOW, 0, u64::MAX, 2).await.unwrap();
    assert_eq!((beyond.lines.len(), beyond.last), (0, 4));
}

#[tokio::test]
async fn the_memory_store_numbers_lines_over_all_attempts() {
    conforms(start(MemoryLogStore::default())).await;
}

#[tokio::test]
async fn the_sqlite_store_numbers_lines_over_all_attempts() {
    let folder = tempfile::tempdir().unwrap();
    conforms(start(
        SqliteLogStore::open(&folder.path().join("logs.db"))
            .await
            .unwrap(),
    ))
    .await;
}

#[tokio::test]
async fn numbers_go_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("logs.db");
    for (attempt, text) in [(1, "before"), (2, "after")] {
        let log = start(SqliteLogStore::open(&path).await.unwrap());
        log.task_log(WORKFLOW, 0, attempt).stdout(text);
        log.flush().await;
    }
    let log = start(SqliteLogStore::open(&path).await.unwrap());
    assert_eq!(texts(&log, 0).await, numbered(&["before", "after"]));
}

#[tokio::test]
async fn a_log_is_readable_while_it_grows() {
    let folder = tempfile::tempdir().unwrap();
    let log = start(
        SqliteLogStore::open(&folder.path().join("logs.db"))
            .await
            .unwrap(),
    );
    let task = log.task_log(WORKFLOW, 0, 1);
    let mut seen = 0;
    for round in 1..=3_u64 {
        task.stdout(&format!("round {round}"));
        // Nobody flushes: the line comes by itself.
        while seen < round {
            let page = log.read(WORKFLOW, 0, seen, 10).await.unwrap();
            seen = page.lines.last().map_or(seen, |line| line.number);
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_long_line_is_kept_in_pieces() {
    let log = start(MemoryLogStore::default());
    let long = format!("a{}", "ä".repeat(LINE_BYTES_MAX));
    log.task_log(WORKFLOW, 0, 1).stdout(&long);
    let pieces = texts(&log, 0).await;
    assert_eq!(pieces.len(), 3);
    assert!(
        pieces
            .iter()
            .all(|(_, piece)| piece.len() <= LINE_BYTES_MAX)
    );
    assert_eq!(
        pieces
            .into_iter()
            .map(|(_, piece)| piece)
            .collect::<String>(),
        long
    );
}

#[tokio::test]
async fn an_attempt_that_writes_too_much_is_cut_with_one_notice_and_remarks_still_come() {
    let log = start(MemoryLogStore::default());
    let task = log.task_log(WORKFLOW, 0, 1);
    let line = "x".repeat(LINE_BYTES_MAX);
    for _ in 0..1_000 {
        task.stdout(&line);
        task.caught_up().await;
    }
    task.note("still here");
    log.task_log(WORKFLOW, 0, 2).stdout("the next attempt");
    let kept = texts(&log, 0).await;
    let whole = kept.iter().filter(|(_, text)| *text == line).count();
    assert_eq!(
        whole,
        ATTEMPT_BYTES_MAX / (LINE_BYTES_MAX + LINE_BYTES_OVERHEAD)
    );
    let rest: Vec<_> = kept[whole..]
        .iter()
        .map(|(_, text)| text.as_str())
        .collect();
    let notice =
        "more than 10 MiB of output, each line counted with 64 bytes more; the rest is not kept";
    assert_eq!(rest, [notice, "still here", "the next attempt"]);
}

/// Refuses the first few batches, and whoever asks whether it would.
struct Unreliable {
    store: MemoryLogStore,
    refusals: AtomicU32,
}

impl Unreliable {
    fn refuses(&self) -> Result<(), LogFault> {
        let left = |n: u32| n.checked_sub(1);
        let refused = self
            .refusals
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, left);
        match refused {
            Ok(_) => Err(LogFault("the disk is full".to_owned())),
            Err(_) => Ok(()),
        }
    }
}

#[async_trait]
impl LogStore for Unreliable {
    async fn append(&self, lines: &[StoredLine]) -> Result<(), LogFault> {
        self.refuses()?;
        self.store.append(lines).await
    }

    async fn probe(&self) -> Result<(), LogFault> {
        self.refuses()
    }

    async fn last(&self, workflow_id: WorkflowId, task: StepIndex) -> Result<u64, LogFault> {
        self.store.last(workflow_id, task).await
    }

    async fn forget(&self, workflow_id: WorkflowId) -> Result<(), LogFault> {
        self.store.forget(workflow_id).await
    }

    async fn read(
        &self,
        workflow_id: WorkflowId,
        task: StepIndex,
        after: u64,
        limit: usize,
    ) -> Result<LogPage, LogFault> {
        self.store.read(workflow_id, task, after, limit).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_for_a_moment_loses_and_doubles_nothing() {
    let store = Unreliable {
        store: MemoryLogStore::default(),
        refusals: AtomicU32::new(3),
    };
    let log = start(store);
    log.task_log(WORKFLOW, 0, 1).stdout("one\ntwo");
    log.task_log(WORKFLOW, 0, 1).stdout("three");
    assert_eq!(texts(&log, 0).await, numbered(&["one", "two", "three"]));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_stays_away_does_not_hold_up_the_writers_for_ever() {
    let store = Unreliable {
        store: MemoryLogStore::default(),
        refusals: AtomicU32::new(5),
    };
    let log = start(store);
    let task = log.task_log(WORKFLOW, 0, 1);
    task.stdout("lost");
    log.flush().await;
    task.stdout("kept");
    task.caught_up().await;
    assert_eq!(texts(&log, 0).await, numbered(&[LOST, "kept"]));
    let page = log.read(WORKFLOW, 0, 0, 1).await.unwrap();
    let told = &page.lines[0];
    assert_eq!((told.attempt, told.stream), (1, LogStream::Engine));
}

/// What is wrong, in the words that programs read.
fn troubles(health: &Health) -> Vec<&'static str> {
    let troubles = health.troubles().into_iter();
    troubles.map(|trouble| trouble.kind.as_str()).collect()
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waited = async {
        while !is_so() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    let told = timeout(Duration::from_secs(60), waited).await;
    assert!(told.is_ok(), "never: {what}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_written_is_told_until_something_is_written_or_could_be() {
    let clock = Arc::new(SystemClock);
    for (refusals, rest_is_lost) in [(3, false), (9, true)] {
        let store = Unreliable {
            store: MemoryLogStore::default(),
            refusals: AtomicU32::new(refusals),
        };
        let health = Health::new(clock.clone(), Ballast::default());
        let log = LogWriter::watched(Arc::new(store), clock.clone(), &health);
        let task = log.task_log(WORKFLOW, 0, 1);
        assert_eq!(troubles(&health), [""; 0]);
        task.stdout("tried five times");
        until("it is told", || troubles(&health) == ["log_away"]).await;
        // Nobody writes or reads any more.
        until("it goes away by itself", || troubles(&health).is_empty()).await;
        let kept = if rest_is_lost {
            LOST
        } else {
            "tried five times"
        };
        assert_eq!(texts(&log, 0).await, numbered(&[kept]));
    }
}

#[tokio::test]
async fn whether_a_file_can_be_written_is_tried_without_leaving_anything_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("logs.db");
    let store = SqliteLogStore::open(&file).await.unwrap();
    let mut other = SqliteConnectOptions::new()
        .filename(&file)
        .connect()
        .await
        .unwrap();
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON log_lines
                  BEGIN SELECT RAISE(ABORT, 'not now'); END";
    sqlx::query(refuse).execute(&mut other).await.unwrap();
    let refused = store.probe().await.unwrap_err().to_string();
    assert!(refused.contains("not now"), "{refused}");
    let allow = sqlx::query("DROP TRIGGER refuse");
    allow.execute(&mut other).await.unwrap();
    store.probe().await.unwrap();
    let left = sqlx::query("SELECT count(*) AS n FROM log_lines");
    let left = left.fetch_one(&mut other).await.unwrap();
    assert_eq!(left.get::<i64, _>("n"), 0);
}

#[tokio::test]
async fn a_file_that_is_gone_is_not_read_through_a_connection_that_is_still_open() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("logs.db");
    let store = Arc::new(SqliteLogStore::open(&file).await.unwrap());
    let log = LogWriter::start(store.clone(), Arc::new(SystemClock));
    log.task_log(WORKFLOW, 0, 1).stdout("kept");
    log.flush().await;
    let kept = store.read(WORKFLOW, 0, 0, 10).await.unwrap();
    let lines = kept.lines.into_iter().map(|line| StoredLine {
        workflow_id: WORKFLOW,
        task: 0,
        line,
    });
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 1);
    std::fs::remove_file(&file).unwrap();
    let told = [
        store.read(WORKFLOW, 0, 0, 10).await.map(drop),
        store.append(&lines).await,
        store.probe().await,
    ];
    for told in told {
        let told = told.unwrap_err().to_string();
        assert!(told.contains("logs.db was deleted or replaced"), "{told}");
    }
}
