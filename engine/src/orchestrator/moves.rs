//! Which workflows moved: hints, that tell a list when to look again.

use crate::id::{Seq, WorkflowId};

/// What moved since somebody asked last. It promises freshness, not completeness: what is true is read
/// from the workflows themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moves {
    /// Where the next question begins. Counts from the start of the engine, without a unit.
    pub place: u64,
    /// Each workflow that moved, once, with the number of its last event.
    pub workflows: Vec<(WorkflowId, Seq)>,
    /// Whether others moved as well that nobody remembers: everything may have.
    pub is_part: bool,
}
