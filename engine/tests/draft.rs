//! A definition as typed: what it becomes as JSON, and how it is edited.

use std::collections::BTreeMap;

use engine::draft::{DefinitionDraft, DraftEdit, StepDraft, merged, step_of};
use engine::step_form::{FieldKind, FieldSpec, ModeRule, StepSpec};
use engine::{Mode, Problem, WorkflowDefinition};
use serde_json::{Value, json};

fn field(name: &str, required: bool, kind: FieldKind) -> FieldSpec {
    FieldSpec {
        name: name.into(),
        label: name.into(),
        help: String::new(),
        required,
        default: None,
        unit: None,
        kind,
    }
}

fn spec(task_type: &str, title: &str, example: Value, fields: Vec<FieldSpec>) -> StepSpec {
    StepSpec {
        task_type: task_type.into(),
        title: title.into(),
        help: String::new(),
        output_help: String::new(),
        default_timeout: 60.0,
        only_waits: false,
        switched_off: None,
        example,
        fields,
        modes: Vec::new(),
        probe_field: None,
    }
}

fn specs() -> Vec<StepSpec> {
    let seconds = FieldKind::Number {
        min: Some(0.0),
        max: None,
        whole: false,
    };
    vec![
        spec(
            "wait",
            "Wait",
            json!({"seconds": 5}),
            vec![field("seconds", true, seconds)],
        ),
        spec(
            "shell",
            "Program",
            json!({"program": "echo", "args": ["hello"]}),
            vec![
                field("program", true, FieldKind::Text),
                field("args", false, FieldKind::Lines),
            ],
        ),
    ]
}

#[test]
fn the_key_that_a_name_would_give_is_told_beside_another_one() {
    let mut draft = DefinitionDraft::default();
    draft.add_step(None, StepDraft::new("Count", "wait"));
    draft.add_step(Some(0), StepDraft::new("Count", "wait"));
    assert_eq!(draft.key_from_name(1), "count_2");
    draft.steps[1].key = "kept".into();
    draft.steps[1].name = "Sum of it".into();
    assert_eq!(draft.key_from_name(1), "sum_of_it");
    assert_eq!(draft.key_from_name(2), "");
}

fn names(draft: &DefinitionDraft) -> Vec<(&str, Vec<usize>)> {
    draft
        .steps
        .iter()
        .map(|step| (step.name.as_str(), step.dependencies.clone()))
        .collect()
}

/// A → B → C, and D after A.
fn four() -> DefinitionDraft {
    let mut draft = DefinitionDraft::default();
    for (name, dependencies) in [
        ("A", vec![]),
        ("B", vec![0]),
        ("C", vec![1]),
        ("D", vec![0]),
    ] {
        let mut step = StepDraft::new(name, "wait");
        step.dependencies = dependencies;
        draft.steps.push(step);
    }
    draft
}

#[test]
fn a_definition_comes_back_from_its_draft_unchanged() {
    let given = json!({
        "name": "Dataset Build",
        "max_recovery_attempts": 5,
        "on_failure": "stop",
        "parameters": {"source": "/data", "limit": 3, "deep": {"a": [1]}},
        "steps": [
            {"name": "Get </textarea><script>", "key": "get", "task_type": "shell",
             "config": {"program": "sh", "args": ["-c", "a\nb", "{{ parameters.source }}"]},
             "max_retries": 0, "timeout": 300, "estimated_duration": 0.5, "max_lost": 1},
            {"name": "Rest", "task_type": "wait", "config": {"seconds": "{{ parameters.limit }}"},
             "dependencies": ["get"], "run_if": "always",
             "condition": "steps.get.output is defined"},
        ],
    });
    let definition = WorkflowDefinition::from_json(&given).unwrap();
    let draft = DefinitionDraft::from_json(&definition.to_json(), &specs()).unwrap();
    let (json, problems) = draft.to_json(&specs());
    assert_eq!(problems, []);
    assert_eq!(WorkflowDefinition::from_json(&json), Ok(definition));
}

