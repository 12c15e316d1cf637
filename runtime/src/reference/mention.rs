//! Steps that refer to the output of others.

use std::collections::BTreeSet;

use engine::definition::Reading;
use engine::{Problem, StepIndex};

use super::ancestry;

/// A step that refers to another.
pub(super) struct Mention {
    /// Who refers.
    pub(super) step: StepIndex,
    /// Whose output is meant.
    pub(super) source: StepIndex,
    /// The field, as a pointer.
    pub(super) at: String,
}

/// The mentions of steps that do not lie upstream. Where something upstream is not known, the
/// answer is not known either, and nothing is said.
pub(super) fn judge(reading: &Reading, mentions: Vec<Mention>) -> Vec<Problem> {
    let is_known = known(reading);
    let steps = reading.steps();
    let judged = |m: &Mention| m.step == m.source || is_known.get(m.step) == Some(&true);
    let mentions: Vec<_> = mentions.into_iter().filter(judged).collect();
    let questions: Vec<_> = mentions.iter().map(|m| (m.step, m.source)).collect();
    let answers = ancestry::upstream(reading.graph(), &questions);
    let not_upstream = mentions.into_iter().zip(answers).filter(|(_, is)| !is);
    not_upstream
        .map(|(mention, _)| {
            let key = &steps[mention.source].step.key;
            let detail = if mention.step == mention.source {
                format!("steps.{key}: a step cannot use its own output")
            } else {
                format!(
                    "steps.{key}: the step \"{key}\" is not upstream of this one; make this step \
                     depend on it"
                )
            };
            Problem::new(mention.at, detail)
        })
        .collect()
}

/// The keys of the steps among the names of an expression.
pub(super) fn keys(names: &BTreeSet<String>) -> BTreeSet<String> {
    let named = names.iter().filter_map(|name| name.strip_prefix("steps."));
    named
        .filter_map(|rest| rest.split('.').next())
        .map(str::to_owned)
        .collect()
}

/// For each step whether everything upstream of it is known.
fn known(reading: &Reading) -> Vec<bool> {
    let graph = reading.graph();
    let mut known: Vec<_> = reading.steps().iter().map(|s| s.has_dependencies).collect();
    for &step in graph.order() {
        known[step] &= graph.dependencies(step).iter().all(|above| known[*above]);
    }
    known
}
