//! All that is wrong with a definition, in one pass.

use engine::definition::{Reading, StepReading};
use engine::problem::first_of;
use engine::{Handler, Mode, Problem};

use super::order::Order;
use crate::reference;
use crate::runtime::asked;
use crate::step::Registry;

/// Who made a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Maker {
    /// Somebody who sent it as JSON.
    Sender,
    /// The program, which can carry steps out itself.
    Program,
}

/// Every problem at its field, step by step and field by field: what its reading found, unknown
/// step types, configurations that do not fit theirs, references.
pub(super) fn problems(registry: &Registry, reading: &Reading, maker: Maker) -> Vec<Problem> {
    let mut problems = reading.problems().to_vec();
    // Not a rule of reading: what was saved and frozen before there was a limit stays readable.
    if let Some(detail) = reading.parameters().and_then(asked::too_large) {
        problems.push(Problem::new("#/parameters", detail));
    }
    for (index, read) in reading.steps().iter().enumerate() {
        let step = &read.step;
        // One without a name is told already.
        if step.task_type.is_empty() {
            continue;
        }
        if step.handler == Handler::Closure {
            problems.extend(misplaced_closure(maker, index));
        } else if registry.get(&step.task_type).is_none() {
            let at = format!("#/steps/{index}/task_type");
            problems.push(Problem::new(at, registry.unknown(&step.task_type)));
        } else if read.has_config {
            // not a URL: a JSON pointer
            let under = format!("/steps/{index}/config");
            let found = registry.check(&step.task_type, &step.config);
            problems.extend(found.into_iter().map(|problem| problem.under(&under)));
        }
        if step.mode == Some(Mode::Probe)
            && let Some(why) = cannot_probe(registry, read)
        {
            problems.push(Problem::new(format!("#/steps/{index}/mode"), why));
        }
    }
    problems.extend(reference::check(reading));
    let order = Order::new(registry, reading);
    problems.sort_by_cached_key(|problem| order.place(&problem.pointer));
    first_of(problems)
}

/// Only the program that makes a definition has its closures.
fn misplaced_closure(maker: Maker, index: usize) -> Option<Problem> {
    let detail =
        "only a Rust program can bring the closure that carries a step out; leave this out";
    let at = format!("#/steps/{index}/handler");
    (maker == Maker::Sender).then(|| Problem::new(at, detail))
}

/// Why a step cannot be asked whether it was done; what is wrong with its type is told elsewhere.
fn cannot_probe(registry: &Registry, read: &StepReading) -> Option<String> {
    if read.step.handler == Handler::Closure {
        return Some("a closure cannot be asked whether it was done; choose retry or once".into());
    }
    let spec = registry.get(&read.step.task_type)?;
    // Of a configuration that cannot be read nobody knows what it holds.
    let is_known = read.has_config || spec.probe_field.is_none();
    spec.cannot_probe(&read.step.config).filter(|_| is_known)
}

#[cfg(test)]
mod tests {
    use engine::WorkflowDefinition;
    use serde_json::{Value, json};

    use super::*;

    fn found(definition: &Value) -> Vec<Problem> {
        let registry = Registry::builtin().unwrap();
        problems(
            &registry,
            &WorkflowDefinition::read(definition),
            Maker::Sender,
        )
    }

    #[test]
    fn a_closure_comes_from_a_program_only_and_wins_over_the_step_type() {
        let registry = Registry::builtin().unwrap();
        let known = registry.names().next().unwrap();
        let config = json!({"bogus": "{{ nope }}"});
        let step = json!({"name": "a", "task_type": known, "config": config, "handler": "closure"});
        let reading = WorkflowDefinition::read(&json!({"name": "W", "steps": [step]}));
        let pointers = |maker| {
            let found = problems(&registry, &reading, maker).into_iter();
            found.map(|problem| problem.pointer).collect::<Vec<_>>()
        };
        assert_eq!(pointers(Maker::Program), ["#/steps/0/config/bogus"]);
        let both = ["#/steps/0/config/bogus", "#/steps/0/handler"];
        assert_eq!(pointers(Maker::Sender), both);
    }

