//! A definition as JSON: whatever is wrong with it is told at its field, with what would be right.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "these are tests"
)]

use engine::definition::limits;
use engine::{Handler, Mode, StepDefinition, WorkflowDefinition};
use serde_json::{Map, Value, json};

/// Two steps, the second after the first; `change` sets fields of the whole and of the second step.
fn definition(whole: Value, second: Value) -> Value {
    let mut definition = json!({"name": "Sample", "steps": [
        {"name": "First", "task_type": "noop"},
        {"name": "Second", "task_type": "noop", "dependencies": [0]},
    ]});
    let set = |object: &mut Value, fields: Value| {
        let Value::Object(fields) = fields else {
            panic!("not an object")
        };
        object.as_object_mut().unwrap().extend(fields);
    };
    set(&mut definition["steps"][1], second);
    set(&mut definition, whole);
    definition
}

fn problems(definition: &Value) -> Vec<(String, String)> {
    let problems = WorkflowDefinition::from_json(definition).err();
    let told = problems.into_iter().flatten();
    told.map(|problem| (problem.pointer, problem.detail))
        .collect()
}

#[track_caller]
fn told(definition: &Value, pointer: &str, detail: &str) {
    let expected = [(pointer.to_owned(), detail.to_owned())];
    assert_eq!(problems(definition), expected);
}

fn deep(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inside, _| json!([inside]))
}

#[test]
fn what_is_no_definition_at_all_is_told() {
    told(&json!([1]), "#", "must be an object with a name and steps");
    let nothing = problems(&json!({}));
    let expected = [
        ("#/name", "is missing; give a name of 1 to 200 characters"),
        ("#/steps", "must be a list of 1 to 5,000 steps"),
    ];
    assert_eq!(
        nothing,
        expected.map(|(at, what)| (at.to_owned(), what.to_owned()))
    );
}

#[test]
fn what_is_wrong_with_the_whole_is_told_at_its_field() {
    let long = "ü".repeat(limits::NAME_CHARACTERS_MAX + 1);
    for (fields, pointer, detail) in [
        (
            json!({"name": null}),
            "#/name",
            "is missing; give a name of 1 to 200 characters",
        ),
        (json!({"name": 5}), "#/name", "must be text"),
        (json!({"name": " \t"}), "#/name", "must not be blank"),
        (
            json!({"name": long}),
            "#/name",
            "must be at most 200 characters",
        ),
        (
            json!({"name": "a\nb"}),
            "#/name",
            "must not contain control characters",
        ),
        (
            json!({"max_recovery_attempts": 101}),
            "#/max_recovery_attempts",
            "must be a whole number from 0 to 100",
        ),
        (
            json!({"max_recovery_attempts": "many"}),
            "#/max_recovery_attempts",
            "must be a whole number from 0 to 100",
        ),
        (
            json!({"on_failure": "panic"}),
            "#/on_failure",
            "must be one of finish_branches, stop",
        ),
        (
            json!({"parameters": [1]}),
            "#/parameters",
            "must be an object",
        ),
        (
            json!({"parameters": {"a/b": 1}}),
            "#/parameters/a~1b",
            "a parameter's name has letters, digits and _ only",
        ),
        (
            json!({"parameters": {"deep": deep(100)}}),
            "#/parameters",
            "is nested more than 100 levels deep",
        ),
        (
            json!({"steps": []}),
            "#/steps",
            "must hold at least one step",
        ),
        (
            json!({"steps": {}}),
            "#/steps",
            "must be a list of 1 to 5,000 steps",
        ),
        (
            json!({"retries": 1}),
            "#/retries",
            "unknown field; the fields are name, max_recovery_attempts, on_failure, parameters, steps",
        ),
    ] {
        told(&definition(fields, json!({})), pointer, detail);
    }
}

/// Wrong fields of the second step are told at this one.
fn step_told(fields: Value, field: &str, detail: &str) {
    let pointer = format!("#/steps/1/{field}");
    told(&definition(json!({}), fields), &pointer, detail);
}

#[test]
fn what_is_wrong_with_a_step_is_told_at_its_field() {
    let seconds = "must be a number of seconds above 0 and at most 31,536,000 (365 days)";
    for (fields, field, detail) in [
        (json!({"name": ""}), "name", "must not be blank"),
        (
            json!({"task_type": null}),
            "task_type",
            "is missing; name a registered step type",
        ),
        (json!({"task_type": 5}), "task_type", "must be text"),
        (json!({"task_type": "  "}), "task_type", "must not be blank"),
        (json!({"config": "x"}), "config", "must be an object"),
        (
            json!({"config": {"a": "x".repeat(262_144)}}),
            "config",
            "is larger than 256 KiB",
        ),
        (
            json!({"config": {"a": deep(100)}}),
            "config",
            "is nested more than 100 levels deep",
        ),
        (
            json!({"max_retries": -1}),
            "max_retries",
            "must be a whole number from 0 to 100",
        ),
        (
            json!({"max_lost": 0}),
            "max_lost",
            "must be a whole number from 1 to 100",
        ),
        (json!({"timeout": 0}), "timeout", seconds),
        (json!({"timeout": "1 h"}), "timeout", seconds),
        (
            json!({"estimated_duration": 31_536_001}),
            "estimated_duration",
            seconds,
        ),
    ] {
        step_told(fields, field, detail);
    }
}

