//! What troubles the service, for people who look at a page and for programs that ask.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// One thing that is wrong just now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What it is.
    pub kind: TroubleKind,
    /// Since when.
    pub since: Timestamp,
    /// What that means and what mends it, in sentences.
    pub text: String,
}

/// What was found broken, counted. Both are 0 unless the engine or the disk is broken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// How often since the start something that must always hold did not.
    pub breaches: u64,
    /// How many workflows are in quarantine.
    pub quarantined: usize,
}

/// The kinds of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKind {
    /// The database cannot be written to.
    DatabaseAway,
    /// The file of the database is damaged, in some places or as a whole.
    DatabaseDamaged,
    /// The database answers slowly.
    DatabaseSlow,
    /// The disk is full.
    DiskFull,
    /// Little room is left on the disk.
    DiskNearlyFull,
    /// The log of steps cannot be read or kept.
    LogAway,
    /// The process uses more memory than it may.
    Memory,
    /// A step type broke again and again and is not started any more.
    StepTypeDisabled,
    /// The machine's clock was set.
    ClockJump,
}

impl TroubleKind {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::DatabaseAway,
        Self::DatabaseDamaged,
        Self::DatabaseSlow,
        Self::DiskFull,
        Self::DiskNearlyFull,
        Self::LogAway,
        Self::Memory,
        Self::StepTypeDisabled,
        Self::ClockJump,
    ];

    /// The word for it, as programs read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DatabaseAway => "database_away",
            Self::DatabaseDamaged => "database_damaged",
            Self::DatabaseSlow => "database_slow",
            Self::DiskFull => "disk_full",
            Self::DiskNearlyFull => "disk_nearly_full",
            Self::LogAway => "log_away",
            Self::Memory => "memory",
            Self::StepTypeDisabled => "step_type_disabled",
            Self::ClockJump => "clock_jump",
        }
    }
}
