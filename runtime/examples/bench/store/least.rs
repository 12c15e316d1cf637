//! The least SQL that an honest engine needs: the rows and events of each step, its start on disk
//! before its effect, its end on disk before anything follows from it. No decisions, no checks.

use std::path::Path;

use rusqlite::{Connection, Transaction};

use crate::Outcome;

const TABLES: &str = "
    CREATE TABLE workflows (id INTEGER PRIMARY KEY, status TEXT NOT NULL, rev INTEGER NOT NULL,
        created_at INTEGER NOT NULL) STRICT;
    CREATE TABLE tasks (workflow_id INTEGER NOT NULL, task INTEGER NOT NULL, status TEXT NOT NULL,
        attempt INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER, output TEXT,
        PRIMARY KEY (workflow_id, task)) STRICT, WITHOUT ROWID;
    CREATE TABLE attempts (workflow_id INTEGER NOT NULL, task INTEGER NOT NULL,
        attempt INTEGER NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER,
        outcome TEXT NOT NULL, PRIMARY KEY (workflow_id, task, attempt)) STRICT, WITHOUT ROWID;
    CREATE TABLE events (workflow_id INTEGER NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (workflow_id, seq)) STRICT, WITHOUT ROWID;";
/// Some moment, in microseconds; none of the loop depends on it.
const NOW: i64 = 1_790_000_000_000_000;

/// A database with nothing but what the loop needs.
pub struct Least {
    connection: Connection,
    workflow: i64,
    /// The number of the last event of the workflow.
    rev: i64,
}

impl Least {
    /// `synchronous` as SQLite spells it: `FULL` waits for the disk, `OFF` does not.
    pub fn open(file: &Path, synchronous: &str) -> Outcome<Self> {
        let connection = Connection::open(file)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.execute_batch(TABLES)?;
        Ok(Self {
            connection,
            workflow: 0,
            rev: 0,
        })
    }

    /// One commit of so many rows.
    pub fn commit_rows(&mut self, rows: i64) -> Outcome<()> {
        self.workflow += 1;
        let transaction = self.connection.transaction()?;
        for seq in 1..=rows {
            event(&transaction, self.workflow, seq, "row")?;
        }
        Ok(transaction.commit()?)
    }

    /// One workflow whose levels run one after the other, and the steps of a level side by side.
    pub fn run(&mut self, levels: &[i64]) -> Outcome<()> {
        self.workflow += 1;
        self.rev = 0;
        let (workflow, steps) = (self.workflow, levels.iter().sum());
        let transaction = self.connection.transaction()?;
        transaction
            .prepare_cached("INSERT INTO workflows VALUES (?, 'running', 0, ?)")?
            .execute((workflow, NOW))?;
        for task in 0..steps {
            transaction
                .prepare_cached(
                    "INSERT INTO tasks (workflow_id, task, status, attempt)
                     VALUES (?, ?, 'pending', 0)",
                )?
                .execute((workflow, task))?;
        }
        for kind in ["WorkflowCreated", "WorkflowStarted"] {
            self.rev += 1;
            event(&transaction, workflow, self.rev, kind)?;
        }
        transaction.commit()?;
        let mut first = 0;
        for level in levels {
            self.begin(first..first + level)?;
            self.end(first..first + level, first + level == steps)?;
            first += level;
        }
        Ok(())
    }

    fn begin(&mut self, tasks: std::ops::Range<i64>) -> Outcome<()> {
        let workflow = self.workflow;
        let transaction = self.connection.transaction()?;
        for task in tasks {
            transaction
                .prepare_cached(
                    "UPDATE tasks SET status = 'running', attempt = 1, started_at = ?
                     WHERE workflow_id = ? AND task = ?",
                )?
                .execute((NOW, workflow, task))?;
            transaction
                .prepare_cached("INSERT INTO attempts VALUES (?, ?, 1, ?, NULL, 'running')")?
                .execute((workflow, task, NOW))?;
            for kind in ["TaskQueued", "TaskStarted"] {
                self.rev += 1;
                event(&transaction, workflow, self.rev, kind)?;
            }
        }
        moved(&transaction, workflow, self.rev, "running")?;
        Ok(transaction.commit()?)
    }

    fn end(&mut self, tasks: std::ops::Range<i64>, is_last: bool) -> Outcome<()> {
        let workflow = self.workflow;
        let transaction = self.connection.transaction()?;
        for task in tasks {
            transaction
                .prepare_cached(
                    "UPDATE tasks SET status = 'completed', ended_at = ?, output = '{}'
                     WHERE workflow_id = ? AND task = ?",
                )?
                .execute((NOW, workflow, task))?;
            transaction
                .prepare_cached(
                    "UPDATE attempts SET outcome = 'succeeded', ended_at = ?
                     WHERE workflow_id = ? AND task = ? AND attempt = 1",
                )?
                .execute((NOW, workflow, task))?;
            self.rev += 1;
            event(&transaction, workflow, self.rev, "TaskCompleted")?;
        }
        let status = if is_last { "completed" } else { "running" };
        if is_last {
            self.rev += 1;
            event(&transaction, workflow, self.rev, "WorkflowCompleted")?;
        }
        moved(&transaction, workflow, self.rev, status)?;
        Ok(transaction.commit()?)
    }
}

fn event(transaction: &Transaction<'_>, workflow: i64, seq: i64, kind: &str) -> Outcome<()> {
    let body = format!(
        r#"{{"seq":{seq},"at":"2026-09-21T14:13:20.123456Z","kind":"{kind}","task":0,"attempt":1}}"#
    );
    transaction
        .prepare_cached("INSERT INTO events VALUES (?, ?, ?)")?
        .execute((workflow, seq, body))?;
    Ok(())
}

fn moved(transaction: &Transaction<'_>, workflow: i64, rev: i64, status: &str) -> Outcome<()> {
    transaction
        .prepare_cached("UPDATE workflows SET status = ?, rev = ? WHERE id = ?")?
        .execute((status, rev, workflow))?;
    Ok(())
}
