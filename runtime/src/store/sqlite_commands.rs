//! What was answered to commands that carry an id.

use engine::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::{AnsweredCommand, StoreError};

pub(super) async fn find(
    readers: &SqlitePool,
    actor: &str,
    id: &str,
) -> Result<Option<AnsweredCommand>, StoreError> {
    let found = sqlx::query("SELECT * FROM commands WHERE actor = $1 AND id = $2")
        .bind(actor)
        .bind(id)
        .fetch_optional(readers)
        .await?;
    let Some(row) = found else { return Ok(None) };
    let at: i64 = row.try_get("at")?;
    Ok(Some(AnsweredCommand {
        actor: row.try_get("actor")?,
        id: row.try_get("id")?,
        at: Timestamp::from_micros(at),
        content: row.try_get("content")?,
        answer: row.try_get("answer")?,
    }))
}

pub(super) async fn forget(
    writer: &mut SqliteConnection,
    before: Timestamp,
) -> Result<u64, StoreError> {
    let forgotten = sqlx::query("DELETE FROM commands WHERE at < $1")
        .bind(before.as_micros())
        .execute(writer)
        .await?;
    Ok(forgotten.rows_affected())
}
