//! Judging references when a definition is saved.

use std::collections::HashMap;

use engine::problem::pointer_part;
use engine::{Problem, StepIndex, WorkflowDefinition};
use serde_json::Value;

use super::ancestry;
use super::expression;
use super::template::{self, Piece};
use crate::step::Registry;

/// Every problem of a definition that is valid in itself: unknown step types, configurations that
/// do not fit theirs, and references; at their fields, step by step.
#[must_use]
pub fn full_check(registry: &Registry, definition: &WorkflowDefinition) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, step) in definition.steps().iter().enumerate() {
        if registry.get(&step.task_type).is_none() {
            let at = format!("#/steps/{index}/task_type");
            problems.push((index, Problem::new(at, registry.unknown(&step.task_type))));
            continue;
        }
        let found = registry.check(&step.task_type, &step.config);
        // not a URL: a JSON pointer
        let prefix = format!("/steps/{index}/config");
        problems.extend(
            found
                .into_iter()
                .map(|problem| (index, problem.under(&prefix))),
        );
    }
    problems.extend(find(definition));
    in_order(problems)
}

/// Every reference of a definition that cannot be filled in, at its field, with the place in the
/// text when it cannot be read.
#[must_use]
pub fn check(definition: &WorkflowDefinition) -> Vec<Problem> {
    in_order(find(definition))
}

fn in_order(mut problems: Vec<(StepIndex, Problem)>) -> Vec<Problem> {
    problems.sort_by_key(|(index, _)| *index);
    problems.into_iter().map(|(_, problem)| problem).collect()
}

fn find(definition: &WorkflowDefinition) -> Vec<(StepIndex, Problem)> {
    let steps = definition.steps();
    let keys = steps
        .iter()
        .enumerate()
        .map(|(index, step)| (step.key.as_str(), index));
    let mut check = Check {
        definition,
        keys: keys.collect(),
        mentions: Vec::new(),
        problems: Vec::new(),
    };
    for (index, step) in steps.iter().enumerate() {
        for (name, value) in &step.config {
            let at = format!("#/steps/{index}/config/{}", pointer_part(name));
            check.value(index, &at, value);
        }
    }
    check.judge_mentions();
    check.problems
}

/// A step that refers to another.
struct Mention {
    step: StepIndex,
    source: StepIndex,
    at: String,
}

struct Check<'a> {
    definition: &'a WorkflowDefinition,
    keys: HashMap<&'a str, StepIndex>,
    mentions: Vec<Mention>,
    problems: Vec<(StepIndex, Problem)>,
}

