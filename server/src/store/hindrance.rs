//! What stands in the way of a change to accounts, tokens and sessions, through no fault of ours.

use engine::orchestrator::Hindrance;
use runtime::store::{Concern, StoreError as Failure};
use tower_sessions::session::Error as SessionError;
use tower_sessions::session_store::Error;

use super::StoreError;

/// What stands in the way, when it is the disk or the database as a whole.
#[must_use]
pub fn hindrance(error: &StoreError) -> Option<Hindrance> {
    match Failure::concern_of(error) {
        Concern::Disk => Some(Hindrance::DiskFull),
        Concern::Database => Some(Hindrance::DatabaseAway),
        Concern::Rows => None,
    }
}

/// The same, of what was said through the sessions' library, which carries nothing but a text.
pub fn hindrance_of_session(error: &SessionError) -> Option<Hindrance> {
    let SessionError::Store(Error::Backend(text)) = error else {
        return None;
    };
    let told = [Hindrance::DiskFull, Hindrance::DatabaseAway];
    told.into_iter()
        .find(|told| text.starts_with(told.as_str()))
}

/// What the sessions' library is told.
pub(super) fn backend(error: StoreError) -> Error {
    Error::Backend(match hindrance(&error) {
        Some(hindrance) => format!("{}: {error}", hindrance.as_str()),
        None => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use engine::Role;
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
    use tower_sessions::Session;

    use super::*;
    use crate::moment::now;
    use crate::store::{ACCOUNT_KEY, Accounts, SessionLimits, Sessions, open};

    #[tokio::test]
    async fn a_full_disk_is_known_also_through_the_sessions_library() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts.db");
        open(&path).await.unwrap().close().await;
        let one = SqlitePoolOptions::new().max_connections(1);
        let options = SqliteConnectOptions::new().filename(&path);
        let pool = one.connect_with(options).await.unwrap();
        // To SQLite a file that may not grow is a full disk.
        let limit = sqlx::raw_sql("PRAGMA max_page_count = 1")
            .execute(&pool)
            .await;
        limit.unwrap();
        let accounts = Accounts::new(pool.clone());
        let mut made = 0;
        let full = loop {
            let name = format!("name{made}");
            let password = "x".repeat(1_000);
            match accounts.set(&name, &password, Role::Viewer, now()).await {
                Ok(_) => made += 1,
                Err(full) => break full,
            }
        };
        assert_eq!(hindrance(&full), Some(Hindrance::DiskFull), "{full}");
        let limit = Duration::from_secs(60);
        let limits = SessionLimits {
            idle: limit,
            absolute: limit,
        };
        let session = Session::new(None, Arc::new(Sessions::new(pool, limits)), None);
        session.insert(ACCOUNT_KEY, 1).await.unwrap();
        session.insert("large", "x".repeat(10_000)).await.unwrap();
        let full = session.save().await.unwrap_err();
        assert_eq!(hindrance_of_session(&full), Some(Hindrance::DiskFull));
    }
}
