//! The thread that writes batches: it alone has the connection, so a commit costs the committer one
//! message and one answer, however many rows it holds.
//!
//! A connection that failed is thrown away with whatever is open on it, and the next batch gets a new
//! one: where a rollback fails as well, nothing could ever be begun on it again.

use std::collections::HashSet;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::sqlite_rows::Rows;
use super::{
    AnsweredCommand, Change, Concern, Deletion, StoreError, sqlite_commit, sqlite_deleted,
};

/// Most hashes of definitions that are remembered as stored.
const FROZEN_MAX: usize = 10_000;

struct Job {
    work: Work,
    done: oneshot::Sender<Result<(), StoreError>>,
}

/// Opens another connection to the same file.
pub(crate) type Reopen = Box<dyn Fn() -> Result<Connection, StoreError> + Send>;

enum Work {
    Write(Rows),
    Delete(Deletion, Option<AnsweredCommand>),
    /// Take the right to write and give it back.
    Probe,
    /// Let the file grow to at most so many pages.
    Limit(u32),
}

/// The way to the thread. It ends with this: after the drop its connection is closed.
#[derive(Debug)]
pub(crate) struct BatchWriter {
    /// None once nothing more is to be written.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// The definitions that are stored for certain.
    frozen: Mutex<HashSet<String>>,
}

impl BatchWriter {
    /// Begins with this connection; `reopen` makes another one in its place.
    pub(crate) fn start(connection: Connection, reopen: Reopen) -> Result<Self, std::io::Error> {
        let (jobs, received) = mpsc::channel();
        let place = Place {
            connection: Some(connection),
            reopen,
            pages: None,
        };
        let thread = thread::Builder::new()
            .name("sqlite-batches".into())
            .spawn(move || run(place, &received))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
            frozen: Mutex::default(),
        })
    }

    /// Writes all of it in one transaction, or nothing.
    pub(crate) async fn commit(
        &self,
        changes: &[Change],
        commands: &[AnsweredCommand],
    ) -> Result<(), StoreError> {
        let rows = Rows::of(changes, commands, &self.frozen())?;
        let hashes: Vec<_> = rows
            .definitions
            .iter()
            .map(|row| row.hash.clone())
            .collect();
        let written = self.hand_over(Work::Write(rows)).await;
        let mut frozen = self.frozen();
        if written.is_err() || frozen.len() > FROZEN_MAX {
            frozen.clear();
        }
        if written.is_ok() {
            frozen.extend(hashes);
        }
        written
    }

    /// Deletes a workflow in one transaction, or does nothing.
    pub(crate) async fn delete(
        &self,
        deletion: &Deletion,
        command: Option<&AnsweredCommand>,
    ) -> Result<(), StoreError> {
        let work = Work::Delete(deletion.clone(), command.cloned());
        self.hand_over(work).await
    }

    /// Whether a batch could be begun.
    pub(crate) async fn probe(&self) -> Result<(), StoreError> {
        self.hand_over(Work::Probe).await
    }

    /// Lets the file grow to at most so many pages.
    pub(crate) async fn limit(&self, pages: u32) -> Result<(), StoreError> {
        self.hand_over(Work::Limit(pages)).await
    }

    async fn hand_over(&self, work: Work) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or(StoreError::NoWriter)?;
        let sent = jobs.send(Job { work, done });
        sent.map_err(|_| StoreError::NoWriter)?;
        answer.await.map_err(|_| StoreError::NoWriter)?
    }

    fn frozen(&self) -> MutexGuard<'_, HashSet<String>> {
        // A panic elsewhere leaves at worst one hash fewer.
        self.frozen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for BatchWriter {
    /// Waits for the last batch, so that nobody opens the file while it is still written.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that writes to the database broke");
        }
    }
}

fn run(mut place: Place, jobs: &Receiver<Job>) {
    while let Ok(Job { work, done }) = jobs.recv() {
        // Whoever asked is the committer: it is there as long as this thread is.
        drop(done.send(place.carry_out(work)));
    }
}

/// The place of the connection.
struct Place {
    /// None after it failed.
    connection: Option<Connection>,
    reopen: Reopen,
    /// How large the file may become, where that was said.
    pages: Option<u32>,
}

impl Place {
    fn carry_out(&mut self, work: Work) -> Result<(), StoreError> {
        let mut connection = self.take()?;
        let done = match work {
            Work::Write(rows) => sqlite_commit::commit(&mut connection, &rows),
            Work::Delete(deletion, command) => {
                sqlite_deleted::delete(&mut connection, &deletion, command.as_ref())
            }
            Work::Probe => begin_and_give_back(&mut connection),
            Work::Limit(pages) => {
                self.pages = Some(pages);
                limit(&connection, pages)
            }
        };
        let is_sound = match &done {
            Ok(()) => true,
            Err(fault) => fault.concern() != Concern::Database,
        };
        if is_sound {
            self.connection = Some(connection);
        }
        done
    }

    /// The connection, or another one where something is still open on it.
    fn take(&mut self) -> Result<Connection, StoreError> {
        match self.connection.take().filter(Connection::is_autocommit) {
            Some(connection) => Ok(connection),
            None => {
                let connection = (self.reopen)()?;
                match self.pages {
                    Some(pages) => limit(&connection, pages).map(|()| connection),
                    None => Ok(connection),
                }
            }
        }
    }
}

fn begin_and_give_back(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    Ok(transaction.rollback()?)
}

fn limit(connection: &Connection, pages: u32) -> Result<(), StoreError> {
    let set = connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()));
    Ok(set?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::database::Database;

    /// A writer over a file in the folder, and how often it opened another connection.
    async fn writer(folder: &tempfile::TempDir) -> (BatchWriter, Arc<AtomicU32>) {
        let file = folder.path().join("jobs.db");
        Database::open(&file).await.unwrap().close().await.unwrap();
        let begun = Connection::open(&file).unwrap();
        // What is left when the rollback of a transaction fails.
        begun.execute_batch("BEGIN IMMEDIATE").unwrap();
        let opened = Arc::<AtomicU32>::default();
        let counted = Arc::clone(&opened);
        let reopen: Reopen = Box::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(Connection::open(&file)?)
        });
        (BatchWriter::start(begun, reopen).unwrap(), opened)
    }

    #[tokio::test]
    async fn a_connection_on_which_a_transaction_is_still_open_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, opened) = writer(&folder).await;
        for _ in 0..3 {
            writer.commit(&[], &[]).await.unwrap();
            writer.probe().await.unwrap();
        }
        assert_eq!(opened.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn the_room_of_a_file_stays_limited_when_its_connection_is_replaced() {
        let mut place = Place {
            connection: None,
            reopen: Box::new(|| Ok(Connection::open_in_memory()?)),
            pages: Some(17),
        };
        let pages = place.take().unwrap();
        let pages = pages.pragma_query_value(None, "max_page_count", |row| row.get::<_, u32>(0));
        assert_eq!(pages, Ok(17));
    }
}
