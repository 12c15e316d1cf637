//! Starts of the engine in SQLite.

use async_trait::async_trait;
use engine::{Timestamp, WorkflowId};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection, Row};
use uuid::Uuid;

use super::sqlite::SqliteStore;
use super::{BOOTS_KEPT, Boot, BootMark, BootStore, LeftBehind, StoreError, row};

/// The attempts under way, read off the rows as they are. `CROSS JOIN` keeps the order: the few
/// active workflows first.
const UNDER_WAY: &str = "SELECT t.workflow_id, t.task, t.generation,
        ifnull(t.superseded, t.attempt) AS attempt
    FROM workflows w CROSS JOIN tasks t ON t.workflow_id = w.id
    WHERE w.status IN ('running', 'paused', 'recovering')
      AND (t.superseded IS NOT NULL OR (t.status = 'running' AND t.waiting = 0))
    ORDER BY t.workflow_id, t.task";

#[async_trait]
impl BootStore for SqliteStore {
    async fn begin_boot(&self, incarnation: Uuid, now: Timestamp) -> Result<Vec<Boot>, StoreError> {
        let mut writer = self.writer.lend().await?;
        let begun = begin(&mut writer, incarnation, now).await;
        writer.bring_back(begun).await
    }

    async fn mark_boot(&self, incarnation: Uuid, mark: BootMark) -> Result<(), StoreError> {
        let statement = match mark {
            BootMark::Lasted => "UPDATE boots SET lasted = 1 WHERE incarnation = $1",
            BootMark::Stopped => "UPDATE boots SET was_stopped = 1 WHERE incarnation = $1",
        };
        let mut writer = self.writer.lend().await?;
        let marked = sqlx::query(statement)
            .bind(incarnation.to_string())
            .execute(&mut *writer)
            .await;
        let marked = marked.map(drop).map_err(StoreError::from);
        writer.bring_back(marked).await
    }
}

async fn begin(
    writer: &mut SqliteConnection,
    incarnation: Uuid,
    now: Timestamp,
) -> Result<Vec<Boot>, StoreError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let left_behind = under_way(&mut transaction).await?;
    sqlx::query("UPDATE boots SET left_behind = $1 WHERE number = (SELECT max(number) FROM boots)")
        .bind(row::json_text(&left_behind)?)
        .execute(&mut *transaction)
        .await?;
    let kept = i64::try_from(BOOTS_KEPT).unwrap_or(i64::MAX);
    sqlx::query("DELETE FROM boots WHERE number <= (SELECT max(number) FROM boots) - $1")
        .bind(kept)
        .execute(&mut *transaction)
        .await?;
    let before = sqlx::query("SELECT * FROM boots ORDER BY number DESC")
        .fetch_all(&mut *transaction)
        .await?;
    sqlx::query("INSERT INTO boots (incarnation, started_at) VALUES ($1, $2)")
        .bind(incarnation.to_string())
        .bind(now.as_micros())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    before.iter().map(boot).collect()
}

async fn under_way(connection: &mut SqliteConnection) -> Result<Vec<LeftBehind>, StoreError> {
    let found = sqlx::query(UNDER_WAY).fetch_all(connection).await?;
    let left = |found: &SqliteRow| {
        Ok(LeftBehind {
            workflow_id: WorkflowId(found.try_get("workflow_id")?),
            task: row::number(found, "task")?,
            generation: row::number(found, "generation")?,
            attempt: row::number(found, "attempt")?,
        })
    };
    found.iter().map(left).collect()
}

fn boot(found: &SqliteRow) -> Result<Boot, StoreError> {
    let incarnation: String = found.try_get("incarnation")?;
    let started_at: i64 = found.try_get("started_at")?;
    let left_behind: Option<String> = found.try_get("left_behind")?;
    Ok(Boot {
        incarnation: Uuid::parse_str(&incarnation)
            .map_err(|fault| row::corrupt("the name of a start", &fault))?,
        started_at: Timestamp::from_micros(started_at),
        lasted: found.try_get("lasted")?,
        was_stopped: found.try_get("was_stopped")?,
        left_behind: left_behind
            .map(|text| row::parse("what a start left behind", &text))
            .transpose()?
            .unwrap_or_default(),
    })
}
