//! Workflows that were put aside, as they are kept.

use async_trait::async_trait;
use engine::progress::WorkflowState;
use engine::{Timestamp, WorkflowId};

use super::StoreError;

/// Why a workflow was put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// A row of it cannot be read.
    Unreadable,
    /// What was decided about it cannot be written.
    Unwritable,
    /// Something that must always hold does not hold of it.
    Invariant,
    /// The engine broke on it.
    Panic,
}

impl Defect {
    /// The word used in rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Unwritable => "unwritable",
            Self::Invariant => "invariant",
            Self::Panic => "panic",
        }
    }

    /// Reads the word; one that is not known means that the row itself is hard to read.
    pub(crate) fn from_word(word: &str) -> Self {
        let all = [Self::Unwritable, Self::Invariant, Self::Panic];
        let mut known = all.into_iter();
        known
            .find(|defect| defect.as_str() == word)
            .unwrap_or(Self::Unreadable)
    }
}

/// A workflow that was put aside: nothing of it runs, and no command is taken for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Which.
    pub workflow: WorkflowId,
    /// When.
    pub at: Timestamp,
    /// What kind of defect it is.
    pub defect: Defect,
    /// What is wrong, in words, without a full stop.
    pub cause: String,
}

/// Where workflows are put aside.
#[async_trait]
pub trait QuarantineStore: Send + Sync {
    /// Puts a workflow aside: what its rows hold is kept to the byte, and its row says `failed` from
    /// now on. One that is aside already stays as it is.
    ///
    /// # Errors
    /// When nothing could be written.
    async fn put_aside(&self, workflow: &Quarantined) -> Result<(), StoreError>;

    /// All that are aside, by number.
    ///
    /// # Errors
    /// When the database is away.
    async fn aside(&self) -> Result<Vec<Quarantined>, StoreError>;

    /// What a list can show of a workflow whatever is wrong with its row: `failed`, without tasks,
    /// with `cause` beside it. Nothing when there is no such row.
    ///
    /// # Errors
    /// When the database is away.
    async fn remains(
        &self,
        id: WorkflowId,
        cause: &str,
    ) -> Result<Option<WorkflowState>, StoreError>;
}
