//! Lists of workflows in SQLite: by key, never by counting. A workflow in which nothing runs carries
//! its summary in its row; the few others are computed from their tasks.

use engine::orchestrator::{WorkflowFilter, WorkflowSelection};
use engine::progress::{Progress, Summary, WorkflowState};
use engine::{Timestamp, WorkflowId, WorkflowStatus};
use futures::{Stream, StreamExt};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::sqlite::SqliteStore;
use super::sqlite_filter::{Place, SqliteFilter};
use super::{StoreError, WorkflowStore, row, sqlite_damage, sqlite_quarantine, state_of};

pub(super) async fn list(
    store: &SqliteStore,
    filter: &WorkflowFilter,
    now: Timestamp,
) -> Result<Vec<WorkflowState>, StoreError> {
    let asked = SqliteFilter::of(filter, &store.readers).await?;
    let mut states = Vec::new();
    let mut before = filter.before.unwrap_or(WorkflowId(i64::MAX));
    while states.len() < filter.limit {
        let mut sql = asked.rows(Place::Below(before), filter.limit - states.len());
        let (rows, damage) = up_to_damage(sql.build().fetch(&store.readers)).await?;
        for found in &rows {
            before = WorkflowId(found.try_get("id")?);
            add(store, found, now, &mut states).await?;
        }
        let Some(why) = damage else { break };
        match pass(store, filter, &asked, (before, &why), now, &mut states).await? {
            Some(behind) => before = behind,
            None => break,
        }
    }
    Ok(states)
}

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
    asked: &SqliteFilter,
    (mut before, why): (WorkflowId, &str),
    now: Timestamp,
    states: &mut Vec<WorkflowState>,
) -> Result<Option<WorkflowId>, StoreError> {
    let mut has_passed = false;
    loop {
        let page = sqlite_damage::below(&store.readers, before).await?;
        if page.is_empty() {
            return Ok(None);
        }
        for id in page {
            before = id;
            let mut sql = asked.rows(Place::At(id), 1);
            let read = sql.build().fetch_optional(&store.readers).await;
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
