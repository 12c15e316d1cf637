//! Reads whole workflows: their rows, the definitions they execute and the rows of their tasks.

use std::collections::HashMap;
use std::sync::Arc;

use engine::workflow::{TaskRecord, WorkflowRecord};
use engine::{Workflow, WorkflowDefinition, WorkflowId};
use futures::TryStreamExt;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::sqlite::SqliteStore;
use super::{Header, StoreError, StoredWorkflow, row};

/// What was read of one of many.
type Read = (WorkflowId, Result<StoredWorkflow, StoreError>);
/// Definitions by their hash, or why they cannot be read.
type Definitions = HashMap<String, Result<Arc<WorkflowDefinition>, String>>;

/// One workflow, if it exists.
pub(super) async fn one(
    store: &SqliteStore,
    id: WorkflowId,
) -> Result<Option<StoredWorkflow>, StoreError> {
    // One read transaction, so that the row and its tasks are of the same moment.
    let mut reader = store.readers.begin().await?;
    let found = sqlx::query(
        "SELECT w.*, f.body, (SELECT max(seq) FROM events e WHERE e.workflow_id = w.id) AS last
         FROM workflows w LEFT JOIN frozen_definitions f ON f.hash = w.definition_hash
         WHERE w.id = $1",
    )
    .bind(id.0)
    .fetch_optional(&mut *reader)
    .await?;
    let Some(found) = found else { return Ok(None) };
    let tasks = sqlx::query("SELECT * FROM tasks WHERE workflow_id = $1 ORDER BY task")
        .bind(id.0)
        .fetch_all(&mut *reader)
        .await?;
    let (record, header) = head(&found)?;
    let definition = store.definitions.get_or(&header.definition_hash, || {
        definition(found.try_get("body")?).map_err(|cause| unreadable(record.id, &cause))
    })?;
    let tasks = tasks.iter().enumerate();
    let tasks = tasks.map(|(index, task)| row::task_at(task, index));
    whole(record, header, definition, tasks.collect::<Result<_, _>>()?).map(Some)
}

/// Those of these workflows that exist, in the order of their numbers and all of the same moment. Rows
/// of tasks are held of one workflow at a time.
pub(super) async fn many(store: &SqliteStore, ids: &[WorkflowId]) -> Result<Vec<Read>, StoreError> {
    let numbers: Vec<_> = ids.iter().map(|id| id.0).collect();
    let numbers = row::json_text(&numbers)?;
    let mut reader = store.readers.begin().await?;
    let found = sqlx::query(
        "SELECT w.*, (SELECT max(seq) FROM events e WHERE e.workflow_id = w.id) AS last
         FROM workflows w WHERE w.id IN (SELECT value FROM json_each($1)) ORDER BY w.id",
    )
    .bind(&numbers)
    .fetch_all(&mut *reader)
    .await?;
    let definitions = definitions(store, &mut reader, &found).await?;
    let mut tasks = sqlx::query(
        "SELECT * FROM tasks WHERE workflow_id IN (SELECT value FROM json_each($1))
         ORDER BY workflow_id, task",
    )
    .bind(&numbers)
    .fetch(&mut *reader);
    let mut read = Vec::with_capacity(found.len());
    let mut next = tasks.try_next().await?;
    for found in &found {
        let id: i64 = found.try_get("id")?;
        let mut records = Vec::new();
        while let Some(task) = &next {
            let owner: i64 = task.try_get("workflow_id")?;
            if owner > id {
                break;
            }
            // Tasks without a workflow are nobody's.
            if owner == id {
                records.push(row::task_at(task, records.len()));
            }
            next = tasks.try_next().await?;
        }
        read.push((WorkflowId(id), of_many(found, &definitions, records)));
    }
    Ok(read)
}

fn of_many(
    found: &SqliteRow,
    definitions: &Definitions,
    tasks: Vec<Result<TaskRecord, StoreError>>,
) -> Result<StoredWorkflow, StoreError> {
    let (record, header) = head(found)?;
    let definition = match definitions.get(&header.definition_hash) {
        Some(Ok(definition)) => Arc::clone(definition),
        Some(Err(cause)) => return Err(unreadable(record.id, cause)),
        None => return Err(unreadable(record.id, NOT_THERE)),
    };
    let tasks = tasks.into_iter().collect::<Result<_, _>>()?;
    whole(record, header, definition, tasks)
}

/// The definitions of all these rows, each read at most once.
async fn definitions(
    store: &SqliteStore,
    reader: &mut SqliteConnection,
    rows: &[SqliteRow],
) -> Result<Definitions, StoreError> {
    let mut known = Definitions::new();
    for found in rows {
        // What cannot be read is told of its workflow later.
        let Ok(hash) = found.try_get::<String, _>("definition_hash") else {
            continue;
        };
        if known.contains_key(&hash) {
            continue;
        }
        let read = match store.definitions.get(&hash) {
            Some(definition) => Ok(definition),
            None => {
                let body = sqlx::query("SELECT body FROM frozen_definitions WHERE hash = $1")
                    .bind(&hash)
                    .fetch_optional(&mut *reader)
                    .await?;
                let body = body.as_ref().map(|body| body.try_get("body"));
                match body.transpose().map_err(|error| error.to_string()) {
                    Ok(body) => definition(body).map(Arc::new),
                    Err(cause) => Err(cause),
                }
            }
        };
        if let Ok(definition) = &read {
            store.definitions.put(&hash, definition);
        }
        known.insert(hash, read);
    }
    Ok(known)
}

const NOT_THERE: &str = "it is not there";

/// The definition that is kept as this text, or why there is none.
fn definition(body: Option<&str>) -> Result<WorkflowDefinition, String> {
    let body: serde_json::Value =
        serde_json::from_str(body.ok_or(NOT_THERE)?).map_err(|error| error.to_string())?;
    WorkflowDefinition::from_json(&body).map_err(|problems| {
        let first = problems.first().map(ToString::to_string);
        first.unwrap_or_default()
    })
}

fn unreadable(id: WorkflowId, cause: &str) -> StoreError {
    row::corrupt(&format!("the definition of workflow {id}"), &cause)
}

/// What the row of a workflow says by itself.
fn head(found: &SqliteRow) -> Result<(WorkflowRecord, Header), StoreError> {
    let record = row::workflow_record(found)?;
    let last: Option<i64> = found.try_get("last")?;
    if last.map(i64::unsigned_abs) != Some(record.rev) {
        let cause = format!(
            "it stands at event {}, the last one is {last:?}",
            record.rev
        );
        return Err(row::corrupt(&format!("workflow {}", record.id), &cause));
    }
    Ok((record, row::header(found)?))
}

fn whole(
    record: WorkflowRecord,
    header: Header,
    definition: Arc<WorkflowDefinition>,
    tasks: Vec<TaskRecord>,
) -> Result<StoredWorkflow, StoreError> {
    let steps = definition.steps().len();
    if tasks.len() != steps {
        let cause = format!("{} tasks for {steps} steps", tasks.len());
        return Err(row::corrupt(&format!("workflow {}", record.id), &cause));
    }
    let workflow = Workflow::restore(record, definition, tasks);
    Ok(StoredWorkflow { header, workflow })
}
