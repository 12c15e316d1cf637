//! Lists of workflows in SQLite: by key, never by counting. A workflow in which nothing runs carries
//! its summary in its row; the few others are computed from their tasks.

use engine::orchestrator::{WorkflowFilter, WorkflowSelection};
use engine::progress::{Progress, Summary, WorkflowState};
use engine::{Timestamp, WorkflowId, WorkflowStatus};
use futures::{Stream, StreamExt};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Row, Sqlite};

use super::sqlite::SqliteStore;
use super::{StoreError, WorkflowStore, row, sqlite_damage, sqlite_quarantine, state_of};

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
    let mut states = Vec::new();
    let mut before = filter.before.unwrap_or(WorkflowId(i64::MAX));
    while states.len() < filter.limit {
        let left = filter.limit - states.len();
        let query = ask(statement(filter).to_owned(), filter, before, left);
        let (rows, damage) = up_to_damage(query.fetch(&store.readers)).await?;
        for found in &rows {
            before = WorkflowId(found.try_get("id")?);
            add(store, found, now, &mut states).await?;
        }
        let Some(why) = damage else { break };
        match pass(store, filter, (before, &why), now, &mut states).await? {
            Some(behind) => before = behind,
            None => break,
        }
    }
    Ok(states)
}

fn statement(filter: &WorkflowFilter) -> &'static str {
    match filter.selection {
        _ if filter.definition.is_some() => OF_DEFINITION,
        WorkflowSelection::All => ALL,
        WorkflowSelection::Active => ACTIVE,
        WorkflowSelection::Recoverable => RECOVERABLE,
        WorkflowSelection::Failed | WorkflowSelection::Status(_) => BY_STATUS,
    }
}

/// The statement with everything that is asked for, from this workflow on.
fn ask(statement: String, filter: &WorkflowFilter, from: WorkflowId, limit: usize) -> Asked {
    let text = filter
        .query
        .as_ref()
        .map(|query| query.trim().to_lowercase());
    let number: Option<i64> = text.as_deref().and_then(|text| text.parse().ok());
    let query = sqlx::query(AssertSqlSafe(statement))
        .bind(from.0)
        .bind(text.filter(|text| !text.is_empty()))
        .bind(number)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX));
    if let Some(definition) = filter.definition {
        return query
            .bind(definition.0)
            .bind(statuses(filter.selection))
            .bind(filter.selection == WorkflowSelection::Recoverable);
    }
    match filter.selection {
        WorkflowSelection::Failed => query.bind("failed"),
        WorkflowSelection::Status(status) => query.bind(status.as_str()),
        _ => query,
    }
}

type Asked = Query<'static, Sqlite, SqliteArguments>;

async fn add(
    store: &SqliteStore,
    found: &SqliteRow,
    now: Timestamp,
    states: &mut Vec<WorkflowState>,
) -> Result<(), StoreError> {
    match state_now(store, found, now).await {
        Ok(state) => states.extend(state),
        // One row that cannot be read does not keep the others from being shown.
        Err(fault) if fault.is_of_a_row() => {
            states.push(sqlite_quarantine::remains(found, &fault.to_string()));
        }
        Err(fault) => return Err(fault),
    }
    Ok(())
}

/// Rows as far as they can be read, and why the next one cannot.
async fn up_to_damage(
    mut found: impl Stream<Item = Result<SqliteRow, sqlx::Error>> + Unpin,
) -> Result<(Vec<SqliteRow>, Option<String>), StoreError> {
    let mut rows = Vec::new();
    while let Some(row) = found.next().await {
        match row.map_err(StoreError::from) {
            Err(StoreError::DamagedPage(why)) => return Ok((rows, Some(why))),
            row => rows.push(row?),
        }
    }
    Ok((rows, None))
}

/// Goes past a damaged page, workflow by workflow. Of those on it the numbers are known, from an
/// index. Says behind which one the list goes on.
async fn pass(
    store: &SqliteStore,
    filter: &WorkflowFilter,
    (mut before, why): (WorkflowId, &str),
    now: Timestamp,
    states: &mut Vec<WorkflowState>,
) -> Result<Option<WorkflowId>, StoreError> {
    let single = statement(filter).replace("id < $1", "id = $1");
    let mut has_passed = false;
    loop {
        let page = sqlite_damage::below(&store.readers, before).await?;
        if page.is_empty() {
            return Ok(None);
        }
        for id in page {
            before = id;
            let asked = ask(single.clone(), filter, id, 1);
            let read = asked.fetch_optional(&store.readers).await;
            match read.map_err(StoreError::from) {
                Err(StoreError::DamagedPage(_)) => {
                    has_passed = true;
                    if is_listed_unread(filter) {
                        let why = StoreError::DamagedPage(why.to_owned()).to_string();
                        states.push(sqlite_quarantine::nothing_but(id, &why));
                    }
                }
                read => {
                    if let Some(found) = read? {
                        add(store, &found, now, states).await?;
                    }
                    if has_passed {
                        return Ok(Some(id));
                    }
                }
            }
            if states.len() >= filter.limit {
                return Ok(None);
            }
        }
    }
}

/// Whether a workflow of which only the number is known belongs in the list: it is shown as failed.
fn is_listed_unread(filter: &WorkflowFilter) -> bool {
    let is_narrow = filter.definition.is_some() || filter.query.is_some();
    let is_about_failed = matches!(
        filter.selection,
        WorkflowSelection::All
            | WorkflowSelection::Failed
            | WorkflowSelection::Status(WorkflowStatus::Failed)
    );
    is_about_failed && !is_narrow
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
