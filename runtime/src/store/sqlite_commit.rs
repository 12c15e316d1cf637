//! One batch, one transaction: every row through a statement that was prepared once.

use engine::Timestamp;
use rusqlite::{Connection, Statement, Transaction, TransactionBehavior, params};

use super::attempt_row::AttemptRow;
use super::row;
use super::sqlite_rows::{EventRow, NewWorkflow, Rows, TaskRow, WorkflowRow, Written};
use super::{AnsweredCommand, StoreError};
use crate::crash_point;

/// Writes all rows, or none of them.
pub(super) fn commit(connection: &mut Connection, rows: &Rows) -> Result<(), StoreError> {
    // Whatever fails drops the transaction, and that rolls it back.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for definition in &rows.definitions {
        let text =
            "INSERT INTO frozen_definitions (hash, body) VALUES (?, ?) ON CONFLICT DO NOTHING";
        let mut insert = transaction.prepare_cached(text)?;
        insert.execute((&definition.hash, &definition.body))?;
    }
    write_workflows(&transaction, &rows.workflows)?;
    keep_outputs(&transaction, &rows.resets)?;
    write_tasks(&transaction, &rows.tasks)?;
    crash_point::reach("c6");
    write_attempts(&transaction, &rows.attempts)?;
    write_events(&transaction, &rows.events)?;
    write_commands(&transaction, &rows.commands)?;
    crash_point::reach("c6-whole");
    transaction.commit()?;
    Ok(())
}

/// Every row must stand exactly where the batch thinks it stands.
fn write_workflows(transaction: &Transaction<'_>, rows: &[WorkflowRow]) -> Result<(), StoreError> {
    let mut move_on = transaction
        .prepare_cached("UPDATE workflows SET rev = ? WHERE id = ? AND rev = ? AND epoch = ?")?;
    for row in rows {
        let changed = match &row.written {
            Written::Rev => move_on.execute((row.rev, row.id, row.stands_at, row.epoch))?,
            Written::State(..) => write_state(transaction, row)?,
            Written::Whole(new) => insert_workflow(transaction, row.rev, new)?,
        };
        if changed != 1 {
            return Err(StoreError::Stale(engine::WorkflowId(row.id)));
        }
    }
    Ok(())
}

fn write_state(transaction: &Transaction<'_>, row: &WorkflowRow) -> Result<usize, StoreError> {
    let Written::State(record, summary) = &row.written else {
        return Ok(0);
    };
    let mut update = transaction.prepare_cached(
        "UPDATE workflows SET status = ?, rev = ?, cancel_requested = ?, recovering_from = ?,
             epoch = ?, recovery_attempts = ?, max_recovery_attempts = ?, started_at = ?,
             completed_at = ?, paused_at = ?, summary = ?
         WHERE id = ? AND rev = ? AND epoch <= ?",
    )?;
    Ok(update.execute(params![
        record.status.as_str(),
        row.rev,
        record.cancel_requested,
        record.recovering_from.map(index).transpose()?,
        record.epoch,
        record.recovery_attempts,
        record.max_recovery_attempts,
        record.started_at.map(Timestamp::as_micros),
        record.completed_at.map(Timestamp::as_micros),
        record.paused_at.map(Timestamp::as_micros),
        summary,
        row.id,
        row.stands_at,
        row.epoch,
    ])?)
}

fn insert_workflow(
    transaction: &Transaction<'_>,
    rev: i64,
    new: &NewWorkflow,
) -> Result<usize, StoreError> {
    let record = &new.record;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO workflows (id, job_id, name, name_lower, definition_id, definition_version,
             definition_hash, status, rev, cancel_requested, recovering_from, epoch,
             recovery_attempts, max_recovery_attempts, created_at, started_at, completed_at,
             paused_at, metadata, parameters, summary)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO NOTHING",
    )?;
    Ok(insert.execute(params![
        record.id.0,
        record.job_id.0,
        new.name,
        new.name.to_lowercase(),
        new.source.map(|(id, _)| id),
        new.source.map(|(_, version)| version),
        new.definition_hash,
        record.status.as_str(),
        rev,
        record.cancel_requested,
        record.recovering_from.map(index).transpose()?,
        record.epoch,
        record.recovery_attempts,
        record.max_recovery_attempts,
        record.created_at.as_micros(),
        record.started_at.map(Timestamp::as_micros),
        record.completed_at.map(Timestamp::as_micros),
        record.paused_at.map(Timestamp::as_micros),
        new.metadata,
        new.parameters,
        new.summary,
    ])?)
}

