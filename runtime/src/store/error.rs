//! What a store could not do.

use engine::WorkflowId;

/// What a store could not do. The text names the cause; nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer moved the workflow on.
    #[error("workflow {0} was moved on by another writer")]
    Stale(WorkflowId),
    /// A row does not hold what it should.
    #[error("{what} cannot be read: {cause}")]
    Corrupt {
        /// The row.
        what: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The database refused or is away.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The database refused a batch, or is away.
    #[error("the database: {0}")]
    Batch(#[from] rusqlite::Error),
    /// The thread that writes has ended.
    #[error("the thread that writes to the database has ended")]
    NoWriter,
}
