//! What programs show instead of signing in.

use engine::{Actor, ActorKind, Role, Timestamp};
use sqlx::sqlite::SqliteRow;

use super::account::{actor_of, made_at};
use super::{Accounts, StoreError};

impl Accounts {
    /// Keeps a token by its hash.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn add_token(
        &self,
        hash: &[u8],
        name: &str,
        role: Role,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO tokens (hash, name, role, created_at) VALUES ($1, $2, $3, $4)")
            .bind(hash)
            .bind(name)
            .bind(role.as_str())
            .bind(now.as_micros())
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Whom a token stands for.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn token_actor(&self, hash: &[u8]) -> Result<Option<Actor>, StoreError> {
        let row = sqlx::query("SELECT name, role FROM tokens WHERE hash = $1")
            .bind(hash)
            .fetch_optional(self.pool())
            .await?;
        let actor = |row: &SqliteRow| actor_of(ActorKind::Token, row);
        row.as_ref().map(actor).transpose()
    }

    /// Whom each token stands for and when it was made, in that order.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn tokens(&self) -> Result<Vec<(Actor, Timestamp)>, StoreError> {
        let rows = sqlx::query("SELECT name, role, created_at FROM tokens ORDER BY id")
            .fetch_all(self.pool())
            .await?;
        let read = |row: &SqliteRow| Ok((actor_of(ActorKind::Token, row)?, made_at(row)?));
        rows.iter().map(read).collect()
    }

    /// Takes back every token of this name; answers how many there were.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn remove_tokens(&self, name: &str) -> Result<u64, StoreError> {
        let removed = sqlx::query("DELETE FROM tokens WHERE name = $1")
            .bind(name)
            .execute(self.pool())
            .await?;
        Ok(removed.rows_affected())
    }
}
