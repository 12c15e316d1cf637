//! The port to what is kept: one trait per caller, one implementation per database.
//!
//! Stores know rows, not rules. The committer hands them finished changes, each with the number its
//! workflow's last event must have; a store writes all changes of a batch in one transaction or none.

#[cfg(debug_assertions)]
mod arrows;
mod attempt_row;
mod boots;
pub mod command_key;
mod definition_cache;
mod deleted;
mod error;
mod file_watch;
pub mod log_memory;
pub mod log_sqlite;
pub mod memory;
mod memory_boots;
mod memory_checks;
mod memory_definitions;
mod memory_deleted;
mod quarantined;
mod row;
pub(crate) mod soundness;
pub mod sqlite;
#[cfg(debug_assertions)]
pub(crate) mod sqlite_arrows;
mod sqlite_boots;
mod sqlite_commands;
mod sqlite_commit;
mod sqlite_damage;
mod sqlite_definitions;
mod sqlite_deleted;
pub(crate) mod sqlite_examine;
pub(crate) mod sqlite_fill_in;
mod sqlite_filter;
mod sqlite_lists;
mod sqlite_load;
mod sqlite_loan;
mod sqlite_probe;
mod sqlite_quarantine;
pub(crate) mod sqlite_reading;
mod sqlite_rows;
pub(crate) mod sqlite_writer;

use std::sync::Arc;

use async_trait::async_trait;
use engine::orchestrator::{AttemptRecord, SavedDefinition, WorkflowFilter};
use engine::progress::{Progress, Summary, WorkflowState};
use engine::workflow::{TaskRecord, WorkflowRecord};
use engine::{
    Attempt, DefinitionId, EventRecord, JobId, Seq, StepIndex, Timestamp, Workflow,
    WorkflowDefinition, WorkflowId, WorkflowStatus,
};
use serde_json::Value;

pub use boots::{BOOTS_KEPT, Boot, BootMark, BootStore, LeftBehind};
pub use deleted::{Deletion, DeletionStore};
pub use error::{Concern, StoreError, is_no_sound_file};
pub use file_watch::FileWatch;
pub use quarantined::{Defect, QuarantineStore, Quarantined};

/// What a workflow keeps beside its state, written once.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// The saved definition it came from, and its version.
    pub source: Option<(DefinitionId, u32)>,
    /// The definition's hash, under which its text is stored once.
    pub definition_hash: String,
}

/// A workflow as it is kept.
#[derive(Debug, Clone)]
pub struct StoredWorkflow {
    /// What was written once.
    pub header: Header,
    /// The aggregate.
    pub workflow: Workflow,
}

/// What a workflow's row tells without its tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// What was written once.
    pub header: Header,
    /// Its state.
    pub status: WorkflowStatus,
    /// Whether it is being cancelled.
    pub cancel_requested: bool,
    /// The number of its last event.
    pub rev: Seq,
}

/// What changed in one workflow.
#[derive(Debug, Clone)]
pub struct Change {
    /// Its stored part as it is now.
    pub record: WorkflowRecord,
    /// What was written once.
    pub header: Header,
    /// What it executes; stored only when it is new.
    pub definition: Arc<WorkflowDefinition>,
    /// The progress for lists; none while it runs.
    pub summary: Option<Summary>,
    /// The tasks that changed.
    pub tasks: Vec<(StepIndex, TaskRecord)>,
    /// The new events, in order.
    pub events: Vec<EventRecord>,
    /// What attempts gave that their tasks do not keep: it came too late, or the step was reset in the
    /// same change. Events carry it only when it is small.
    pub late_outputs: Vec<LateOutput>,
}

/// What an attempt gave that its task does not keep.
#[derive(Debug, Clone, PartialEq)]
pub struct LateOutput {
    /// The step.
    pub task: StepIndex,
    /// Which try.
    pub attempt: Attempt,
    /// What it gave.
    pub output: Value,
}

/// A command that carried an id, and what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredCommand {
    /// Whose id it is.
    pub actor: String,
    /// The id, with the kind of its actor before it ([`command_key`]); older versions kept it as the
    /// actor gave it.
    pub id: String,
    /// When it was answered.
    pub at: Timestamp,
    /// The hash of what it asked for.
    pub content: String,
    /// The workflow as it was answered, as JSON.
    pub answer: String,
}

