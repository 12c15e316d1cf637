//! Whether the database can be written to.

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

use super::StoreError;

/// Takes the right to write and gives it back; with `writes`, also writes 64 KiB and removes them, so
/// that a file system without room is found out as well.
pub(super) async fn probe(writer: &mut SqliteConnection, writes: bool) -> Result<(), StoreError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    if !writes {
        transaction.rollback().await?;
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO settings (name, value) VALUES ('probe', hex(zeroblob(32768)))
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    sqlx::query("DELETE FROM settings WHERE name = 'probe'")
        .execute(writer)
        .await?;
    Ok(())
}
