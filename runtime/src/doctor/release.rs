//! Takes a workflow out of quarantine once its rows are what its events give.

use std::path::Path;

use engine::WorkflowId;
use engine::progress::Progress;

use super::{Ailment, DoctorError, workflow};
use crate::database::Database;
use crate::store::QuarantineStore;
use crate::store::sqlite::SqliteStore;

/// What came of it.
#[derive(Debug)]
pub enum Release {
    /// It goes on when the next server starts.
    Released,
    /// It stays where it is, because of this.
    Differs(Vec<Ailment>),
}

/// Lets a workflow that is in quarantine go on, if its rows have been mended: they have to be what
/// its events give. Its state is the one its events give.
///
/// # Errors
/// When a server uses the file, or the workflow is not in quarantine.
pub async fn release(file: &Path, id: WorkflowId) -> Result<Release, DoctorError> {
    if !file.exists() {
        return Err(DoctorError::Nothing(file.to_path_buf()));
    }
    let store = SqliteStore::new(Database::open(file).await?);
    if store.aside().await?.iter().all(|one| one.workflow != id) {
        return Err(DoctorError::NotAside(id));
    }
    let mut connection = Database::connect_reading(file).await?;
    let seen = workflow::look(&mut connection, id, true).await?;
    let ailing = |finding| Ailment {
        workflow: Some(id),
        finding,
    };
    match seen.folded {
        Some(folded) if seen.found.is_empty() => {
            let now = folded.record().completed_at;
            let now = now.unwrap_or(folded.record().created_at);
            let rests = !folded.status().starts_tasks();
            let summary = rests.then(|| Progress::of(&folded, now).summary);
            store.release(id, folded.status(), summary.as_ref()).await?;
            Ok(Release::Released)
        }
        _ => Ok(Release::Differs(
            seen.found.into_iter().map(ailing).collect(),
        )),
    }
}