/// The highest numbers given out so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LastNumbers {
    /// Of workflows.
    pub workflow: i64,
    /// Of jobs.
    pub job: i64,
    /// Of tasks.
    pub task: i64,
}

impl LastNumbers {
    /// Nobody gives out more than this: a row with a larger number is damaged, and does not decide
    /// where the next one begins.
    pub(crate) const MOST: i64 = i64::MAX / 4;
}

/// Workflows, their tasks, attempts and events.
#[async_trait]
pub trait WorkflowStore: Send + Sync {
    /// Writes all changes, and what was answered to commands that carry an id, in one transaction,
    /// or none of them.
    async fn commit(
        &self,
        changes: &[Change],
        commands: &[AnsweredCommand],
    ) -> Result<(), StoreError>;

    /// What was answered to the command that is kept under this id, if it is known.
    async fn command(&self, actor: &str, id: &str) -> Result<Option<AnsweredCommand>, StoreError>;

    /// Forgets the commands that were answered before this moment, and says how many they were.
    async fn forget_commands(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// The definition of this hash as it is in memory already, or this one: many calls at once each
    /// bring their own copy of the definition they start, and one workflow needs no copy for itself.
    fn shared(&self, hash: &str, definition: &Arc<WorkflowDefinition>) -> Arc<WorkflowDefinition>;

    /// The workflow with its tasks, if it exists.
    async fn load(&self, id: WorkflowId) -> Result<Option<StoredWorkflow>, StoreError>;

    /// Those of these workflows that exist, in any order, in as few questions as it takes. What is
    /// wrong with one is told of that one alone.
    async fn load_all(
        &self,
        ids: &[WorkflowId],
    ) -> Result<Vec<(WorkflowId, Result<StoredWorkflow, StoreError>)>, StoreError> {
        let mut read = Vec::with_capacity(ids.len());
        for id in ids {
            match self.load(*id).await {
                Ok(None) => {}
                Ok(Some(stored)) => read.push((*id, Ok(stored))),
                Err(fault) if fault.is_of_a_row() => read.push((*id, Err(fault))),
                Err(fault) => return Err(fault),
            }
        }
        Ok(read)
    }

    /// What the workflow's row alone tells, if it exists: for whoever only waits for its end.
    async fn standing(&self, id: WorkflowId) -> Result<Option<Standing>, StoreError> {
        let stored = self.load(id).await?;
        Ok(stored.map(|stored| Standing {
            header: stored.header,
            status: stored.workflow.status(),
            cancel_requested: stored.workflow.record().cancel_requested,
            rev: stored.workflow.rev(),
        }))
    }

    /// How the workflow stands at `now`, if it exists; of one that is over, without reading its
    /// tasks.
    async fn state(
        &self,
        id: WorkflowId,
        now: Timestamp,
    ) -> Result<Option<WorkflowState>, StoreError> {
        let stored = self.load(id).await?;
        Ok(stored.map(|stored| {
            let summary = Progress::of(&stored.workflow, now).summary;
            state_of(&stored, summary)
        }))
    }

    /// The numbers of all running, paused and recovering workflows, and of those whose state is
    /// none: whoever takes them up has to look at them.
    async fn active(&self) -> Result<Vec<WorkflowId>, StoreError>;

    /// The number of the workflow's last event.
    async fn rev(&self, id: WorkflowId) -> Result<Option<Seq>, StoreError>;

    /// Events with a number above `after`, in order.
    async fn events(
        &self,
        id: WorkflowId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<EventRecord>, StoreError>;

    /// The tries of a task, oldest first. What is too large for an event is told by its length.
    async fn attempts(
        &self,
        id: WorkflowId,
        task: StepIndex,
    ) -> Result<Vec<AttemptRecord>, StoreError>;

    /// One try of a task, with all that it gave too late.
    async fn attempt(
        &self,
        id: WorkflowId,
        task: StepIndex,
        attempt: Attempt,
    ) -> Result<Option<AttemptRecord>, StoreError>;

    /// The latest workflow of a job.
    async fn latest_of_job(&self, job: JobId) -> Result<Option<WorkflowId>, StoreError>;

    /// Workflows, newest first; the percentage is that of `now`.
    async fn list(
        &self,
        filter: &WorkflowFilter,
        now: Timestamp,
    ) -> Result<Vec<WorkflowState>, StoreError>;

    /// The highest numbers given out so far, those of deleted workflows among them.
    async fn last_numbers(&self) -> Result<LastNumbers, StoreError>;

    /// Whether it can be written to just now; with `writes`, by writing something that leaves no
    /// trace, which needs about 64 KiB of room. False when somebody else is writing, who finds out
    /// himself.
    async fn probe(&self, writes: bool) -> Result<bool, StoreError> {
        let _ = writes;
        Ok(true)
    }
}

/// Why a definition was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// There is no such definition.
    #[error("there is no definition {0}")]
    Unknown(DefinitionId),
    /// Another version is the latest.
    #[error("version {latest} was saved by {saved_by} meanwhile")]
    Outdated {
        /// The latest version.
        latest: u32,
        /// Who saved it.
        saved_by: String,
    },
    /// Something else was saved under the same id.
    #[error("something else was saved under the same command id")]
    CommandIdReused,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A version of a definition to be saved.
#[derive(Debug, Clone, Copy)]
pub struct NewVersion<'a> {
    /// The definition and the version that was edited; none for a new definition.
    pub replaces: Option<(DefinitionId, u32)>,
    /// What was sent, read and found right.
    pub definition: &'a WorkflowDefinition,
    /// What was sent, to the letter.
    pub sent: &'a Value,
    /// Who saves it.
    pub by: &'a str,
    /// When.
    pub now: Timestamp,
    /// The id of the command, when it carries one, with the kind of its actor before it
    /// ([`command_key`]).
    pub command_id: Option<&'a str>,
}

impl NewVersion<'_> {
    /// The version that was saved under the same id, as the answer: it is refused if what was asked
    /// then is something else.
    fn repeated(&self, kept: SavedDefinition) -> Result<SavedDefinition, SaveError> {
        let version = self.replaces.map_or(1, |(_, based_on)| based_on + 1);
        let is_same = kept.sent == *self.sent
            && kept.version == version
            && self.replaces.is_none_or(|(id, _)| id == kept.definition_id);
        if is_same {
            Ok(kept)
        } else {
            Err(SaveError::CommandIdReused)
        }
    }
}

