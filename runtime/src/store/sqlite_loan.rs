//! The one connection that writes, and who may have it.
//!
//! Whoever writes takes it out of its place and brings it back once its transaction is over. If that
//! never happens (the caller went away in the middle, or the database rolled back by itself and the
//! driver does not know), the connection is thrown away with whatever was open on it, and the next
//! writer gets a new one. So no transaction is ever left open for somebody else to fall into.

use std::ops::{Deref, DerefMut};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{Mutex, MutexGuard};

use super::{Concern, StoreError};

/// The place of the connection.
#[derive(Debug)]
pub(super) struct Lender {
    place: Mutex<Option<SqliteConnection>>,
    options: SqliteConnectOptions,
}

/// The connection while somebody has it.
#[derive(Debug)]
pub(super) struct Loan<'a> {
    place: MutexGuard<'a, Option<SqliteConnection>>,
    connection: SqliteConnection,
}

impl Lender {
    /// A place for this connection; `options` open another one on a file that is there.
    pub(super) fn new(connection: SqliteConnection, options: SqliteConnectOptions) -> Self {
        Self {
            place: Mutex::new(Some(connection)),
            options: options.create_if_missing(false),
        }
    }

    /// The connection, once nobody else has it.
    pub(super) async fn lend(&self) -> Result<Loan<'_>, StoreError> {
        let mut place = self.place.lock().await;
        let connection = match place.take() {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        Ok(Loan { place, connection })
    }

    /// Keeps the connection from everybody until the answer is dropped.
    pub(super) async fn turn(&self) -> impl Drop + Send + '_ {
        self.place.lock().await
    }

    /// The connection, unless somebody has it just now.
    pub(super) async fn lend_if_free(&self) -> Result<Option<Loan<'_>>, StoreError> {
        let Ok(mut place) = self.place.try_lock() else {
            return Ok(None);
        };
        let connection = match place.take() {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        Ok(Some(Loan { place, connection }))
    }
}

impl Loan<'_> {
    /// Brings the connection back, if nothing is open on it any more.
    pub(super) async fn bring_back<T, E>(mut self, done: Result<T, E>) -> Result<T, E>
    where
        for<'e> &'e E: Into<Concern>,
    {
        let is_sound = match &done {
            Ok(_) => true,
            Err(fault) => fault.into() != Concern::Database && self.has_nothing_open().await,
        };
        if is_sound {
            *self.place = Some(self.connection);
        }
        done
    }

    /// Whether no transaction is open as far as the driver knows. Who dropped one in the middle has
    /// queued its end; the answer comes after that.
    async fn has_nothing_open(&mut self) -> bool {
        self.connection.ping().await.is_ok() && !self.connection.is_in_transaction()
    }
}

impl Deref for Loan<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Loan<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}