#[test]
fn a_word_or_a_key_that_is_none_is_told_at_its_field() {
    let key = "must be 1 to 100 lower-case letters, digits or _, and not start with a digit";
    for (fields, field, detail) in [
        (
            json!({"run_if": "never"}),
            "run_if",
            "must be one of ok, always, failed",
        ),
        (
            json!({"condition": true}),
            "condition",
            "must be text: an expression, such as \"parameters.send\"",
        ),
        (
            json!({"condition": " "}),
            "condition",
            "must not be blank; leave it out where the step always runs",
        ),
        (
            json!({"condition": "x".repeat(2_049)}),
            "condition",
            "has 2049 bytes; at most 2048 are allowed",
        ),
        (
            json!({"mode": "twice"}),
            "mode",
            "must be one of retry, once, probe",
        ),
        (
            json!({"handler": "function"}),
            "handler",
            "must be closure, or be left out",
        ),
        (json!({"key": "Second"}), "key", key),
        (json!({"key": "2nd"}), "key", key),
        (json!({"key": "k".repeat(101)}), "key", key),
        (json!({"key": 5}), "key", key),
    ] {
        step_told(fields, field, detail);
    }
}

#[test]
fn a_dependency_that_cannot_be_is_told_at_its_place() {
    for (fields, field, detail) in [
        (
            json!({"dependencies": "first"}),
            "dependencies",
            "must be a list of positions or keys",
        ),
        (
            json!({"dependencies": [1]}),
            "dependencies/0",
            "a step cannot depend on itself",
        ),
        (
            json!({"dependencies": [2]}),
            "dependencies/0",
            "there is no step 2",
        ),
        (
            json!({"dependencies": ["third"]}),
            "dependencies/0",
            "there is no step \"third\"",
        ),
        (
            json!({"dependencies": [0, "first"]}),
            "dependencies/1",
            "step \"first\" is named twice",
        ),
        (
            json!({"dependencies": [0.5]}),
            "dependencies/0",
            "must be a step's position from 0 or its key",
        ),
        (
            json!({"run_if": "failed", "dependencies": []}),
            "run_if",
            "\"failed\" needs at least one dependency to watch",
        ),
    ] {
        step_told(fields, field, detail);
    }
}

#[test]
fn a_step_that_is_no_object_and_a_key_given_twice_are_told() {
    told(
        &definition(json!({"steps": ["noop"]}), json!({})),
        "#/steps/0",
        "must be an object with a name and a task_type",
    );
    let twice = json!({"steps": [
        {"name": "One", "key": "same", "task_type": "noop"},
        {"name": "Two", "key": "same", "task_type": "noop"},
    ]});
    told(
        &definition(twice, json!({})),
        "#/steps/1/key",
        "another step already has the key \"same\"",
    );
    let steps = |count: usize| {
        let step = json!({"name": "Step", "task_type": "noop"});
        definition(json!({"steps": vec![step; count]}), json!({}))
    };
    assert_eq!(problems(&steps(limits::STEPS_MAX)), []);
    told(
        &steps(limits::STEPS_MAX + 1),
        "#/steps",
        "holds 5001 steps; at most 5,000 are allowed",
    );
}

#[test]
fn one_problem_keeps_no_other_from_being_told() {
    let all = definition(
        json!({"name": "", "on_failure": 1, "colour": "red"}),
        json!({"timeout": -1, "dependencies": [7, 1], "key": "?"}),
    );
    let found = problems(&all);
    let places: Vec<_> = found.iter().map(|(at, _)| at.as_str()).collect();
    assert_eq!(
        places,
        [
            "#/colour",
            "#/name",
            "#/on_failure",
            "#/steps/1/timeout",
            "#/steps/1/key",
            "#/steps/1/dependencies/0",
            "#/steps/1/dependencies/1",
        ]
    );
}

