//! Judging references when a definition is saved.

use engine::definition::Reading;
use engine::problem::pointer_part;
use engine::{Problem, StepIndex};
use serde_json::Value;

use super::known::{Known, Verdict};
use super::mention::{self, Mention};
use super::template::{self, Piece};
use super::{bounds, condition, expression};

/// Every reference of a definition that cannot be filled in, at its field, with the place in the
/// text when it cannot be read. What cannot be judged because something else of the definition is
/// wrong is passed over.
#[must_use]
pub fn check(reading: &Reading) -> Vec<Problem> {
    let mut check = Check {
        known: Known::new(reading),
        mentions: Vec::new(),
        problems: Vec::new(),
        expressions: 0,
    };
    for (index, read) in reading.steps().iter().enumerate() {
        check.expressions = 0;
        for (name, value) in &read.step.config {
            let at = format!("#/steps/{index}/config/{}", pointer_part(name));
            check.value(index, &at, value);
        }
        if let Some(text) = &read.step.condition {
            check.condition(index, text);
        }
    }
    let mut problems = check.problems;
    problems.extend(mention::judge(reading, check.mentions));
    problems
}

struct Check<'a> {
    known: Known<'a>,
    mentions: Vec<Mention>,
    problems: Vec<Problem>,
    /// How many the step has so far.
    expressions: usize,
}

impl Check<'_> {
    fn add(&mut self, at: &str, detail: String) {
        self.problems.push(Problem::new(at, detail));
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
                return self.add(at, detail);
            }
        };
        for piece in pieces {
            let Piece::Expression { source, at: begin } = piece else {
                continue;
            };
            self.expressions += 1;
            // Told once; what comes after it is not looked at.
            match bounds::too_many(self.expressions) {
                Some(why) if self.expressions == bounds::EXPRESSIONS_MAX + 1 => {
                    return self.add(at, why);
                }
                Some(_) => return,
                None => {}
            }
            let unread = |byte: usize, why: String| {
                let shown = bounds::shown(source);
                let place = place(begin + byte);
                format!("{{{{ {shown} }}}} cannot be read at character {place}: {why}")
            };
            match expression::compile(source) {
                Err(fault) => self.add(at, unread(fault.at, fault.detail)),
                Ok(compiled) => {
                    if let Some((byte, why)) = expression::unknown_word(source) {
                        self.add(at, unread(byte, why));
                    }
                    for name in compiled.names() {
                        self.name(step, at, &name);
                    }
                }
            }
        }
    }

    fn condition(&mut self, step: StepIndex, text: &str) {
        let at = format!("#/steps/{step}/condition");
        match condition::read(text) {
            Ok(names) => names.iter().for_each(|name| self.name(step, &at, name)),
            Err(why) => self.add(&at, why),
        }
    }

    fn name(&mut self, step: StepIndex, at: &str, name: &str) {
        match self.known.judge(name) {
            Verdict::Fine => {}
            Verdict::Output(source) => self.mentions.push(Mention {
                step,
                source,
                at: at.to_owned(),
            }),
            Verdict::Wrong(detail) => self.add(at, detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use engine::WorkflowDefinition;
    use serde_json::json;

    use super::*;

    fn definition(steps: Value) -> Reading {
        let json = json!({"name": "d", "parameters": {"folder": "/data"}, "steps": steps});
        WorkflowDefinition::read(&json)
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
        assert_eq!(problems("{{ steps.aside.output[::1] }}"), [refusal]);
        let own = "steps.last: a step cannot use its own output";
        assert_eq!(problems("{{ steps.last.output }}"), [own]);
    }

    #[test]
    fn the_names_of_a_condition_are_judged_like_those_of_references() {
        let told = |condition: &str| {
            let found = check(&definition(json!([
                {"name": "first", "task_type": "x"},
                {"name": "aside", "task_type": "x"},
                {"name": "last", "task_type": "x", "dependencies": ["first"],
                 "condition": condition},
            ])));
            assert!(
                found.iter().all(|p| p.pointer == "#/steps/2/condition"),
                "{found:?}"
            );
            found.into_iter().map(|p| p.detail).collect::<Vec<_>>()
        };
        assert!(told("steps.first.output.n > 0 and parameters.folder != ''").is_empty());
        for (condition, wanted) in [
            ("steps.aside.output.n > 0", "is not upstream of this one"),
            ("steps.last.output", "a step cannot use its own output"),
            (
                "steps.gone.output",
                "there is no step with the key \"gone\"",
            ),
            ("parameters.fodler", "there are folder"),
            ("yes", "yes is unknown; there are steps.<key>.output"),
            ("steps.first.output >", "cannot be read at character"),
        ] {
            let found = told(condition);
            assert!(
                found.len() == 1 && found[0].contains(wanted),
                "{condition}: {found:?}"
            );
        }
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
            ("{{ nope[::-1] }}", "nope is unknown"),
            (
                "{{ [1, [steps.gone.output[1:]]] }}",
                "there is no step with the key \"gone\"",
            ),
            (
                "{{ parameters.fodler[0:1] }}",
                "there is no parameter \"fodler\"",
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
    fn what_is_too_long_or_too_much_is_told_at_its_field() {
        let long = problems(&format!("{{{{ {}1 }}}}", "not ".repeat(3_000)));
        assert_eq!(long.len(), 1);
        assert!(long[0].contains("at most 2048"), "{long:?}");
        assert!(long[0].len() < 400, "{long:?}");
        let many = problems(&"{{ parameters.nope }}".repeat(1_500));
        assert_eq!(
            many.iter()
                .filter(|told| told.contains("at most 1000"))
                .count(),
            1
        );
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
    fn what_hangs_on_something_else_that_is_wrong_is_not_judged() {
        let found = |json: Value| {
            let found = check(&WorkflowDefinition::read(&json));
            found.into_iter().map(|p| p.pointer).collect::<Vec<_>>()
        };
        // Nobody can say which parameters there are, nor what lies above "c" and "d".
        let json = json!({"name": "d", "parameters": 1, "steps": [
            {"name": "a", "task_type": "x"},
            {"name": "b", "task_type": "x", "dependencies": ["gone"]},
            {"name": "c", "task_type": "x", "dependencies": ["b"], "config": {
                "p": "{{ parameters.p }}", "a": "{{ steps.a.output }}",
                "own": "{{ steps.c.output }}",
            }},
            {"name": "d", "task_type": "x", "dependencies": ["c", "d"],
             "config": {"a": "{{ steps.a.output }}"}},
            {"name": "e", "task_type": "x", "config": {"a": "{{ steps.a.output }}"}},
        ]});
        assert_eq!(found(json), ["#/steps/2/config/own", "#/steps/4/config/a"]);
    }
}
