//! Accounts and tokens: the handle; what can be asked of it stands in `account.rs` and `token.rs`.

use super::Database;

/// Accounts and tokens.
#[derive(Debug, Clone)]
pub struct Accounts {
    pool: Database,
}

impl Accounts {
    /// Accounts and tokens in an opened database.
    #[must_use]
    pub fn new(pool: Database) -> Self {
        Self { pool }
    }

    /// The database they are in.
    pub(super) fn pool(&self) -> &Database {
        &self.pool
    }
}