#[test]
fn text_that_does_not_parse_is_named_at_its_field_and_stays() {
    let mut draft = four();
    draft.name = "Test".into();
    draft.steps[0]
        .config
        .insert("seconds".into(), "soon".into());
    draft.steps[1].timeout = "later".into();
    draft.steps[2].max_retries = "many".into();
    draft.parameters = "a".into();
    let (json, problems) = draft.to_json(&specs());
    let pointers: Vec<_> = problems.iter().map(|p| p.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "#/parameters",
            "#/steps/0/config/seconds",
            "#/steps/1/config/seconds",
            "#/steps/1/timeout",
            "#/steps/2/config/seconds",
            "#/steps/2/max_retries",
            "#/steps/3/config/seconds",
        ]
    );
    assert_eq!(json["steps"][0]["config"]["seconds"], "soon");
    assert_eq!(json["steps"][1]["timeout"], "later");
    assert_eq!(step_of(&problems[5]), Some(2));
    assert_eq!(step_of(&problems[0]), None);
}

#[test]
fn each_place_is_told_of_once() {
    let mut draft = four();
    draft.steps[1].timeout = "later".into();
    let problems = draft.check(&specs());
    let at_timeout = |p: &&Problem| p.pointer == "#/steps/1/timeout";
    assert_eq!(problems.iter().filter(at_timeout).count(), 1);
    assert!(problems.iter().any(|p| p.pointer == "#/name"));
    let under = merged(
        vec![Problem::new("#/steps/1", "x")],
        vec![
            Problem::new("#/steps/1/name", "y"),
            Problem::new("#/steps/10", "z"),
        ],
    );
    assert_eq!(under.len(), 2);
}

#[test]
fn a_new_step_runs_after_the_one_it_was_added_from() {
    let mut draft = four();
    let shown = draft.edit(&DraftEdit::Add("wait".into()), 0, &specs());
    assert_eq!(shown, 1);
    assert_eq!(
        names(&draft),
        [
            ("A", vec![]),
            ("Wait", vec![0]),
            ("B", vec![0]),
            ("C", vec![2]),
            ("D", vec![0])
        ]
    );
    let mut empty = DefinitionDraft::default();
    assert_eq!(empty.edit(&DraftEdit::Add("wait".into()), 0, &specs()), 0);
    assert_eq!(names(&empty), [("Wait", vec![])]);
}

#[test]
fn what_ran_after_a_removed_step_runs_after_what_it_ran_after() {
    let mut draft = four();
    let shown = draft.edit(&DraftEdit::Remove(1), 3, &specs());
    assert_eq!(shown, 2);
    assert_eq!(
        names(&draft),
        [("A", vec![]), ("C", vec![0]), ("D", vec![0])]
    );
    assert_eq!(draft.edit(&DraftEdit::Remove(9), 2, &specs()), 2);
}

#[test]
fn moving_a_step_changes_the_list_and_nothing_else() {
    let mut draft = four();
    assert_eq!(draft.edit(&DraftEdit::Up(1), 1, &specs()), 0);
    assert_eq!(
        names(&draft),
        [
            ("B", vec![1]),
            ("A", vec![]),
            ("C", vec![0]),
            ("D", vec![1])
        ]
    );
    assert_eq!(draft.edit(&DraftEdit::Down(0), 0, &specs()), 1);
    assert_eq!(names(&draft), names(&four()));
    assert_eq!(draft.edit(&DraftEdit::Up(0), 0, &specs()), 0);
    assert_eq!(draft.edit(&DraftEdit::Down(3), 3, &specs()), 3);
    assert_eq!(names(&draft), names(&four()));
}

#[test]
fn fields_of_another_kind_are_kept_and_not_sent() {
    let mut draft = four();
    draft.steps[0].config.insert("seconds".into(), "5".into());
    draft.change_kind(0, "shell", &specs());
    assert_eq!(draft.steps[0].field("seconds"), "");
    let (json, _) = draft.to_json(&specs());
    assert_eq!(json["steps"][0]["config"], json!({}));
    draft.change_kind(0, "wait", &specs());
    assert_eq!(draft.steps[0].field("seconds"), "5");
}

#[test]
fn a_field_that_the_kind_does_not_have_is_sent_so_that_it_is_named() {
    let given = json!({"name": "X", "steps": [
        {"name": "A", "task_type": "wait", "config": {"seconds": 1, "secondss": "2"}}]});
    let draft = DefinitionDraft::from_json(&given, &specs()).unwrap();
    let (json, _) = draft.to_json(&specs());
    assert_eq!(
        json["steps"][0]["config"],
        json!({"seconds": 1, "secondss": "2"})
    );
}

