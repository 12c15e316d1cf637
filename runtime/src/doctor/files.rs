//! The files themselves, and rows that belong to nothing.

use std::fs::File;
use std::path::{Path, PathBuf};

use engine::WorkflowDefinition;
use engine::invariant::Invariant;

use super::{DoctorError, Examination, PAGE};
use crate::database::{Database, OpenError};
use crate::store::sqlite_reading::{has_log, is_denied};
use crate::store::{StoreError, sqlite_examine as rows};
use crate::workflow_definition::hash;

/// What keeps somebody from a file who may not write beside it, or not even read it.
pub(super) fn explained(file: &Path, error: OpenError) -> DoctorError {
    match (&error, File::open(file)) {
        (OpenError::Database { cause, .. }, Err(unread)) if is_denied(cause) => {
            let path = file.to_path_buf();
            OpenError::Folder {
                path,
                cause: unread,
            }
            .into()
        }
        (OpenError::Database { cause, .. }, Ok(_)) if is_denied(cause) && has_log(file) => {
            DoctorError::MayOnlyRead(file.to_path_buf())
        }
        _ => error.into(),
    }
}

impl Examination<'_> {
    pub(super) fn lost_log(&mut self, file: &Path) {
        let file = file.display();
        let detail = format!(
            "{file}-wal is not there, and nobody has folded it into the file: what was written last is \
             lost, and the file is as it was before. Put it back if no server was started since, or restore \
             a copy of the whole folder"
        );
        self.told(Invariant::Rows, detail);
    }

    /// Asks the database whether each file is whole.
    pub(super) async fn files(
        &mut self,
        file: &Path,
        others: &[PathBuf],
    ) -> Result<(), DoctorError> {
        for damage in rows::damage(&mut self.connection).await? {
            self.told(Invariant::Rows, format!("{}: {damage}", file.display()));
        }
        for other in others.iter().filter(|other| other.exists()) {
            let damage = match Database::connect_any(other).await {
                Ok(mut connection) => rows::damage(&mut connection).await,
                Err(cause) if is_denied(&cause) => {
                    let path = other.clone();
                    return Err(explained(other, OpenError::Database { path, cause }));
                }
                Err(cause) => Err(StoreError::from(cause)),
            };
            let damage = damage.unwrap_or_else(|fault| vec![fault.to_string()]);
            for damage in damage {
                self.told(Invariant::Rows, format!("{}: {damage}", other.display()));
            }
        }
        let looked = self.strays().await;
        self.go_on("rows that belong to nothing", looked)?;
        let looked = self.frozen().await;
        Ok(self.go_on("what workflows execute", looked)?)
    }

    async fn strays(&mut self) -> Result<(), StoreError> {
        for (table, count) in rows::strays(&mut self.connection).await? {
            let detail = format!("{count} rows in {table} belong to no workflow");
            self.told(Invariant::Rows, detail);
        }
        let back = rows::deleted_with_rows(&mut self.connection).await?;
        if back > 0 {
            let detail = format!("{back} workflows that were deleted have rows");
            self.told(Invariant::Rows, detail);
        }
        Ok(())
    }

    /// What workflows execute is kept under the hash of its text.
    async fn frozen(&mut self) -> Result<(), StoreError> {
        let mut last = String::new();
        loop {
            let page = rows::frozen(&mut self.connection, &last, PAGE).await?;
            let Some((end, _)) = page.last() else {
                return Ok(());
            };
            last.clone_from(end);
            for (kept, body) in page {
                let known = body.map(|body| {
                    let read = WorkflowDefinition::from_json(&body);
                    read.map(|definition| hash(&definition))
                });
                // One that cannot be read is told with each workflow that executes it.
                if let Ok(Ok(known)) = known
                    && known != kept
                {
                    let detail =
                        format!("the definition that workflows execute as {kept} was changed");
                    self.told(Invariant::Rows, detail);
                }
            }
        }
    }
}