const INSERT_TASK: &str = "INSERT INTO tasks (id, status, attempt, retry_count, lost_count,
        generation, redo, in_doubt, waiting, superseded, due_at, wait_micros, share, started_at,
        ended_at, failure, error_message, skip_reason, output, workflow_id, task)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const UPDATE_TASK: &str = "UPDATE tasks SET id = ?, status = ?, attempt = ?, retry_count = ?,
        lost_count = ?, generation = ?, redo = ?, in_doubt = ?, waiting = ?, superseded = ?,
        due_at = ?, wait_micros = ?, share = ?, started_at = ?, ended_at = ?, failure = ?,
        error_message = ?, skip_reason = ?, output = ?
    WHERE workflow_id = ? AND task = ?";

/// Before their rows forget it: what the attempts of these tasks gave. What an operator gave, for a task
/// that no attempt of its present start completed, is nobody's.
fn keep_outputs(transaction: &Transaction<'_>, resets: &[(i64, usize)]) -> Result<(), StoreError> {
    let mut keep = transaction.prepare_cached(
        "UPDATE attempts SET output = tasks.output FROM tasks
         WHERE tasks.workflow_id = ?1 AND tasks.task = ?2 AND tasks.status = 'completed'
             AND tasks.started_at IS NOT NULL
             AND attempts.workflow_id = ?1 AND attempts.task = ?2
             AND attempts.attempt = tasks.attempt AND attempts.outcome = 'succeeded'
             AND attempts.output IS NULL",
    )?;
    for (id, task) in resets {
        keep.execute((id, index(*task)?))?;
    }
    Ok(())
}

fn write_tasks(transaction: &Transaction<'_>, rows: &[TaskRow]) -> Result<(), StoreError> {
    let mut insert = transaction.prepare_cached(INSERT_TASK)?;
    let mut update = transaction.prepare_cached(UPDATE_TASK)?;
    for row in rows {
        let statement = if row.is_new { &mut insert } else { &mut update };
        if write_task(statement, row)? != 1 {
            let what = format!("task {} of workflow {}", row.task, row.workflow_id);
            return Err(row::corrupt(&what, &"it has no row"));
        }
    }
    Ok(())
}

fn write_task(statement: &mut Statement<'_>, row: &TaskRow) -> Result<usize, StoreError> {
    let record = &row.record;
    let wait = record.wait_micros.map(i64::try_from).transpose();
    Ok(statement.execute(params![
        record.id.0,
        record.status.as_str(),
        record.attempt,
        record.retry_count,
        record.lost_count,
        record.generation,
        record.redo,
        record.in_doubt,
        record.waiting,
        record.superseded,
        record.due_at.map(Timestamp::as_micros),
        wait.map_err(|error| row::corrupt("the length of a wait", &error))?,
        record.share,
        record.started_at.map(Timestamp::as_micros),
        record.ended_at.map(Timestamp::as_micros),
        row.failure,
        record.error_message,
        row.skip_reason,
        row.output,
        row.workflow_id,
        index(row.task)?,
    ])?)
}

fn write_attempts(transaction: &Transaction<'_>, rows: &[AttemptRow]) -> Result<(), StoreError> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO attempts (workflow_id, task, attempt, started_at, ended_at, outcome, error,
             output)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let mut update = transaction.prepare_cached(
        "UPDATE attempts SET ended_at = ?, outcome = ?, error = coalesce(?, error),
             output = coalesce(?, output)
         WHERE workflow_id = ? AND task = ? AND attempt = ?",
    )?;
    for row in rows {
        let (id, task) = (row.workflow_id, index(row.task)?);
        let (outcome, error) = (row.outcome.as_str(), &row.error);
        let output = row.output.as_ref().map(row::json_text).transpose()?;
        let (number, ended_at) = (row.attempt, row.ended_at);
        let known = !row.is_new
            && update.execute((ended_at, outcome, error, &output, id, task, number))? == 1;
        if !known {
            let started_at = row.started_at;
            insert.execute((
                id, task, number, started_at, ended_at, outcome, error, &output,
            ))?;
        }
    }
    Ok(())
}

fn write_events(transaction: &Transaction<'_>, rows: &[EventRow]) -> Result<(), StoreError> {
    let mut insert = transaction
        .prepare_cached("INSERT INTO events (workflow_id, seq, body) VALUES (?, ?, ?)")?;
    for row in rows {
        insert.execute((row.workflow_id, row.seq, &row.body))?;
    }
    Ok(())
}

pub(super) fn write_commands(
    transaction: &Transaction<'_>,
    rows: &[AnsweredCommand],
) -> Result<(), StoreError> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO commands (actor, id, at, content, answer) VALUES (?, ?, ?, ?, ?)",
    )?;
    for row in rows {
        let at = row.at.as_micros();
        insert.execute((&row.actor, &row.id, at, &row.content, &row.answer))?;
    }
    Ok(())
}

fn index(step: usize) -> Result<i64, StoreError> {
    i64::try_from(step).map_err(|error| row::corrupt("the position of a step", &error))
}
