//! A definition as typed into a form: all text, so that nothing typed is ever lost, whether it
//! makes sense or not.
//!
//! The same edits run in the browser on each press and on the server when a form is posted
//! ([`form`]).

mod circle;
pub mod difference;
mod edit;
pub mod form;
mod list;
pub mod parameters;
mod read;
mod rename;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::definition::key;
use crate::definition::{OnFailure, RunIf, limits};
use crate::id::StepIndex;
use crate::problem::Problem;

pub use circle::Downstream;
pub use edit::DraftEdit;
pub use list::Removed;

/// A definition as typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinitionDraft {
    /// What people read.
    pub name: String,
    /// How often a workflow may be recovered; empty means the default.
    pub max_recovery_attempts: String,
    /// What happens to the rest when a step fails, as the word used in JSON.
    pub on_failure: String,
    /// Parameters and their defaults, one `NAME=value` on each line, or a JSON object.
    pub parameters: String,
    /// The steps in the order they are listed.
    pub steps: Vec<StepDraft>,
    /// The step that was removed last, to bring it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<Box<Removed>>,
}

/// One step as typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepDraft {
    /// What people read.
    pub name: String,
    /// What references use; empty means made from the name.
    pub key: String,
    /// The key that references to it are written with; empty until it has one of its own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub known_as: String,
    /// The kind of work.
    pub task_type: String,
    /// The text of each field of the kind, by the field's name.
    pub config: BTreeMap<String, String>,
    /// The text of fields of other kinds, kept in case the kind is changed back; never sent.
    #[serde(default)]
    pub kept: BTreeMap<String, String>,
    /// Positions of the steps it runs after, ascending, each once.
    pub dependencies: Vec<StepIndex>,
    /// Tries after the first; empty means the default.
    pub max_retries: String,
    /// Longest an attempt may take; empty means the step type's default.
    pub timeout: String,
    /// How long it usually takes; empty means unknown.
    pub estimated_duration: String,
    /// When it runs, as the word used in JSON.
    pub run_if: String,
    /// The expression that must be true for it to run; empty means it always runs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// How often an attempt may be lost; empty means the default.
    pub max_lost: String,
    /// What an attempt with an unknown end means, as the word used in JSON; empty means what the
    /// kind says.
    #[serde(default)]
    pub mode: String,
}

impl Default for DefinitionDraft {
    fn default() -> Self {
        Self {
            name: String::new(),
            max_recovery_attempts: limits::MAX_RECOVERY_ATTEMPTS_DEFAULT.to_string(),
            on_failure: OnFailure::default().as_str().into(),
            parameters: String::new(),
            steps: Vec::new(),
            removed: None,
        }
    }
}

impl StepDraft {
    /// A step of a kind with the defaults of everything else.
    #[must_use]
    pub fn new(name: &str, task_type: &str) -> Self {
        Self {
            name: name.into(),
            key: String::new(),
            known_as: String::new(),
            task_type: task_type.into(),
            config: BTreeMap::new(),
            kept: BTreeMap::new(),
            dependencies: Vec::new(),
            max_retries: limits::MAX_RETRIES_DEFAULT.to_string(),
            timeout: String::new(),
            estimated_duration: String::new(),
            run_if: RunIf::default().as_str().into(),
            condition: String::new(),
            max_lost: limits::MAX_LOST_DEFAULT.to_string(),
            mode: String::new(),
        }
    }

    /// What was typed into a field of the kind; empty when nothing was.
    #[must_use]
    pub fn field(&self, name: &str) -> &str {
        self.config.get(name).map_or("", String::as_str)
    }
}

impl DefinitionDraft {
    /// What a step is called in sentences: its name, or its number while it has none.
    #[must_use]
    pub fn step_title(&self, index: StepIndex) -> String {
        match self.steps.get(index) {
            Some(step) if !step.name.trim().is_empty() => step.name.clone(),
            _ => format!("Step {}", index + 1),
        }
    }

    /// The key of every step, with those that are made from names as saving would make them.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let mut taken = key::Taken::default();
        for step in &self.steps {
            taken.take(step.key.trim());
        }
        let key = |step: &StepDraft| match step.key.trim() {
            "" => taken.make(&step.name),
            given => given.to_owned(),
        };
        self.steps.iter().map(key).collect()
    }

    /// The key that a step would get from its name, whether or not it has one of its own now.
    #[must_use]
    pub fn key_from_name(&self, index: StepIndex) -> String {
        let Some(step) = self.steps.get(index) else {
            return String::new();
        };
        let mut taken = key::Taken::default();
        for (other, key) in self.keys().iter().enumerate() {
            if other != index {
                taken.take(key);
            }
        }
        taken.make(&step.name)
    }
}

/// The step a problem is at, if it is at one.
#[must_use]
pub fn step_of(problem: &Problem) -> Option<StepIndex> {
    let rest = problem.pointer.strip_prefix("#/steps/")?;
    rest.split('/').next()?.parse().ok()
}

/// `first`, and those of `more` that say nothing about a place `first` already speaks of.
#[must_use]
pub fn merged(mut first: Vec<Problem>, more: Vec<Problem>) -> Vec<Problem> {
    let known = first.len();
    for problem in more {
        let is_known = first[..known].iter().any(|told| {
            problem
                .pointer
                .strip_prefix(&told.pointer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        if !is_known {
            first.push(problem);
        }
    }
    first
}