#[test]
fn an_example_fills_only_what_is_empty() {
    let mut draft = four();
    draft.change_kind(0, "shell", &specs());
    draft.steps[0].config.insert("program".into(), "ls".into());
    draft.edit(&DraftEdit::Example(0), 0, &specs());
    assert_eq!(draft.steps[0].field("program"), "ls");
    assert_eq!(draft.steps[0].field("args"), "hello");
}

#[test]
fn a_dependency_that_would_close_a_circle_is_refused_in_words() {
    let mut draft = four();
    let refusal = draft.set_dependency(0, 2, true).unwrap_err();
    assert_eq!(refusal, "C already runs after A: A → B → C");
    assert_eq!(draft, four());
    draft.set_dependency(3, 2, true).unwrap();
    assert_eq!(draft.steps[3].dependencies, [0, 2]);
    draft.set_dependency(3, 0, false).unwrap();
    assert_eq!(draft.steps[3].dependencies, [2]);
}

#[test]
fn running_after_all_above_leaves_out_what_runs_after_it() {
    let mut draft = four();
    draft.edit(&DraftEdit::AfterAll(3), 3, &specs());
    assert_eq!(draft.steps[3].dependencies, [0, 1, 2]);
    draft.edit(&DraftEdit::AfterNone(3), 3, &specs());
    assert!(draft.steps[3].dependencies.is_empty());
}

#[test]
fn keys_that_are_not_given_are_told_as_saving_makes_them() {
    let mut draft = four();
    draft.name = "Keys".into();
    draft.steps[0].key = "b".into();
    for step in &mut draft.steps {
        step.config.insert("seconds".into(), "1".into());
    }
    let (json, _) = draft.to_json(&specs());
    let saved = WorkflowDefinition::from_json(&json).unwrap();
    let saved: Vec<_> = saved.steps().iter().map(|step| step.key.clone()).collect();
    assert_eq!(draft.keys(), saved);
    assert_eq!(draft.keys(), ["b", "b_2", "c", "d"]);
}

#[test]
fn a_misfit_is_told_also_while_something_else_is_wrong() {
    let mut draft = four();
    draft.steps[3].config.insert("secondss".into(), "1".into());
    let problems = draft.check(&specs());
    let at: Vec<_> = problems.iter().map(|p| p.pointer.as_str()).collect();
    assert!(
        at.contains(&"#/name") && at.contains(&"#/steps/3/config/secondss"),
        "{at:?}"
    );
}

#[test]
fn a_copy_runs_after_the_same_steps_and_has_a_name_and_a_key_of_its_own() {
    let mut draft = four();
    draft.steps[1].key = "b".into();
    draft.steps[1].config.insert("seconds".into(), "7".into());
    assert_eq!(draft.edit(&DraftEdit::Copy(1), 0, &specs()), 2);
    assert_eq!(
        names(&draft),
        [
            ("A", vec![]),
            ("B", vec![0]),
            ("B 2", vec![0]),
            ("C", vec![1]),
            ("D", vec![0]),
        ]
    );
    assert_eq!(draft.steps[2].field("seconds"), "7");
    assert_eq!(draft.keys()[2], "b_2");
    assert_eq!(draft.edit(&DraftEdit::Copy(2), 0, &specs()), 3);
    assert_eq!(draft.steps[3].name, "B 3");
    assert_eq!(draft.edit(&DraftEdit::Copy(99), 4, &specs()), 4);
}

#[test]
fn a_removed_step_comes_back_as_it_was() {
    for removed in 0..4 {
        let mut draft = four();
        draft.edit(&DraftEdit::Remove(removed), 0, &specs());
        let title = draft.removed.as_ref().map(|removed| removed.title());
        assert_eq!(title.as_deref(), Some(["A", "B", "C", "D"][removed]));
        assert_eq!(draft.edit(&DraftEdit::Undo, 0, &specs()), removed);
        assert_eq!(names(&draft), names(&four()), "after step {removed}");
        assert_eq!(draft.removed, None);
        assert_eq!(draft.edit(&DraftEdit::Undo, 2, &specs()), 2);
    }
}

