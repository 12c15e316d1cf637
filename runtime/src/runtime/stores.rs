//! Where everything is kept: in files, in memory, or wherever the program says.

use std::path::Path;
use std::sync::Arc;

use super::StartError;
use crate::database::Database;
use crate::log::LogStore;
use crate::store::Store;
use crate::store::log_memory::MemoryLogStore;
use crate::store::log_sqlite::SqliteLogStore;
use crate::store::memory::MemoryStore;
use crate::store::soundness::Soundness;
use crate::store::sqlite::SqliteStore;

/// Where everything is kept.
pub(super) struct Stores {
    pub(super) store: Arc<dyn Store>,
    pub(super) log: Arc<dyn LogStore>,
    /// The file, if it is one, for whoever looks through it.
    pub(super) file: Option<Soundness>,
}

impl Stores {
    pub(super) fn given(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            log: Arc::new(MemoryLogStore::default()),
            file: None,
        }
    }

    /// What lies in the file's folder, and the folder for work wherever it lies, are its alone.
    pub(super) async fn open(file: Option<&Path>, work_dir: &Path) -> Result<Self, StartError> {
        let Some(file) = file else {
            return Ok(Self::given(Arc::new(MemoryStore::default())));
        };
        let log_file = file.with_file_name("logs.db");
        let mut beside = vec![log_file.clone()];
        if work_dir != file.with_file_name("work") {
            beside.push(work_dir.to_path_buf());
        }
        let database = Database::open_with(file, &beside).await?;
        let soundness = Soundness::of(&database);
        let log = SqliteLogStore::open(&log_file).await?;
        Ok(Self {
            store: Arc::new(SqliteStore::new(database)),
            log: Arc::new(log),
            file: Some(soundness),
        })
    }
}
