//! Newtypes for everything that is counted or named, so that a workflow's number can never be
//! passed where a job's is wanted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! numbered {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map($name)
            }
        }
    )*};
}

numbered! {
    /// What was asked for: one job may have several workflows, one for each time it was run.
    JobId,
    /// One execution of a job.
    WorkflowId,
    /// A saved definition; its versions share the number.
    DefinitionId,
    /// One step of one workflow.
    TaskId,
}

impl JobId {
    /// The largest number a caller may give: whole numbers up to here are exact in every JSON
    /// reader, and there is room above for the next one.
    pub const LARGEST: i64 = 9_007_199_254_740_991;

    /// Whether a caller may give this number.
    #[must_use]
    pub const fn is_usable(self) -> bool {
        self.0 >= 1 && self.0 <= Self::LARGEST
    }
}

/// The position of a step in its definition, from 0.
pub type StepIndex = usize;

/// Which try of a task this is, from 1; 0 means not tried yet. It only ever grows.
pub type Attempt = u32;

/// The number of an event within its workflow: 1, 2, 3 … without holes.
pub type Seq = u64;
