//! Looks through a data folder: folds every workflow's events and compares them with the rows, checks
//! everything that must always hold, and says what differs. It changes nothing, and a server may use
//! the folder meanwhile; only a release writes, and needs the folder for itself.

mod commands;
mod files;
mod lists;
mod release;
mod told;
mod workflow;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use engine::WorkflowId;
use engine::invariant::{Finding, Invariant};

use crate::database::{Database, OpenError};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite_reading::has_lost_log;
use crate::store::{QuarantineStore, StoreError, sqlite_examine as rows};

use workflow::Seen;

pub use release::{Release, release};
pub use told::{Ailment, Summary, Told};

/// Workflows are counted off this many at a time.
const PAGE: u32 = 200;

/// Why nothing could be looked at.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    /// There is no database in the folder.
    #[error("there is no database {}", .0.display())]
    Nothing(PathBuf),
    /// What was written last cannot be read without writing.
    #[error(
        "{} cannot be looked at here: what was written last lies in a file beside it (-wal), of which an \
         index has to be made, and this user may make no file there; run this as the user of the server, \
         or on a copy of the folder that may be written", .0.display()
    )]
    MayOnlyRead(PathBuf),
    /// The database cannot be opened; [`OpenError::InUse`] when a release needs it alone.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It cannot be read at all.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The workflow is not in quarantine.
    #[error("workflow {0} is not in quarantine")]
    NotAside(WorkflowId),
}

impl DoctorError {
    /// Whether a server uses the folder.
    #[must_use]
    pub const fn is_in_use(&self) -> bool {
        matches!(self, Self::Open(OpenError::InUse(_)))
    }
}

/// Who hears what is found, as it is found.
pub type Listener<'a> = &'a mut (dyn FnMut(Told) + Send);

/// An examination under way.
struct Examination<'a> {
    store: SqliteStore,
    connection: rows::Reader,
    tell: Listener<'a>,
    summary: Summary,
    /// The workflows that were in quarantine at the beginning, read once.
    aside: HashSet<WorkflowId>,
}

/// Looks through the database at `file` and the `others` beside it, which are only asked whether
/// they are whole.
///
/// # Errors
/// When there is nothing to look at, or it cannot be read at all.
pub async fn examine(
    file: &Path,
    others: &[PathBuf],
    tell: Listener<'_>,
) -> Result<Summary, DoctorError> {
    if !file.exists() {
        return Err(DoctorError::Nothing(file.to_path_buf()));
    }
    // Asked before anything is opened, which would make the file anew.
    let files = std::iter::once(file).chain(others.iter().map(PathBuf::as_path));
    let lost: Vec<_> = files.filter(|file| has_lost_log(file)).collect();
    let is_in_use = match Database::check_free(file) {
        Ok(()) => false,
        Err(OpenError::InUse(_)) => true,
        Err(error) => return Err(error.into()),
    };
    tell(Told::Begins { is_in_use });
    let connection = Database::connect_reading(file)
        .await
        .map_err(|error| files::explained(file, error))?;
    let store = SqliteStore::new(Database::open_reading(file).await?);
    let mut examination = Examination {
        store,
        connection,
        tell,
        summary: Summary::default(),
        aside: HashSet::new(),
    };
    lost.into_iter().for_each(|file| examination.lost_log(file));
    examination.files(file, others).await?;
    let looked = examination.quarantine().await;
    examination.go_on("the quarantine", looked)?;
    let looked = examination.workflows().await;
    examination.go_on("the workflows", looked)?;
    let looked = examination.lists().await;
    examination.go_on("the lists", looked)?;
    let looked = examination.commands().await;
    examination.go_on("the answered commands", looked)?;
    Ok(examination.summary)
}

impl Examination<'_> {
    fn found(&mut self, workflow: Option<WorkflowId>, finding: Finding) {
        self.summary.findings += 1;
        (self.tell)(Told::Finding(Ailment { workflow, finding }));
    }

    /// Something that is about no workflow.
    fn told(&mut self, invariant: Invariant, detail: String) {
        let task = None;
        self.found(
            None,
            Finding {
                invariant,
                task,
                detail,
            },
        );
    }

    /// What a damaged page hides is told, and the rest is looked at.
    fn go_on(&mut self, of: &str, looked: Result<(), StoreError>) -> Result<(), StoreError> {
        match looked {
            Err(StoreError::DamagedPage(why)) => {
                self.summary.has_damaged_pages = true;
                let detail = format!("{of} cannot be looked through to the end: {why}");
                self.told(Invariant::Rows, detail);
                Ok(())
            }
            other => other,
        }
    }

    async fn quarantine(&mut self) -> Result<(), StoreError> {
        for aside in self.store.aside().await? {
            self.summary.quarantined += 1;
            self.aside.insert(aside.workflow);
            (self.tell)(Told::Quarantined(aside));
        }
        Ok(())
    }

    async fn workflows(&mut self) -> Result<(), StoreError> {
        let of = rows::count(&mut self.connection).await?;
        let mut last = WorkflowId(i64::MIN);
        loop {
            let page = rows::numbers(&mut self.connection, last, PAGE).await?;
            let Some(end) = page.last() else {
                return Ok(());
            };
            last = *end;
            for id in page {
                let is_aside = self.aside.contains(&id);
                let seen = match workflow::look(&mut self.connection, id, is_aside).await {
                    Err(fault @ StoreError::DamagedPage(_)) => {
                        self.summary.has_damaged_pages = true;
                        Seen::unreadable(&fault)
                    }
                    seen => seen?,
                };
                self.summary.workflows += 1;
                self.summary.events += seen.events;
                self.summary.differing += u64::from(!seen.found.is_empty());
                for finding in seen.found {
                    self.found(Some(id), finding);
                }
            }
            let done = self.summary.workflows;
            (self.tell)(Told::Progress { done, of });
        }
    }
}
