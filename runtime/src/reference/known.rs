//! The names that references of one definition may use.

use std::collections::HashMap;

use engine::StepIndex;
use engine::definition::Reading;
use serde_json::{Map, Value};

/// What is known of a definition.
pub(super) struct Known<'a> {
    keys: HashMap<&'a str, StepIndex>,
    /// None when nobody can say which there are.
    parameters: Option<&'a Map<String, Value>>,
}

/// What a name is.
pub(super) enum Verdict {
    /// It can be filled in.
    Fine,
    /// The output of this step.
    Output(StepIndex),
    /// It cannot be filled in, in a sentence without its full stop.
    Wrong(String),
}

impl<'a> Known<'a> {
    pub(super) fn new(reading: &'a Reading) -> Self {
        let steps = reading.steps().iter().enumerate();
        let mut keys = HashMap::new();
        for (index, read) in steps {
            keys.entry(read.step.key.as_str()).or_insert(index);
        }
        Self {
            keys,
            parameters: reading.parameters(),
        }
    }

    /// Judges a name with what follows it, such as `steps.scan.output.count`.
    pub(super) fn judge(&self, name: &str) -> Verdict {
        let mut parts = name.split('.');
        Verdict::Wrong(match (parts.next(), parts.next(), parts.next()) {
            (Some("steps"), Some(key), third) => match (self.keys.get(key), third) {
                (None, _) => format!("{name}: there is no step with the key \"{key}\""),
                (Some(&source), Some("output")) => return Verdict::Output(source),
                _ => format!("{name}: of a step only its output can be used: steps.{key}.output"),
            },
            (Some("steps"), None, _) => "steps: must be followed by a key and output, as in \
                                         steps.download.output.count"
                .to_owned(),
            (Some("parameters"), Some(parameter), _) => match self.no_parameter(parameter) {
                Some(why) => format!("{name}: {why}"),
                None => return Verdict::Fine,
            },
            (Some("parameters"), None, _)
            | (Some("workflow"), Some("metadata"), _)
            | (Some("workflow"), Some("id" | "job_id"), None) => return Verdict::Fine,
            (Some("workflow"), ..) => {
                format!("{name}: of a workflow there are id, job_id and metadata.<name>")
            }
            _ => format!(
                "{name} is unknown; there are steps.<key>.output, parameters.<name>, workflow.id, \
                 workflow.job_id and workflow.metadata.<name>"
            ),
        })
    }

    fn no_parameter(&self, parameter: &str) -> Option<String> {
        let known = self.parameters?;
        if known.contains_key(parameter) {
            return None;
        }
        let names: Vec<_> = known.keys().map(String::as_str).collect();
        let known = match names.as_slice() {
            [] => "the definition has none".to_owned(),
            names => format!("there are {}", names.join(", ")),
        };
        Some(format!("there is no parameter \"{parameter}\"; {known}"))
    }
}
