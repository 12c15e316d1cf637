//! Versions of saved definitions in SQLite.

use async_trait::async_trait;
use engine::orchestrator::SavedDefinition;
use engine::{DefinitionId, Timestamp};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection, Row};

use super::sqlite::SqliteStore;
use super::{DefinitionStore, NewVersion, SaveError, StoreError, command_key, row};

#[async_trait]
impl DefinitionStore for SqliteStore {
    async fn save(&self, new: NewVersion<'_>) -> Result<SavedDefinition, SaveError> {
        let mut writer = self.writer.lend().await?;
        let saved = write_version(&mut writer, new).await;
        let saved = writer.bring_back(saved).await?;
        self.files.check()?;
        Ok(saved)
    }

    async fn definition(
        &self,
        id: DefinitionId,
        version: Option<u32>,
    ) -> Result<Option<SavedDefinition>, StoreError> {
        let found = sqlx::query(
            "SELECT * FROM definitions WHERE id = $1 AND ($2 IS NULL OR version = $2)
             ORDER BY version DESC LIMIT 1",
        )
        .bind(id.0)
        .bind(version.map(i64::from))
        .fetch_optional(&self.readers)
        .await?;
        found.as_ref().map(saved).transpose()
    }

    async fn definitions(
        &self,
        limit: usize,
        before: Option<DefinitionId>,
    ) -> Result<Vec<SavedDefinition>, StoreError> {
        let rows = sqlx::query(
            "SELECT d.* FROM definitions d
             WHERE d.id < ifnull($1, 9223372036854775807)
               AND d.version = (SELECT max(version) FROM definitions l WHERE l.id = d.id)
             ORDER BY d.id DESC LIMIT $2",
        )
        .bind(before.map(|id| id.0))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await?;
        let read = |row| row::readable("a definition", saved(row));
        Ok(rows.iter().filter_map(read).collect())
    }
}

async fn write_version(
    writer: &mut SqliteConnection,
    new: NewVersion<'_>,
) -> Result<SavedDefinition, SaveError> {
    let begin = writer.begin_with("BEGIN IMMEDIATE").await;
    let mut transaction = begin.map_err(StoreError::from)?;
    if let Some(kept) = saved_under(&mut transaction, new).await? {
        return new.repeated(kept);
    }
    let (id, version) = next_version(&mut transaction, new.replaces).await?;
    let body = new.definition.to_json();
    sqlx::query(
        "INSERT INTO definitions (id, version, name, body, sent, saved_at, saved_by, command_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id.0)
    .bind(i64::from(version))
    .bind(new.definition.name())
    .bind(body.to_string())
    .bind(new.sent.to_string())
    .bind(new.now.as_micros())
    .bind(new.by)
    .bind(new.command_id)
    .execute(&mut *transaction)
    .await
    .map_err(StoreError::from)?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(SavedDefinition {
        definition_id: id,
        version,
        saved_at: new.now,
        saved_by: new.by.to_owned(),
        definition: body,
        sent: new.sent.clone(),
    })
}

/// What was saved before under the same id, also by a version that did not tell kinds of actors apart.
async fn saved_under(
    connection: &mut SqliteConnection,
    new: NewVersion<'_>,
) -> Result<Option<SavedDefinition>, StoreError> {
    let Some(key) = new.command_id else {
        return Ok(None);
    };
    let found = sqlx::query(
        "SELECT * FROM definitions WHERE saved_by = $1 AND command_id IN ($2, $3)
         ORDER BY command_id = $2 DESC LIMIT 1",
    )
    .bind(new.by)
    .bind(key)
    .bind(command_key::older(key))
    .fetch_optional(connection)
    .await?;
    found.as_ref().map(saved).transpose()
}

async fn next_version(
    connection: &mut SqliteConnection,
    replaces: Option<(DefinitionId, u32)>,
) -> Result<(DefinitionId, u32), SaveError> {
    let Some((id, based_on)) = replaces else {
        let row = sqlx::query("SELECT ifnull(max(id), 0) + 1 AS id FROM definitions")
            .fetch_one(connection)
            .await
            .map_err(StoreError::from)?;
        return Ok((
            DefinitionId(row.try_get("id").map_err(StoreError::from)?),
            1,
        ));
    };
    let latest = sqlx::query(
        "SELECT version, saved_by FROM definitions WHERE id = $1 ORDER BY version DESC LIMIT 1",
    )
    .bind(id.0)
    .fetch_optional(connection)
    .await
    .map_err(StoreError::from)?;
    let Some(row) = latest else {
        return Err(SaveError::Unknown(id));
    };
    let latest: u32 = row.try_get("version").map_err(StoreError::from)?;
    if latest != based_on {
        let saved_by = row.try_get("saved_by").map_err(StoreError::from)?;
        return Err(SaveError::Outdated { latest, saved_by });
    }
    Ok((id, latest + 1))
}

fn saved(row: &SqliteRow) -> Result<SavedDefinition, StoreError> {
    let saved_at: i64 = row.try_get("saved_at")?;
    Ok(SavedDefinition {
        definition_id: DefinitionId(row.try_get("id")?),
        version: row.try_get("version")?,
        saved_at: Timestamp::from_micros(saved_at),
        saved_by: row.try_get("saved_by")?,
        definition: row::parse("a definition", row.try_get("body")?)?,
        sent: row::parse("a definition as sent", row.try_get("sent")?)?,
    })
}
