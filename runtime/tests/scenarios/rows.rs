//! Somebody changes rows behind the engine's back.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};
use tokio::sync::Mutex;

pub struct Rows(Mutex<SqliteConnection>);

impl Rows {
    pub async fn of(file: &Path) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .foreign_keys(false)
            .disable_statement_logging();
        Self(Mutex::new(options.connect().await.unwrap()))
    }

    /// How many rows were changed.
    pub async fn change(&self, statement: &str) -> Result<u64, sqlx::Error> {
        let mut connection = self.0.lock().await;
        let query = sqlx::query(AssertSqlSafe(statement.to_owned()));
        Ok(query.execute(&mut *connection).await?.rows_affected())
    }

    pub async fn text(&self, statement: &str) -> String {
        let mut connection = self.0.lock().await;
        let query = sqlx::query(AssertSqlSafe(statement.to_owned()));
        let row = query.fetch_one(&mut *connection).await.unwrap();
        row.try_get(0).unwrap()
    }
}