#[test]
fn a_removed_step_finds_its_neighbours_although_they_moved() {
    let mut draft = four();
    draft.edit(&DraftEdit::Remove(1), 0, &specs());
    // A, C, D: a step before all others, then D above C.
    draft.edit(&DraftEdit::Add("wait".into()), 0, &specs());
    draft.edit(&DraftEdit::Up(1), 1, &specs());
    draft.edit(&DraftEdit::Up(3), 3, &specs());
    assert_eq!(
        names(&draft),
        [
            ("Wait", vec![1]),
            ("A", vec![]),
            ("D", vec![1]),
            ("C", vec![1]),
        ]
    );
    assert_eq!(draft.edit(&DraftEdit::Undo, 0, &specs()), 1);
    assert_eq!(
        names(&draft),
        [
            ("Wait", vec![2]),
            ("B", vec![2]),
            ("A", vec![]),
            ("D", vec![2]),
            ("C", vec![1]),
        ]
    );
}

#[test]
fn a_step_that_comes_back_closes_no_circle() {
    let mut draft = four();
    draft.edit(&DraftEdit::Remove(1), 0, &specs());
    draft.set_dependency(1, 0, false).unwrap();
    draft.set_dependency(0, 1, true).unwrap();
    draft.edit(&DraftEdit::Undo, 0, &specs());
    // A runs after C now, so B, which ran between them, keeps only one of its ties.
    assert_eq!(draft.steps[1].dependencies, [0]);
    assert_eq!(draft.steps[2].dependencies, Vec::<usize>::new());
    assert!(
        draft
            .check(&specs())
            .iter()
            .all(|p| !p.detail.contains("circle"))
    );
}

#[test]
fn a_definition_is_taken_from_text_and_given_back_as_text() {
    let text = r#"{"name": "Pasted", "steps": [
        {"name": "Rest", "task_type": "wait", "config": {"seconds": 5}, "mode": "once"}]}"#;
    let draft = DefinitionDraft::from_json_text(text, &specs()).unwrap();
    assert_eq!(draft.steps[0].field("seconds"), "5");
    assert_eq!(draft.steps[0].mode, "once");
    let copied = draft.as_json_text(&specs());
    assert!(copied.contains('\n'), "for people to read: {copied}");
    assert_eq!(
        DefinitionDraft::from_json_text(&copied, &specs()),
        Ok(draft)
    );
    let cut_off = DefinitionDraft::from_json_text("{\"name\": ", &specs()).unwrap_err();
    assert_eq!(cut_off[0].pointer, "#");
    assert!(
        cut_off[0].detail.starts_with("is not JSON: "),
        "{cut_off:?}"
    );
    let wrong = DefinitionDraft::from_json_text("{\"name\": \"A\"}", &specs()).unwrap_err();
    assert_eq!(wrong[0].pointer, "#/steps");
}

#[test]
fn a_press_about_a_step_that_is_not_there_changes_nothing() {
    let presses = [
        DraftEdit::Select(4),
        DraftEdit::Copy(4),
        DraftEdit::Remove(4),
        DraftEdit::Undo,
        DraftEdit::Up(0),
        DraftEdit::Up(4),
        DraftEdit::Down(3),
        DraftEdit::Down(usize::MAX),
        DraftEdit::Example(4),
        DraftEdit::AfterAll(4),
        DraftEdit::AfterNone(4),
    ];
    let mut before = four();
    before.edit(&DraftEdit::Select(0), 0, &specs());
    for press in presses {
        let mut draft = before.clone();
        assert_eq!(draft.edit(&press, 2, &specs()), 2, "{press}");
        assert_eq!(draft, before, "{press}");
    }
    let mut draft = before.clone();
    assert_eq!(draft.set_dependency(4, 0, true), Ok(()));
    assert_eq!(draft.set_dependency(3, 4, true), Ok(()));
    draft.change_kind(4, "shell", &specs());
    draft.change_kind(3, "wait", &specs());
    assert_eq!(draft, before);
    assert_eq!(DraftEdit::from_text("jump:1"), None);
    assert_eq!(DraftEdit::from_text("select"), None);
}

#[test]
fn a_step_without_a_name_is_called_by_its_number() {
    let mut draft = four();
    draft.steps[1].name = "  ".into();
    assert_eq!(draft.step_title(1), "Step 2");
    assert_eq!(draft.step_title(2), "C");
    assert_eq!(draft.step_title(9), "Step 10");
    let refusal = draft.set_dependency(0, 1, true).unwrap_err();
    assert_eq!(refusal, "Step 2 already runs after A: A → Step 2");
    draft.edit(&DraftEdit::Remove(1), 0, &specs());
    assert_eq!(draft.removed.as_ref().unwrap().title(), "Step 2");
}

