//! What a doctor says.

use engine::WorkflowId;
use engine::invariant::Finding;
use serde::Serialize;

use crate::store::Quarantined;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ailment {
    /// The workflow it was found in, when it is about one.
    pub workflow: Option<WorkflowId>,
    /// What.
    #[serde(flatten)]
    pub finding: Finding,
}

/// What is said while the doctor looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It begins.
    Begins {
        /// Whether a server uses the folder.
        is_in_use: bool,
    },
    /// A workflow is in quarantine.
    Quarantined(Quarantined),
    /// Something is not as it should be.
    Finding(Ailment),
    /// How far it is.
    Progress {
        /// Workflows looked at.
        done: u64,
        /// Workflows there are.
        of: u64,
    },
}

/// What was looked at, and how much of it is not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Workflows looked at.
    pub workflows: u64,
    /// Events folded.
    pub events: u64,
    /// Things found.
    pub findings: u64,
    /// Workflows in which something was found.
    pub differing: u64,
    /// Workflows in quarantine.
    pub quarantined: u64,
    /// Whether a page of the file is damaged.
    #[serde(skip)]
    pub has_damaged_pages: bool,
}

impl Summary {
    /// Whether everything is as it should be.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.findings == 0 && self.quarantined == 0
    }
}