impl Check<'_> {
    fn add(&mut self, step: StepIndex, at: &str, detail: String) {
        self.problems.push((step, Problem::new(at, detail)));
    }

    fn value(&mut self, step: StepIndex, at: &str, value: &Value) {
        match value {
            Value::String(text) if template::is_template(text) => self.text(step, at, text),
            Value::Array(list) => {
                for (place, value) in list.iter().enumerate() {
                    self.value(step, &format!("{at}/{place}"), value);
                }
            }
            Value::Object(map) => {
                for (name, value) in map {
                    self.value(step, &format!("{at}/{}", pointer_part(name)), value);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, step: StepIndex, at: &str, text: &str) {
        let place = |byte: usize| text.get(..byte).unwrap_or(text).chars().count() + 1;
        let pieces = match template::pieces(text) {
            Ok(pieces) => pieces,
            Err(unclosed) => {
                let place = place(unclosed.at);
                let detail = format!(
                    "`{{{{` at character {place} is never closed by `}}}}`; to write two braces as \
                     they are, write {{{{ '{{{{' }}}}"
                );
                return self.add(step, at, detail);
            }
        };
        for piece in pieces {
            let Piece::Expression { source, at: begin } = piece else {
                continue;
            };
            let unread = |byte: usize, why: String| {
                let shown = source.trim();
                let place = place(begin + byte);
                format!("{{{{ {shown} }}}} cannot be read at character {place}: {why}")
            };
            match expression::compile(source) {
                Err(fault) => self.add(step, at, unread(fault.at, fault.detail)),
                Ok(compiled) => {
                    if let Some((byte, why)) = expression::unknown_word(source) {
                        self.add(step, at, unread(byte, why));
                    }
                    for name in compiled.names() {
                        self.name(step, at, &name);
                    }
                }
            }
        }
    }

    /// Judges a name with what follows it, such as `steps.scan.output.count`.
    fn name(&mut self, step: StepIndex, at: &str, name: &str) {
        let mut parts = name.split('.');
        let detail = match (parts.next(), parts.next(), parts.next()) {
            (Some("steps"), Some(key), third) => match (self.keys.get(key), third) {
                (None, _) => format!("{name}: there is no step with the key \"{key}\""),
                (Some(&source), Some("output")) => {
                    return self.mentions.push(Mention {
                        step,
                        source,
                        at: at.to_owned(),
                    });
                }
                _ => format!("{name}: of a step only its output can be used: steps.{key}.output"),
            },
            (Some("steps"), None, _) => "steps: must be followed by a key and output, as in \
                                         steps.download.output.count"
                .to_owned(),
            (Some("parameters"), Some(parameter), _) => {
                if self.definition.parameters().contains_key(parameter) {
                    return;
                }
                let known = self.definition.parameters();
                let known: Vec<_> = known.keys().map(String::as_str).collect();
                let known = match known.as_slice() {
                    [] => "the definition has none".to_owned(),
                    names => format!("there are {}", names.join(", ")),
                };
                format!("{name}: there is no parameter \"{parameter}\"; {known}")
            }
            (Some("parameters"), None, _)
            | (Some("workflow"), Some("metadata"), _)
            | (Some("workflow"), Some("id" | "job_id"), None) => return,
            (Some("workflow"), ..) => {
                format!("{name}: of a workflow there are id, job_id and metadata.<name>")
            }
            _ => format!(
                "{name} is unknown; there are steps.<key>.output, parameters.<name>, workflow.id, \
                 workflow.job_id and workflow.metadata.<name>"
            ),
        };
        self.add(step, at, detail);
    }

    fn judge_mentions(&mut self) {
        let mentions = std::mem::take(&mut self.mentions);
        let questions: Vec<_> = mentions.iter().map(|m| (m.step, m.source)).collect();
        let answers = ancestry::upstream(self.definition.graph(), &questions);
        for (mention, is_upstream) in mentions.into_iter().zip(answers) {
            if is_upstream {
                continue;
            }
            let key = &self.definition.steps()[mention.source].key;
            let detail = if mention.step == mention.source {
                format!("steps.{key}: a step cannot use its own output")
            } else {
                format!(
                    "steps.{key}: the step \"{key}\" is not upstream of this one; make this step \
                     depend on it"
                )
            };
            self.add(mention.step, &mention.at, detail);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use serde_json::json;

    use super::*;

    fn definition(steps: Value) -> WorkflowDefinition {
        let json = json!({"name": "d", "parameters": {"folder": "/data"}, "steps": steps});
        WorkflowDefinition::from_json(&json).unwrap()
    }

    fn problems(text: &str) -> Vec<String> {
        let definition = definition(json!([
            {"name": "first", "task_type": "x"},
            {"name": "middle", "task_type": "x", "dependencies": ["first"]},
            {"name": "aside", "task_type": "x"},
            {"name": "last", "task_type": "x", "dependencies": ["middle"],
             "config": {"args": [{"a/b": text}]}},
        ]));
        let found = check(&definition);
        assert!(
            found
                .iter()
                .all(|p| p.pointer == "#/steps/3/config/args/0/a~1b"),
            "{found:?}"
        );
        found.into_iter().map(|problem| problem.detail).collect()
    }

    #[test]
    fn references_that_can_be_filled_in_are_no_problem() {
        for text in [
            "{{ steps.first.output.a[0]['b'] }} {{ steps.middle.output }}",
            "{{ parameters.folder }}/{{ workflow.id }}-{{ workflow.job_id }}",
            "{{ workflow.metadata.anything.deep | default('x') }}",
            "no reference: ${#a} {% b %} steps.aside.output",
        ] {
            assert_eq!(problems(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_step_that_is_not_upstream_is_refused() {
        let refusal = "steps.aside: the step \"aside\" is not upstream of this one; make this \
                       step depend on it";
        assert_eq!(problems("{{ steps.aside.output }}"), [refusal]);
        let own = "steps.last: a step cannot use its own output";
        assert_eq!(problems("{{ steps.last.output }}"), [own]);
    }

    #[test]
    fn unknown_names_are_refused() {
        for (text, told) in [
            (
                "{{ steps.gone.output }}",
                "there is no step with the key \"gone\"",
            ),
            (
                "{{ steps.first.status }}",
                "of a step only its output can be used",
            ),
            ("{{ steps.first }}", "of a step only its output can be used"),
            (
                "{{ steps['first'].output }}",
                "steps: must be followed by a key",
            ),
            (
                "{{ parameters.fodler }}",
                "there is no parameter \"fodler\"; there are folder",
            ),
            (
                "{{ workflow.name }}",
                "of a workflow there are id, job_id and metadata.<name>",
            ),
            (
                "{{ env.HOME }}",
                "env.HOME is unknown; there are steps.<key>.output",
            ),
            ("{{ range(3) }}", "range is unknown"),
        ] {
            let found = problems(text);
            assert!(
                found.len() == 1 && found[0].contains(told),
                "{text}: {found:?}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        for (text, told) in [
            (
                "äb {{ parameters.folder",
                "`{{` at character 4 is never closed",
            ),
            (
                "a {{ parameters. }}",
                "{{ parameters. }} cannot be read at character ",
            ),
            ("{{ }}", "cannot be read at character"),
            (
                "{{ steps.first.output | nope }}",
                "at character 25: there is no filter \"nope\"",
            ),
        ] {
            let found = problems(text);
            assert!(
                found.len() == 1 && found[0].contains(told),
                "{text}: {found:?}"
            );
        }
    }

    #[test]
    fn five_thousand_steps_that_refer_far_back_are_checked_in_no_time() {
        let step = |n: usize| match n {
            0 => json!({"name": "s0", "task_type": "x"}),
            n => json!({
                "name": format!("s{n}"), "task_type": "x", "dependencies": [n - 1],
                "config": {"a": format!("{{{{ steps.s{}.output }}}}", n / 2)},
            }),
        };
        let definition = definition((0..5_000).map(step).collect());
        let begun = Instant::now();
        assert_eq!(check(&definition), []);
        assert!(
            begun.elapsed() < Duration::from_secs(3),
            "took {:?}",
            begun.elapsed()
        );
    }

    #[test]
    fn step_types_configurations_and_references_are_judged_together_in_order() {
        let registry = Registry::builtin().unwrap();
        let known = registry.names().next().unwrap();
        let definition = definition(json!([
            {"name": "a", "task_type": known, "config": {"bogus": "{{ nope }}"}},
            {"name": "b", "task_type": "strange"},
        ]));
        let found = full_check(&registry, &definition);
        let bogus: Vec<_> = found
            .iter()
            .filter(|p| p.pointer == "#/steps/0/config/bogus")
            .collect();
        assert_eq!(bogus.len(), 2, "{found:?}");
        let last = found.last().unwrap();
        assert_eq!(last.pointer, "#/steps/1/task_type");
        assert!(
            last.detail
                .starts_with("there is no step type \"strange\"; there are ")
        );
        assert!(registry.names().all(|name| last.detail.contains(name)));
    }
}
