//! The thread that writes batches: it alone has the connection, so a commit costs the committer one
//! message and one answer, however many rows it holds.

use std::collections::HashSet;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::sqlite_rows::Rows;
use super::{AnsweredCommand, Change, StoreError, sqlite_commit};

/// Most hashes of definitions that are remembered as stored.
const FROZEN_MAX: usize = 10_000;

struct Job {
    work: Work,
    done: oneshot::Sender<Result<(), StoreError>>,
}

enum Work {
    Write(Rows),
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
    pub(crate) fn start(connection: Connection) -> Result<Self, std::io::Error> {
        let (jobs, received) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("sqlite-batches".into())
            .spawn(move || run(connection, &received))?;
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

fn run(mut connection: Connection, jobs: &Receiver<Job>) {
    while let Ok(Job { work, done }) = jobs.recv() {
        let written = match work {
            Work::Write(rows) => sqlite_commit::commit(&mut connection, &rows),
            Work::Limit(pages) => connection
                .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
                .map_err(StoreError::from),
        };
        // Whoever asked is the committer: it is there as long as this thread is.
        drop(done.send(written));
    }
}