#[test]
fn a_name_made_from_the_kind_follows_it_and_any_other_stays() {
    let mut draft = DefinitionDraft::default();
    for _ in 0..2 {
        draft.edit(&DraftEdit::Add("wait".into()), 9, &specs());
    }
    assert_eq!(names(&draft), [("Wait", vec![]), ("Wait 2", vec![])]);
    draft.change_kind(1, "shell", &specs());
    assert_eq!(draft.steps[1].name, "Program");
    draft.steps[1].name = "Wait for it".into();
    draft.change_kind(1, "wait", &specs());
    assert_eq!(draft.steps[1].name, "Wait for it");
    draft.change_kind(0, "unheard_of", &specs());
    assert_eq!(draft.steps[0].name, "unheard_of");
    draft.edit(&DraftEdit::Example(0), 0, &specs());
    assert_eq!(
        draft.steps[0].config,
        BTreeMap::new(),
        "nobody knows its fields"
    );
}

#[test]
fn what_a_step_runs_after_is_followed_to_the_beginning() {
    let mut draft = four();
    assert_eq!(draft.upstream(2), [true, true, true, false]);
    assert_eq!(draft.upstream(3), [true, false, false, true]);
    assert_eq!(draft.upstream(9), [false; 4]);
    draft.steps[0].dependencies = vec![2];
    assert_eq!(
        draft.upstream(1),
        [true, true, true, false],
        "in a circle too"
    );
}

#[test]
fn a_setting_that_was_emptied_is_left_out_and_takes_its_default() {
    let mut draft = four();
    draft.name = "Defaults".into();
    for step in &mut draft.steps {
        step.config.insert("seconds".into(), "1".into());
        step.max_retries = " ".into();
        step.max_lost = String::new();
        step.run_if = String::new();
        step.condition = " ".into();
    }
    draft.steps[1].mode = "once".into();
    let (json, problems) = draft.to_json(&specs());
    assert_eq!(problems, []);
    for left_out in [
        "max_retries",
        "max_lost",
        "run_if",
        "condition",
        "timeout",
        "mode",
    ] {
        assert_eq!(json["steps"][0].get(left_out), None, "{left_out}");
    }
    let saved = WorkflowDefinition::from_json(&json).unwrap();
    assert_eq!(
        (saved.steps()[0].max_retries, saved.steps()[0].max_lost),
        (3, 3)
    );
    let modes: Vec<_> = saved.steps().iter().map(|step| step.mode).collect();
    assert_eq!(modes, [None, Some(Mode::Once), None, None]);
}

/// The kind `wait`, whose steps are done once unless a program says how to ask about them.
fn asking() -> Vec<StepSpec> {
    let mut specs = specs();
    specs[0].fields.push(field("ask", false, FieldKind::Text));
    specs[0].probe_field = Some("ask".into());
    specs[0].modes = vec![
        ModeRule::filled(Mode::Probe, "ask"),
        ModeRule::always(Mode::Once),
    ];
    specs
}

#[test]
fn the_mode_of_a_step_that_names_none_follows_what_was_typed() {
    let mut draft = four();
    draft.change_kind(3, "shell", &asking());
    let modes = |draft: &DefinitionDraft| [0, 3, 9].map(|i| draft.default_mode(i, &asking()));
    assert_eq!(modes(&draft), [Mode::Once, Mode::Retry, Mode::Retry]);
    draft.steps[0]
        .config
        .insert("ask".into(), "is it done".into());
    assert_eq!(modes(&draft), [Mode::Probe, Mode::Retry, Mode::Retry]);
}

#[test]
fn a_step_that_shall_be_asked_about_and_says_not_how_is_told() {
    let mut draft = four();
    draft.name = "Probe".into();
    for step in &mut draft.steps {
        step.config.insert("seconds".into(), "1".into());
    }
    draft.steps[2].mode = "probe".into();
    let found = draft.check(&asking());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].pointer, "#/steps/2/mode");
    assert!(found[0].detail.contains("fill in \"ask\""), "{found:?}");
    draft.steps[2]
        .config
        .insert("ask".into(), "is it done".into());
    assert_eq!(draft.check(&asking()), []);
}
