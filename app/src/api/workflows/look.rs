//! What pages show of workflows, put together from the answers of the contract.

use std::collections::BTreeMap;

use engine::orchestrator::{AttemptRecord, LogLine};
use engine::step_form::StepSpec;
use engine::{Mode, Progress, StepIndex, Timestamp, WorkflowId, WorkflowState, WorkflowStatus};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LogPart;
use crate::format;

#[cfg(feature = "ssr")]
mod read;
#[cfg(feature = "ssr")]
pub use read::{log_end, newest_of, overview, panel, rows, view};

/// A workflow in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkflowRow {
    /// Its number.
    pub id: WorkflowId,
    /// The definition's name.
    pub name: String,
    /// Its state.
    pub status: WorkflowStatus,
    /// 0 to 100.
    pub percent: u8,
    /// Tasks that ended well.
    pub done: usize,
    /// All tasks.
    pub total: usize,
    /// The names of the steps under way.
    pub now_at: Vec<String>,
    /// What failed first and why, when it failed.
    pub failure: Option<Failure>,
    /// Whether it failed and may be recovered.
    pub is_recoverable: bool,
    /// The step to recover from.
    pub current_step: StepIndex,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was first started.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub completed_at: Option<Timestamp>,
}

/// Which step failed first, or that it is in quarantine, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// The step's name; none in quarantine.
    pub step: Option<String>,
    /// Why, in words.
    pub error: String,
}

/// The start page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// When this was true.
    pub now: Timestamp,
    /// Failed and paused workflows, newest first.
    pub attention: Vec<WorkflowRow>,
    /// Running and recovering workflows, newest first.
    pub running: Vec<WorkflowRow>,
    /// Workflows that ended, newest first.
    pub recent: Vec<WorkflowRow>,
    /// Whether nobody has made anything yet.
    pub is_new: bool,
}

/// A part of the list of workflows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkflowRows {
    /// When this was true.
    pub now: Timestamp,
    /// The workflows.
    pub items: Vec<WorkflowRow>,
    /// Where older ones go on.
    pub next: Option<i64>,
}

/// What a definition says about a step, as far as the list of steps shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StepFacts {
    /// What references use.
    pub key: String,
    /// Tries after the first.
    pub max_retries: u32,
    /// What has to be true for it to run; none when it always runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// What an attempt with an unknown end means for it.
    #[serde(default)]
    pub mode: Mode,
}

/// What step types are called, by their `task_type`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TypeTitles(BTreeMap<String, String>);

impl TypeTitles {
    /// The titles of those types that `is_wanted` names.
    #[must_use]
    pub fn of(specs: Vec<StepSpec>, is_wanted: impl Fn(&str) -> bool) -> Self {
        let wanted = specs.into_iter().filter(|spec| is_wanted(&spec.task_type));
        Self(wanted.map(|spec| (spec.task_type, spec.title)).collect())
    }

    /// What a type is called; one that is not registered here goes by its name.
    #[must_use]
    pub fn title(&self, task_type: &str) -> String {
        let title = self.0.get(task_type);
        format::visible(title.map_or(task_type, String::as_str))
    }
}

/// One workflow's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkflowView {
    /// When this was true.
    pub now: Timestamp,
    /// The page's part of the ids of the commands that it sends.
    pub command_id: String,
    /// Name, parameters, metadata, times.
    pub state: WorkflowState,
    /// Everything that moves.
    pub progress: Progress,
    /// What the definition says of each step.
    pub steps: Vec<StepFacts>,
    /// What the types of its steps are called, by their `task_type`.
    pub titles: TypeTitles,
    /// The last lines of the step that failed first.
    pub failure_log: Vec<LogLine>,
    /// The selected step.
    pub panel: StepPanel,
}

/// What is shown of the selected step beside its progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepPanel {
    /// Its position.
    pub step: StepIndex,
    /// What it is told to do.
    pub config: Value,
    /// What an attempt with an unknown end means for it.
    pub mode: Mode,
    /// What it gave to later steps.
    pub output: Option<Value>,
    /// Its tries, oldest first.
    pub attempts: Vec<AttemptRecord>,
    /// Lines of its log.
    pub log: Vec<LogLine>,
    /// Whether they could not be read.
    pub log_is_away: bool,
    /// Which ones these are.
    pub log_part: LogPart,
}