#[test]
fn what_is_just_within_the_limits_is_taken() {
    let whole = json!({
        "name": "ü".repeat(limits::NAME_CHARACTERS_MAX),
        "max_recovery_attempts": 100,
        "parameters": {"Upper_2": deep(98)},
    });
    let second = json!({
        "key": "k".repeat(limits::KEY_CHARACTERS_MAX),
        "max_retries": 100,
        "max_lost": 1,
        "timeout": 31_536_000,
        "config": {"deep": deep(98)},
        "condition": "x".repeat(limits::EXPRESSION_BYTES_MAX),
        "dependencies": ["first"],
    });
    assert_eq!(problems(&definition(whole, second)), []);
}

#[test]
fn steps_are_found_by_their_keys() {
    let definition = WorkflowDefinition::from_json(&json!({"name": "Keys", "steps": [
        {"name": "Second one", "task_type": "noop"},
        {"name": "First one", "task_type": "noop", "key": "alpha"},
        {"name": "First one", "task_type": "noop"},
    ]}))
    .unwrap();
    let found = ["alpha", "second_one", "first_one", "third", ""];
    let found = found.map(|key| definition.step_of_key(key));
    assert_eq!(found, [Some(1), Some(0), Some(2), None, None]);
}

#[test]
fn a_step_of_a_closure_says_so_in_json_and_is_read_back() {
    let mut closure = StepDefinition::new("Closure", "anything");
    closure.handler = Handler::Closure;
    let plain = StepDefinition::new("Plain", "noop");
    let definition = WorkflowDefinition::new("Handlers", &[closure, plain]).unwrap();
    let json = definition.to_json();
    assert_eq!(json["steps"][0]["handler"], "closure");
    assert_eq!(json["steps"][1].get("handler"), None);
    assert_eq!(WorkflowDefinition::from_json(&json).unwrap(), definition);
}

#[test]
fn everything_that_is_left_out_has_its_default_written_out() {
    let bare = json!({"name": "Bare", "steps": [{"name": "Only", "task_type": "noop"}]});
    let definition = WorkflowDefinition::from_json(&bare).unwrap();
    let nulls = json!({"name": "Bare", "max_recovery_attempts": null, "on_failure": null,
        "parameters": null, "steps": [{"name": "Only", "task_type": "noop", "key": null,
        "config": null, "dependencies": null, "max_retries": null, "max_lost": null,
        "timeout": null, "estimated_duration": null, "run_if": null, "mode": null, "condition": null,
        "handler": null}]});
    assert_eq!(WorkflowDefinition::from_json(&nulls).unwrap(), definition);
    let written = definition.to_json();
    assert_eq!(written["on_failure"], "finish_branches");
    assert_eq!(written["parameters"], Value::Object(Map::new()));
    assert_eq!(written["steps"][0]["key"], "only");
    assert_eq!(written["steps"][0]["run_if"], "ok");
    assert_eq!(WorkflowDefinition::from_json(&written).unwrap(), definition);
}

#[test]
fn a_step_without_a_condition_is_written_as_before_there_were_conditions() {
    let json = json!({"name": "Old", "steps": [{"name": "Only", "task_type": "noop"}]});
    let written = WorkflowDefinition::from_json(&json).unwrap().to_json();
    // Frozen definitions are found by the hash of this text.
    let frozen = r#"{"max_recovery_attempts":3,"name":"Old","on_failure":"finish_branches","parameters":{},"steps":[{"config":{},"dependencies":[],"key":"only","max_lost":3,"max_retries":3,"name":"Only","run_if":"ok","task_type":"noop"}]}"#;
    assert_eq!(written.to_string(), frozen);
}

#[test]
fn a_condition_is_kept_as_it_is_written() {
    let json = json!({"name": "N", "steps": [
        {"name": "A", "task_type": "noop", "condition": "parameters.p  > 0"},
    ]});
    let definition = WorkflowDefinition::from_json(&json).unwrap();
    let condition = definition.steps()[0].condition.as_deref();
    assert_eq!(condition, Some("parameters.p  > 0"));
    let written = definition.to_json();
    assert_eq!(written["steps"][0]["condition"], "parameters.p  > 0");
    assert_eq!(WorkflowDefinition::from_json(&written), Ok(definition));
}

#[test]
fn a_mode_that_a_step_names_stays_and_others_are_filled_in() {
    let mut named = StepDefinition::new("Named", "noop");
    named.mode = Some(Mode::Retry);
    let steps = [
        named,
        StepDefinition::new("Post", "http"),
        StepDefinition::new("Rest", "wait"),
    ];
    let definition = WorkflowDefinition::new("Modes", &steps).unwrap();
    let filled = definition.with_modes(|step| (step.task_type != "wait").then_some(Mode::Once));
    let modes: Vec<_> = filled.steps().iter().map(|step| step.mode).collect();
    assert_eq!(modes, [Some(Mode::Retry), Some(Mode::Once), None]);
}