    #[test]
    fn a_mode_that_a_step_cannot_keep_is_refused_and_the_field_to_fill_is_named() {
        for spec in Registry::builtin().unwrap().specs() {
            let found = |mode: &str, config: &Value| {
                let step = json!({"name": "a", "task_type": spec.task_type, "config": config, "mode": mode});
                found(&json!({"name": "W", "steps": [step]}))
            };
            assert!(found("retry", &spec.example).is_empty());
            assert!(found("once", &spec.example).is_empty());
            assert_eq!(found("never", &spec.example)[0].pointer, "#/steps/0/mode");
            let refused = &found("probe", &spec.example)[0];
            assert_eq!(refused.pointer, "#/steps/0/mode");
            let Some(field) = &spec.probe_field else {
                assert!(refused.detail.contains("cannot ask"), "{refused}");
                continue;
            };
            assert!(refused.detail.contains(&format!("({field})")), "{refused}");
            let mut config = spec.example.clone();
            config[field] = json!("{{ workflow.id }}");
            assert_eq!(found("probe", &config), [], "{}", spec.task_type);
        }
    }

    #[test]
    fn problems_stand_in_the_order_of_steps_and_of_their_fields() {
        let registry = Registry::builtin().unwrap();
        let spec = registry
            .specs()
            .into_iter()
            .find(|spec| spec.fields.len() > 2)
            .unwrap();
        let (first, third) = (&spec.fields[0].name, &spec.fields[2].name);
        let mut wrong =
            json!({"name": "b", "task_type": spec.task_type, "max_lost": 0, "key": "-"});
        wrong["config"][third] = json!("{{ nope }}");
        wrong["config"][first] = json!("{{ parameters.nope }}");
        wrong["config"]["bogus"] = json!(1);
        let eleventh = wrong.clone();
        let mut steps = vec![json!({"name": "a", "task_type": "strange"}), wrong];
        steps.resize(
            10,
            json!({"name": "fine", "task_type": spec.task_type, "config": spec.example}),
        );
        steps.push(eleventh);
        let found = found(&json!({"steps": steps, "on_failure": "?"}));
        let pointers: Vec<_> = found.iter().map(|p| p.pointer.clone()).collect();
        let mut wanted = vec![
            "#/name".to_owned(),
            "#/on_failure".to_owned(),
            "#/steps/0/task_type".to_owned(),
        ];
        for step in [1, 10] {
            wanted.extend([
                format!("#/steps/{step}/key"),
                format!("#/steps/{step}/config/{first}"),
                format!("#/steps/{step}/config/{third}"),
                format!("#/steps/{step}/config/bogus"),
                format!("#/steps/{step}/max_lost"),
            ]);
        }
        assert_eq!(pointers, wanted, "{found:#?}");
    }

    #[test]
    fn an_unknown_step_type_is_told_with_those_there_are() {
        let found = found(&json!({"name": "d", "steps": [{"name": "b", "task_type": "strange"}]}));
        let detail = &found[0].detail;
        assert!(detail.starts_with("there is no step type \"strange\"; there are "));
        let registry = Registry::builtin().unwrap();
        assert!(
            registry.names().all(|name| detail.contains(name)),
            "{detail}"
        );
    }

    #[test]
    fn a_configuration_that_cannot_be_read_is_one_problem() {
        let registry = Registry::builtin().unwrap();
        let known = registry.names().next().unwrap();
        let step = json!({"name": "b", "task_type": known, "config": 5});
        let found = found(&json!({"name": "d", "steps": [step, 7]}));
        let pointers: Vec<_> = found.iter().map(|p| p.pointer.as_str()).collect();
        assert_eq!(pointers, ["#/steps/0/config", "#/steps/1"]);
    }
}