/// Versions of saved definitions.
#[async_trait]
pub trait DefinitionStore: Send + Sync {
    /// Saves the first version (`None`) or the one after the version named. What was saved before
    /// under the same id of the same person is answered again.
    async fn save(&self, version: NewVersion<'_>) -> Result<SavedDefinition, SaveError>;

    /// The latest version, or the one asked for.
    async fn definition(
        &self,
        id: DefinitionId,
        version: Option<u32>,
    ) -> Result<Option<SavedDefinition>, StoreError>;

    /// The latest version of each definition below `before`, newest first.
    async fn definitions(
        &self,
        limit: usize,
        before: Option<DefinitionId>,
    ) -> Result<Vec<SavedDefinition>, StoreError>;
}

/// The setting that holds the name of the installation (see [`Effect`](crate::step::Effect)).
pub const INSTALLATION: &str = "installation";

/// A few values by name.
#[async_trait]
pub trait SettingStore: Send + Sync {
    /// The value, if it was ever set.
    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// Sets it.
    async fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError>;
}

/// Everything a database keeps.
pub trait Store:
    WorkflowStore + DefinitionStore + SettingStore + BootStore + QuarantineStore + DeletionStore
{
}

impl<T> Store for T where
    T: WorkflowStore + DefinitionStore + SettingStore + BootStore + QuarantineStore + DeletionStore
{
}

/// What a workflow looks like in lists.
pub(crate) fn state_of(stored: &StoredWorkflow, summary: Summary) -> WorkflowState {
    let record = stored.workflow.record();
    WorkflowState {
        id: record.id,
        summary,
        name: stored.workflow.definition().name().to_owned(),
        definition_id: stored.header.source.map(|(id, _)| id),
        metadata: record.metadata.clone(),
        parameters: record.parameters.clone(),
        created_at: record.created_at,
    }
}
