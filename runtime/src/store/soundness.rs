//! Whether the file is whole. It is read from end to end for that, so nothing waits for it.

use std::time::Instant;

use sqlx::sqlite::SqlitePool;
use sqlx::{AssertSqlSafe, Row};
use tracing::{error, info};

use crate::database::Database;
use crate::health::Health;

/// Looks through a file.
pub(crate) struct Soundness(SqlitePool);

impl Soundness {
    /// Of this database.
    pub(crate) fn of(database: &Database) -> Self {
        Self(database.readers.clone())
    }

    /// Looks through the file, table by table, and tells what it finds.
    pub(crate) fn look_in_background(self, health: Health) {
        tokio::spawn(async move {
            let begun = Instant::now();
            match self.tables_and_problems().await {
                Ok((tables, problems)) if problems.is_empty() => {
                    let took = begun.elapsed();
                    info!(tables, ?took, "the database is sound");
                }
                Ok((_, problems)) => {
                    health.looked_through(&problems);
                    for problem in problems {
                        error!(problem, "the database is damaged");
                    }
                }
                // Closed again, before the look was over.
                Err(sqlx::Error::PoolClosed) => {}
                Err(fault) => error!(%fault, "the database could not be looked through"),
            }
        });
    }

    /// How many tables there are, and what is wrong with them. Each is looked through on its own,
    /// so that the write-ahead log need not grow for as long as the whole file takes.
    async fn tables_and_problems(&self) -> Result<(usize, Vec<String>), sqlx::Error> {
        let tables = sqlx::query("SELECT name FROM sqlite_schema WHERE type = 'table'")
            .fetch_all(&self.0)
            .await?;
        let mut problems = Vec::new();
        for table in &tables {
            let name: String = table.try_get("name")?;
            // A pragma takes no parameters; the name is one of our own tables.
            let look = format!("PRAGMA quick_check(\"{name}\")");
            match sqlx::query(AssertSqlSafe(look)).fetch_all(&self.0).await {
                Ok(said) => {
                    for line in &said {
                        let line: String = line.try_get(0)?;
                        if line != "ok" {
                            problems.push(format!("{name}: {line}"));
                        }
                    }
                }
                // Damaged so badly that the look itself fails.
                Err(sqlx::Error::Database(fault)) => problems.push(format!("{name}: {fault}")),
                Err(fault) => return Err(fault),
            }
        }
        Ok((tables.len(), problems))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    /// A page of the file is overwritten; it is found, and the tables beside it are still sound.
    #[tokio::test]
    async fn damage_is_found_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.db");
        let database = Database::open(&path).await.unwrap();
        let (tables, problems) = Soundness::of(&database)
            .tables_and_problems()
            .await
            .unwrap();
        assert!(tables > 5, "{tables}");
        assert_eq!(problems, [""; 0]);
        let page = sqlx::query("SELECT rootpage FROM sqlite_schema WHERE name = 'events'");
        let page: u32 = page.fetch_one(&database.readers).await.unwrap().get(0);
        database.close().await.unwrap();

        let file = std::fs::File::options().write(true).open(&path).unwrap();
        let at = u64::from(page - 1) * 4096;
        file.write_all_at(&[0xFF; 4096], at).unwrap();
        let database = Database::open(&path).await.unwrap();
        let (_, problems) = Soundness::of(&database)
            .tables_and_problems()
            .await
            .unwrap();
        assert!(
            problems
                .iter()
                .any(|problem| problem.starts_with("events: ")),
            "{problems:?}"
        );
        assert!(
            problems
                .iter()
                .all(|problem| problem.starts_with("events: ")),
            "{problems:?}"
        );
    }
}
