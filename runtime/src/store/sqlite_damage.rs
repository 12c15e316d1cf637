//! A file with damaged pages: whether anything in it can be relied on, and what is read in the place
//! of what lies on such a page.

use engine::WorkflowId;
use engine::definition::limits;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};

use super::{LastNumbers, StoreError};

/// Both ends of each table without which nothing can be decided, and of each index that every change
/// of a workflow's state writes.
const ENDS: [[&str; 2]; 5] = [
    [
        "SELECT id FROM workflows ORDER BY id LIMIT 1",
        "SELECT id FROM workflows ORDER BY id DESC LIMIT 1",
    ],
    [
        "SELECT id FROM tasks ORDER BY workflow_id, task LIMIT 1",
        "SELECT id FROM tasks ORDER BY workflow_id DESC, task DESC LIMIT 1",
    ],
    [
        "SELECT body FROM events ORDER BY workflow_id, seq LIMIT 1",
        "SELECT body FROM events ORDER BY workflow_id DESC, seq DESC LIMIT 1",
    ],
    [
        "SELECT id FROM workflows INDEXED BY workflows_by_status ORDER BY status, id LIMIT 1",
        "SELECT id FROM workflows INDEXED BY workflows_by_status ORDER BY status DESC, id DESC LIMIT 1",
    ],
    [
        "SELECT id FROM workflows INDEXED BY workflows_of_job ORDER BY job_id, id LIMIT 1",
        "SELECT id FROM workflows INDEXED BY workflows_of_job ORDER BY job_id DESC, id DESC LIMIT 1",
    ],
];
/// Those that have to be in memory, without the index that tells them.
const ACTIVE: &str = "SELECT id FROM workflows NOT INDEXED
    WHERE status NOT IN ('pending', 'completed', 'failed', 'cancelled') ORDER BY id";
/// Workflows by number, out of an index: their own pages are not needed for it.
const BELOW: &str = "SELECT id FROM workflows INDEXED BY workflows_by_status
    WHERE id < $1 ORDER BY id DESC LIMIT 1000";
const ABOVE: &str = "SELECT id FROM workflows INDEXED BY workflows_by_status
    WHERE id > $1 ORDER BY id LIMIT $2";

/// The failure, and whether it is one of the file as a whole: a damaged page is one of many, unless
/// neither end of a table can be reached.
pub(super) async fn judged(readers: &SqlitePool, fault: StoreError) -> StoreError {
    match fault {
        StoreError::DamagedPage(_) => look(readers).await.err().unwrap_or(fault),
        other => other,
    }
}

/// Fails when the file is damaged as a whole.
pub(super) async fn look(readers: &SqlitePool) -> Result<(), StoreError> {
    for ends in ENDS {
        let mut damaged = Vec::new();
        for end in ends {
            let read = sqlx::query(end).fetch_optional(readers).await;
            match read.map_err(StoreError::from) {
                Err(StoreError::DamagedPage(why)) => damaged.push(why),
                Err(fault) => return Err(fault),
                Ok(_) => {}
            }
        }
        if let [_, why] = &damaged[..] {
            return Err(StoreError::Damaged(why.clone()));
        }
    }
    Ok(())
}

/// The active workflows, where the index of them lies on a damaged page.
pub(super) async fn active(readers: &SqlitePool) -> Result<Vec<WorkflowId>, StoreError> {
    let rows = sqlx::query(ACTIVE).fetch_all(readers).await?;
    rows.iter().map(number).collect()
}

fn number(row: &SqliteRow) -> Result<WorkflowId, StoreError> {
    Ok(WorkflowId(row.try_get("id")?))
}

/// The next workflows below this number, the highest first.
pub(super) async fn below(
    readers: &SqlitePool,
    id: WorkflowId,
) -> Result<Vec<WorkflowId>, StoreError> {
    let rows = sqlx::query(BELOW).bind(id.0).fetch_all(readers).await?;
    rows.iter().map(number).collect()
}

/// The next workflows above this number.
pub(super) async fn above(
    reader: &mut SqliteConnection,
    id: WorkflowId,
    limit: u32,
) -> Result<Vec<WorkflowId>, StoreError> {
    let rows = sqlx::query(ABOVE)
        .bind(id.0)
        .bind(limit)
        .fetch_all(reader)
        .await?;
    rows.iter().map(number).collect()
}

/// The highest numbers, where the row of the last workflow or those of its tasks cannot be read. Of
/// tasks at least as high a one as was given out.
pub(super) async fn last_numbers(readers: &SqlitePool) -> Result<LastNumbers, StoreError> {
    let job = "SELECT ifnull(max(job_id), 0) AS job FROM workflows WHERE job_id <= $1";
    let job = sqlx::query(job)
        .bind(LastNumbers::MOST)
        .fetch_one(readers)
        .await?;
    let mut last = LastNumbers {
        job: job.try_get("job")?,
        ..LastNumbers::default()
    };
    let mut unread: i64 = 0;
    for id in below(readers, WorkflowId(LastNumbers::MOST)).await? {
        last.workflow = last.workflow.max(id.0);
        let task = "SELECT max(id) AS task FROM tasks WHERE workflow_id = $1 AND id <= $2";
        let task = sqlx::query(task)
            .bind(id.0)
            .bind(LastNumbers::MOST)
            .fetch_one(readers)
            .await;
        match task.map_err(StoreError::from) {
            Err(StoreError::DamagedPage(_)) => unread += 1,
            task => {
                if let Some(task) = task?.try_get("task")? {
                    last.task = task;
                    break;
                }
            }
        }
    }
    let most = i64::try_from(limits::STEPS_MAX).unwrap_or(i64::MAX);
    last.task = last.task.saturating_add(unread.saturating_mul(most));
    Ok(last)
}
