//! Who is signed in. The id in the cookie is kept only as its hash, so a copy of the file signs
//! nobody in; saving only ever updates, so a request that ends after signing out revives nothing.

use std::time::Duration;

use async_trait::async_trait;
use engine::{Actor, ActorKind, Timestamp};
use sqlx::Row;
use tower_sessions::SessionStore;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result as SessionResult};

use super::account::actor_of;
use super::hindrance::{backend, hindrance};
use super::{Database, StoreError};
use crate::moment::now;
use crate::secret::hash;

/// The entry of a session that names its account.
pub const ACCOUNT_KEY: &str = "account";

/// `last_seen_at` is written at most this often.
const SEEN_EVERY: Duration = Duration::from_secs(60);

/// How long a session lasts.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimits {
    /// Since its last use.
    pub idle: Duration,
    /// Since signing in.
    pub absolute: Duration,
}

/// The sessions, as tower-sessions wants them and as the server asks for them.
#[derive(Debug, Clone)]
pub struct Sessions {
    pool: Database,
    limits: SessionLimits,
}

impl Sessions {
    /// Sessions in an opened database.
    #[must_use]
    pub fn new(pool: Database, limits: SessionLimits) -> Self {
        Self { pool, limits }
    }

    /// Who is signed in with the session of this hash, unless it is over or the account disabled.
    /// `used` says that a person does something with it now, which keeps it from going idle.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn actor(&self, hash: &[u8], used: bool) -> Result<Option<Actor>, StoreError> {
        let now = now();
        let row = sqlx::query(
            "SELECT accounts.name, accounts.role, sessions.last_seen_at
             FROM sessions JOIN accounts ON accounts.id = sessions.account_id
             WHERE sessions.hash = $1 AND sessions.expires_at > $2
               AND sessions.last_seen_at > $3 AND accounts.disabled = 0",
        )
        .bind(hash)
        .bind(now.as_micros())
        .bind(micros_before(now, self.limits.idle))
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let seen: i64 = row.try_get("last_seen_at")?;
        if used && seen < micros_before(now, SEEN_EVERY) {
            let noted = sqlx::query("UPDATE sessions SET last_seen_at = $1 WHERE hash = $2")
                .bind(now.as_micros())
                .bind(hash)
                .execute(&self.pool)
                .await;
            // On a full disk everything can still be looked at.
            if let Err(error) = noted {
                hindrance(&error).ok_or(error)?;
            }
        }
        actor_of(ActorKind::Person, &row).map(Some)
    }

    /// Removes what is over; answers how many there were.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn remove_ended(&self) -> Result<u64, StoreError> {
        let now = now();
        let removed =
            sqlx::query("DELETE FROM sessions WHERE expires_at <= $1 OR last_seen_at <= $2")
                .bind(now.as_micros())
                .bind(micros_before(now, self.limits.idle))
                .execute(&self.pool)
                .await?;
        Ok(removed.rows_affected())
    }
}

fn micros_before(now: Timestamp, span: Duration) -> i64 {
    let span = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    now.as_micros().saturating_sub(span)
}

