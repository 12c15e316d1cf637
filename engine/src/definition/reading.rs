//! What could be read of a definition, right or wrong.

use serde_json::{Map, Value};

use super::{OnFailure, StepDefinition, WorkflowDefinition};
use crate::graph::Graph;
use crate::problem::Problem;

/// A definition as far as it could be read. Whoever checks more than this crate knows, such as the
/// configurations, checks a reading: then everything that is wrong is told at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    pub(super) problems: Vec<Problem>,
    pub(super) name: String,
    pub(super) max_recovery_attempts: u32,
    pub(super) on_failure: OnFailure,
    pub(super) steps: Vec<StepReading>,
    pub(super) parameters: Option<Map<String, Value>>,
    pub(super) graph: Graph,
}

/// One step as far as it could be read. What could not is empty.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReading {
    /// The step.
    pub step: StepDefinition,
    /// Whether its configuration could be read.
    pub has_config: bool,
    /// Whether all it depends on is known. False for the steps of a circle as well.
    pub has_dependencies: bool,
}

impl Reading {
    /// Nothing could be read.
    pub(super) fn broken(problems: Vec<Problem>) -> Self {
        Self {
            problems,
            name: String::new(),
            max_recovery_attempts: 0,
            on_failure: OnFailure::default(),
            steps: Vec::new(),
            parameters: None,
            graph: Graph::default(),
        }
    }

    /// What is wrong with the definition itself, each at its field.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The steps in the order they were written.
    #[must_use]
    pub fn steps(&self) -> &[StepReading] {
        &self.steps
    }

    /// The parameters; none when they could not be read.
    #[must_use]
    pub const fn parameters(&self) -> Option<&Map<String, Value>> {
        self.parameters.as_ref()
    }

    /// Who depends on whom, without what could not be read. Empty when there are too many circles.
    #[must_use]
    pub const fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The definition.
    ///
    /// # Errors
    /// Its problems.
    pub fn into_definition(self) -> Result<WorkflowDefinition, Vec<Problem>> {
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let steps: Vec<_> = self.steps.into_iter().map(|read| read.step).collect();
        let mut by_key: Vec<_> = (0..steps.len()).collect();
        by_key.sort_unstable_by(|a, b| steps[*a].key.cmp(&steps[*b].key));
        Ok(WorkflowDefinition {
            name: self.name,
            by_key,
            steps,
            max_recovery_attempts: self.max_recovery_attempts,
            on_failure: self.on_failure,
            parameters: self.parameters.unwrap_or_default(),
            graph: self.graph,
        })
    }
}

impl From<&WorkflowDefinition> for Reading {
    fn from(definition: &WorkflowDefinition) -> Self {
        let whole = |step: &StepDefinition| StepReading {
            step: step.clone(),
            has_config: true,
            has_dependencies: true,
        };
        Self {
            problems: Vec::new(),
            name: definition.name.clone(),
            max_recovery_attempts: definition.max_recovery_attempts,
            on_failure: definition.on_failure,
            steps: definition.steps.iter().map(whole).collect(),
            parameters: Some(definition.parameters.clone()),
            graph: definition.graph.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_right_can_be_read_beside_what_is_wrong() {
        let reading = WorkflowDefinition::read(&json!({
            "name": "", "parameters": {"p": 1},
            "steps": [
                {"name": "A", "task_type": "x", "config": {"a": 1}},
                {"name": "B", "task_type": "x", "config": 5, "dependencies": ["a", "gone"]},
                {"name": "C", "task_type": "x", "dependencies": ["d"]},
                {"name": "D", "task_type": "x", "dependencies": ["c"]},
                {"name": "E", "task_type": "x", "dependencies": [5]},
                {"name": "F", "task_type": "x", "dependencies": [4]},
            ],
        }));
        let pointers: Vec<_> = reading
            .problems()
            .iter()
            .map(|p| p.pointer.as_str())
            .collect();
        let wanted = [
            "#/name",
            "#/steps/1/config",
            "#/steps/1/dependencies/1",
            "#/steps/2/dependencies",
            "#/steps/4/dependencies",
        ];
        assert_eq!(pointers, wanted);
        assert_eq!(reading.parameters(), json!({"p": 1}).as_object());
        assert_eq!(reading.steps()[0].step.config["a"], 1);
        assert!(reading.steps()[0].has_config && !reading.steps()[1].has_config);
        let known: Vec<_> = reading.steps().iter().map(|s| s.has_dependencies).collect();
        assert_eq!(known, [true, false, false, false, false, false]);
        assert_eq!(reading.graph().dependencies(1), [0]);
        assert_eq!(reading.into_definition().unwrap_err().len(), 5);
    }

    #[test]
    fn a_definition_in_many_circles_is_read_to_the_end() {
        let steps: Vec<_> = (0..5_000_usize)
            .map(|n| json!({"name": format!("S{n}"), "task_type": "x", "dependencies": [n ^ 1]}))
            .collect();
        let reading = WorkflowDefinition::read(&json!({"name": "N", "steps": steps}));
        assert_eq!(reading.problems().len(), 10);
        assert!(reading.steps().iter().all(|step| !step.has_dependencies));
    }

    #[test]
    fn a_right_definition_reads_as_itself() {
        let json = json!({"name": "N", "steps": [{"name": "A", "task_type": "x"}]});
        let definition = WorkflowDefinition::from_json(&json).unwrap();
        let reading = Reading::from(&definition);
        assert_eq!(reading, WorkflowDefinition::read(&json));
        assert_eq!(reading.into_definition(), Ok(definition));
    }
}
