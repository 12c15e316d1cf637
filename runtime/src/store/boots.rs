//! Starts of the engine, and what each left under way.

use async_trait::async_trait;
use engine::{Attempt, StepIndex, Timestamp, WorkflowId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::StoreError;

/// How many starts are remembered.
pub const BOOTS_KEPT: usize = 10;

/// An attempt that was under way when its server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LeftBehind {
    /// Its workflow.
    pub workflow_id: WorkflowId,
    /// Its step.
    pub task: StepIndex,
    /// How often a recovery had reset the step.
    pub generation: u32,
    /// Which try.
    pub attempt: Attempt,
}

/// An earlier start of the engine, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    /// Its name, which no other start has.
    pub incarnation: Uuid,
    /// When it was.
    pub started_at: Timestamp,
    /// Whether it outlived its first minute.
    pub lasted: bool,
    /// Whether it was asked to stop.
    pub was_stopped: bool,
    /// What was under way when it ended, by workflow and step.
    pub left_behind: Vec<LeftBehind>,
}

/// What is noted about a start while it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BootMark {
    /// It outlived its first minute.
    Lasted,
    /// It is asked to stop.
    Stopped,
}

/// The last starts of the engine.
#[async_trait]
pub trait BootStore: Send + Sync {
    /// Notes a start, and what is under way as left behind by the one before it. Answers the
    /// earlier starts, newest first, at most [`BOOTS_KEPT`] of them; older ones are forgotten. No
    /// workflow is read for it: one that cannot be read must not be in the way.
    async fn begin_boot(&self, incarnation: Uuid, now: Timestamp) -> Result<Vec<Boot>, StoreError>;

    /// Notes something about a start; nothing if it is not known.
    async fn mark_boot(&self, incarnation: Uuid, mark: BootMark) -> Result<(), StoreError>;
}