fn data_of(record: &Record) -> SessionResult<String> {
    serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> SessionResult<()> {
        let account = record.data.get(ACCOUNT_KEY).and_then(|id| id.as_i64());
        let Some(account) = account else {
            return Err(Error::Encode("a session belongs to an account".into()));
        };
        let now = now();
        let data = data_of(record)?;
        loop {
            let made = sqlx::query(
                "INSERT INTO sessions (hash, account_id, data, created_at, last_seen_at, expires_at)
                 VALUES ($1, $2, $3, $4, $4, $5) ON CONFLICT (hash) DO NOTHING",
            )
            .bind(hash(&record.id.to_string()).to_vec())
            .bind(account)
            .bind(&data)
            .bind(now.as_micros())
            .bind(now.plus(self.limits.absolute).as_micros())
            .execute(&self.pool)
            .await
            .map_err(backend)?;
            if made.rows_affected() > 0 {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> SessionResult<()> {
        // No row means that somebody signed out meanwhile, and so it stays.
        sqlx::query("UPDATE sessions SET data = $1 WHERE hash = $2")
            .bind(data_of(record)?)
            .bind(hash(&record.id.to_string()).to_vec())
            .execute(&self.pool)
            .await
            .map_err(backend)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> SessionResult<Option<Record>> {
        let row = sqlx::query(
            "SELECT data, expires_at FROM sessions WHERE hash = $1 AND expires_at > $2",
        )
        .bind(hash(&id.to_string()).to_vec())
        .bind(now().as_micros())
        .fetch_optional(&self.pool)
        .await
        .map_err(backend)?;
        let Some(row) = row else { return Ok(None) };
        let data: String = row.try_get("data").map_err(backend)?;
        let expires_at: i64 = row.try_get("expires_at").map_err(backend)?;
        let nanos = i128::from(expires_at).saturating_mul(1_000);
        Ok(Some(Record {
            id: *id,
            data: serde_json::from_str(&data).map_err(|error| Error::Decode(error.to_string()))?,
            expiry_date: OffsetDateTime::from_unix_timestamp_nanos(nanos)
                .map_err(|error| Error::Decode(error.to_string()))?,
        }))
    }

    async fn delete(&self, id: &Id) -> SessionResult<()> {
        sqlx::query("DELETE FROM sessions WHERE hash = $1")
            .bind(hash(&id.to_string()).to_vec())
            .execute(&self.pool)
            .await
            .map_err(backend)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use engine::Role;

    use super::*;
    use crate::store::{Accounts, open};

    async fn signed_in(limits: SessionLimits) -> (tempfile::TempDir, Accounts, Sessions, Record) {
        let folder = tempfile::tempdir().unwrap();
        let pool = open(&folder.path().join("accounts.db")).await.unwrap();
        let accounts = Accounts::new(pool.clone());
        accounts.set("ada", "x", Role::Editor, now()).await.unwrap();
        let id = accounts.by_name("ADA").await.unwrap().unwrap().id;
        let sessions = Sessions::new(pool, limits);
        let mut record = Record {
            id: Id::default(),
            data: HashMap::from([(ACCOUNT_KEY.to_owned(), id.into())]),
            expiry_date: OffsetDateTime::now_utc(),
        };
        sessions.create(&mut record).await.unwrap();
        (folder, accounts, sessions, record)
    }

    const HOUR: SessionLimits = SessionLimits {
        idle: Duration::from_secs(3600),
        absolute: Duration::from_secs(3600),
    };

    #[tokio::test]
    async fn a_save_after_signing_out_revives_nothing() {
        let (_folder, _, sessions, record) = signed_in(HOUR).await;
        assert!(sessions.load(&record.id).await.unwrap().is_some());
        sessions.delete(&record.id).await.unwrap();
        sessions.save(&record).await.unwrap();
        assert!(sessions.load(&record.id).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn the_id_in_the_cookie_is_nowhere_in_the_file() {
        let (folder, _, sessions, record) = signed_in(HOUR).await;
        sessions.pool.close().await;
        let bytes = std::fs::read(folder.path().join("accounts.db")).unwrap();
        let id = record.id.to_string();
        let kept = hash(&id);
        assert!(bytes.windows(kept.len()).any(|window| window == kept));
        assert!(
            !bytes
                .windows(id.len())
                .any(|window| window == id.as_bytes())
        );
    }

    #[tokio::test]
    async fn a_new_password_ends_the_session() {
        let (_folder, accounts, sessions, record) = signed_in(HOUR).await;
        let hash = hash(&record.id.to_string());
        let actor = sessions.actor(&hash, true).await.unwrap().unwrap();
        assert_eq!((actor.name.as_str(), actor.role), ("ada", Role::Editor));
        accounts.set("ada", "y", Role::Viewer, now()).await.unwrap();
        assert!(sessions.actor(&hash, true).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn an_account_that_was_disabled_and_allowed_again_has_to_sign_in_again() {
        let (_folder, accounts, sessions, record) = signed_in(HOUR).await;
        let hash = hash(&record.id.to_string());
        accounts.set_disabled("ada", true).await.unwrap();
        assert!(sessions.actor(&hash, true).await.unwrap().is_none());
        accounts.set_disabled("ada", false).await.unwrap();
        assert!(sessions.actor(&hash, true).await.unwrap().is_none());
        assert!(sessions.load(&record.id).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn an_idle_session_is_over_and_swept() {
        let limits = SessionLimits {
            idle: Duration::ZERO,
            ..HOUR
        };
        let (_folder, _, sessions, record) = signed_in(limits).await;
        let hash = hash(&record.id.to_string());
        assert!(sessions.actor(&hash, true).await.unwrap().is_none());
        assert_eq!(sessions.remove_ended().await.unwrap(), 1);
    }
}
