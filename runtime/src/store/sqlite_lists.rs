//! Lists of workflows in SQLite: by key, never by counting. A workflow in which nothing runs carries
//! its summary in its row; the few others are computed from their tasks.

use engine::orchestrator::{WorkflowFilter, WorkflowSelection};
use engine::progress::{Progress, Summary, WorkflowState};
use engine::{Timestamp, WorkflowId, WorkflowStatus};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::sqlite::SqliteStore;
use super::{StoreError, WorkflowStore, row, sqlite_quarantine, state_of};

const ALL: &str = "SELECT * FROM workflows WHERE id < $1
    AND ($2 IS NULL OR instr(name_lower, $2) > 0 OR id = $3 OR job_id = $3)
    ORDER BY id DESC LIMIT $4";
const ACTIVE: &str = "SELECT * FROM workflows
    WHERE status IN ('running', 'paused', 'recovering') AND id < $1
    AND ($2 IS NULL OR instr(name_lower, $2) > 0 OR id = $3 OR job_id = $3)
    ORDER BY id DESC LIMIT $4";
const RECOVERABLE: &str = "SELECT * FROM workflows
    WHERE status = 'failed' AND recovery_attempts < max_recovery_attempts AND id < $1
    AND ($2 IS NULL OR instr(name_lower, $2) > 0 OR id = $3 OR job_id = $3)
    ORDER BY id DESC LIMIT $4";
const BY_STATUS: &str = "SELECT * FROM workflows WHERE status = $5 AND id < $1
    AND ($2 IS NULL OR instr(name_lower, $2) > 0 OR id = $3 OR job_id = $3)
    ORDER BY id DESC LIMIT $4";

/// Of one definition there are seldom many: one statement, whatever else is asked for.
const OF_DEFINITION: &str = "SELECT * FROM workflows WHERE definition_id = $5 AND id < $1
    AND ($2 IS NULL OR instr(name_lower, $2) > 0 OR id = $3 OR job_id = $3)
    AND ($6 IS NULL OR status IN (SELECT value FROM json_each($6)))
    AND ($7 = 0 OR recovery_attempts < max_recovery_attempts)
    ORDER BY id DESC LIMIT $4";

pub(super) async fn list(
    store: &SqliteStore,
    filter: &WorkflowFilter,
    now: Timestamp,
) -> Result<Vec<WorkflowState>, StoreError> {
    let (statement, status) = match filter.selection {
        _ if filter.definition.is_some() => (OF_DEFINITION, None),
        WorkflowSelection::All => (ALL, None),
        WorkflowSelection::Active => (ACTIVE, None),
        WorkflowSelection::Recoverable => (RECOVERABLE, None),
        WorkflowSelection::Failed => (BY_STATUS, Some("failed")),
        WorkflowSelection::Status(status) => (BY_STATUS, Some(status.as_str())),
    };
    let text = filter
        .query
        .as_ref()
        .map(|query| query.trim().to_lowercase());
    let number: Option<i64> = text.as_deref().and_then(|text| text.parse().ok());
    let mut query = sqlx::query(statement)
        .bind(filter.before.map_or(i64::MAX, |id| id.0))
        .bind(text.filter(|text| !text.is_empty()))
        .bind(number)
        .bind(i64::try_from(filter.limit).unwrap_or(i64::MAX));
    if let Some(status) = status {
        query = query.bind(status);
    }
    if let Some(definition) = filter.definition {
        query = query
            .bind(definition.0)
            .bind(statuses(filter.selection))
            .bind(filter.selection == WorkflowSelection::Recoverable);
    }
    let rows = query.fetch_all(&store.readers).await?;
    let mut states = Vec::with_capacity(rows.len());
    for found in &rows {
        match state_now(store, found, now).await {
            Ok(state) => states.extend(state),
            // One row that cannot be read does not keep the others from being shown.
            Err(fault) if fault.is_of_a_row() => {
                states.push(sqlite_quarantine::remains(found, &fault.to_string()));
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(states)
}

/// One workflow, as a list would show it.
pub(super) async fn state(
    store: &SqliteStore,
    id: WorkflowId,
    now: Timestamp,
) -> Result<Option<WorkflowState>, StoreError> {
    let found = sqlx::query("SELECT * FROM workflows WHERE id = $1")
        .bind(id.0)
        .fetch_optional(&store.readers)
        .await?;
    match found {
        Some(found) => state_now(store, &found, now).await,
        None => Ok(None),
    }
}

async fn state_now(
    store: &SqliteStore,
    found: &SqliteRow,
    now: Timestamp,
) -> Result<Option<WorkflowState>, StoreError> {
    // What runs counts on with the clock, also while a pause waits for it. A summary that cannot be
    // read follows from the tasks.
    if let Ok(Some(summary)) = summary(found)
        && summary.running_tasks == 0
    {
        return settled(found, summary).map(Some);
    }
    let id: i64 = found.try_get("id")?;
    let stored = store.load(WorkflowId(id)).await?;
    Ok(stored.map(|stored| {
        let summary = Progress::of(&stored.workflow, now).summary;
        state_of(&stored, summary)
    }))
}

/// The states that are asked for, as a JSON list; none for all.
fn statuses(selection: WorkflowSelection) -> Option<String> {
    let status = match selection {
        WorkflowSelection::All => return None,
        WorkflowSelection::Active => return Some(r#"["running", "paused", "recovering"]"#.into()),
        WorkflowSelection::Failed | WorkflowSelection::Recoverable => WorkflowStatus::Failed,
        WorkflowSelection::Status(status) => status,
    };
    Some(format!("[\"{status}\"]"))
}

fn summary(found: &SqliteRow) -> Result<Option<Summary>, StoreError> {
    let text: Option<String> = found.try_get("summary")?;
    text.map(|text| row::parse("a summary", &text)).transpose()
}

fn settled(found: &SqliteRow, summary: Summary) -> Result<WorkflowState, StoreError> {
    let record = row::workflow_record(found)?;
    Ok(WorkflowState {
        id: record.id,
        summary,
        name: found.try_get("name")?,
        definition_id: row::header(found)?.source.map(|(id, _)| id),
        metadata: record.metadata,
        parameters: record.parameters,
        created_at: record.created_at,
    })
}
