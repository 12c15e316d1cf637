//! What people and programs may ask of a workflow.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::StepIndex;
use crate::role::Role;

/// What people and programs may ask of a workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum Action {
    /// Start it; a paused one goes on.
    Start,
    /// Start nothing new until resumed; what runs may finish.
    Pause,
    /// Start nothing new until resumed, and stop what runs, also what still runs after a pause. It is
    /// not charged as a try; a step of mode `once` fails, because its effect is unknown.
    PauseAndInterrupt,
    /// Go on.
    Resume,
    /// Stop what runs and start nothing more; once cancelled it can be recovered.
    Cancel,
    /// Do a step again and everything that needs it.
    Recover(Recovery),
    /// Let a step be, as if it were not needed. [Needs a reason](Action::needs_reason).
    Skip {
        /// The step's position, from 0.
        task: StepIndex,
    },
    /// Take a step for done. [Needs a reason](Action::needs_reason).
    MarkDone {
        /// The step's position, from 0.
        task: StepIndex,
        /// What it gives to later steps.
        output: Value,
    },
    /// Do not wait any longer before the next try.
    TryNow {
        /// The step's position, from 0.
        task: StepIndex,
    },
    /// Allow more recoveries.
    RaiseBudget {
        /// The new budget: larger than the present one, at most 100.
        max_recovery_attempts: u32,
    },
    /// Remove it with its history: its steps, tries, events and log. Its number is never given out
    /// again, and nothing brings it back.
    Delete,
}

/// A recovery: from where, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recovery {
    /// The step's position, from 0.
    pub from_step: StepIndex,
    /// Also while it still runs or is paused: what runs is stopped first.
    #[serde(default)]
    pub force: bool,
    /// Settles the step instead of doing it again; that [needs a reason](Action::needs_reason).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<Instead>,
}

/// How a recovery settles the step it starts from, without doing it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instead {
    /// It is skipped.
    Skip,
    /// It is taken for done, and this is what it gives to later steps.
    Output(Value),
}

impl Action {
    /// Recover from `from_step`, once the workflow is over.
    #[must_use]
    pub const fn recover(from_step: StepIndex) -> Self {
        Self::Recover(Recovery {
            from_step,
            force: false,
            instead: None,
        })
    }

    /// The word used in URLs and refusals.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause | Self::PauseAndInterrupt => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
            Self::Recover(_) => "recover",
            Self::Skip { .. } => "skip",
            Self::MarkDone { .. } => "mark-done",
            Self::TryNow { .. } => "try-now",
            Self::RaiseBudget { .. } => "raise-budget",
            Self::Delete => "delete",
        }
    }

    /// The role that may do it. Each variant is named, so that a new action has to decide.
    #[must_use]
    pub const fn needs(&self) -> Role {
        match self {
            Self::Start
            | Self::Pause
            | Self::PauseAndInterrupt
            | Self::Resume
            | Self::Cancel
            | Self::Recover(_)
            | Self::Skip { .. }
            | Self::MarkDone { .. }
            | Self::TryNow { .. }
            | Self::RaiseBudget { .. } => Role::Operator,
            // Whoever only operates changes what becomes of a workflow, and not what is kept.
            Self::Delete => Role::Editor,
        }
    }

    /// Whether it decides what became of a step, instead of what is done next. Whoever decides that says
    /// why: nothing else in the history would tell. Each variant is named, as above.
    #[must_use]
    pub const fn needs_reason(&self) -> bool {
        match self {
            Self::Skip { .. } | Self::MarkDone { .. } => true,
            Self::Recover(recovery) => recovery.instead.is_some(),
            Self::Start
            | Self::Pause
            | Self::PauseAndInterrupt
            | Self::Resume
            | Self::Cancel
            | Self::TryNow { .. }
            | Self::RaiseBudget { .. }
            | Self::Delete => false,
        }
    }

    /// The step it is about, when it is about one.
    #[must_use]
    pub const fn task(&self) -> Option<StepIndex> {
        match self {
            Self::Recover(recovery) => Some(recovery.from_step),
            Self::Skip { task } | Self::MarkDone { task, .. } | Self::TryNow { task } => {
                Some(*task)
            }
            _ => None,
        }
    }
}

/// Who asks, why, under which id, and what they saw. The engine itself asks with the default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin<'a> {
    /// Who; nobody for what the engine does by itself.
    pub actor: Option<&'a str>,
    /// What kind of actor that is, when it is known.
    pub actor_kind: Option<crate::role::ActorKind>,
    /// Why, in the asker's words.
    pub reason: Option<&'a str>,
    /// The asker's id of this command, by which a repetition is known.
    pub command_id: Option<&'a str>,
    /// The number of the last event that the asker knew; a workflow that moved on refuses.
    pub expected_rev: Option<crate::id::Seq>,
}

impl<'a> From<Option<&'a str>> for Origin<'a> {
    fn from(actor: Option<&'a str>) -> Self {
        Self {
            actor,
            ..Self::default()
        }
    }
}
