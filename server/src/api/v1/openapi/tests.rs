use std::collections::BTreeSet;

use engine::orchestrator::{AttemptRecord, LogLine, LogStream, TaskDetail};
use engine::{Progress, StepDefinition, Timestamp, Workflow, WorkflowDefinition, WorkflowState};
use serde_json::{Map, Value, json};

use super::*;
use crate::api::v1;

fn written() -> Value {
    serde_json::to_value(document()).unwrap()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

/// The fields of a described shape.
fn described_fields(shape: &str) -> BTreeSet<String> {
    keys(&written()["components"]["schemas"][shape]["properties"])
}

/// What the engine writes has to be described, and what has to be there must be written.
fn assert_same(shape: &str, real: &impl serde::Serialize) {
    let real = keys(&serde_json::to_value(real).unwrap());
    let described = described_fields(shape);
    let undescribed: Vec<_> = real.difference(&described).collect();
    assert!(
        undescribed.is_empty(),
        "{shape} does not describe {undescribed:?}"
    );
    let schema = &written()["components"]["schemas"][shape];
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(
            real.contains(required.as_str().unwrap()),
            "{shape}: {required}"
        );
    }
}

#[test]
fn the_description_has_exactly_the_routes() {
    let routes: BTreeSet<_> = v1::routes()
        .iter()
        .map(|route| (route.path.to_owned(), route.method.as_str().to_lowercase()))
        .collect();
    let document = written();
    let described: BTreeSet<_> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| keys(item).into_iter().map(move |m| (path.clone(), m)))
        .collect();
    assert_eq!(described, routes);
}

#[test]
fn every_shape_that_is_named_is_described() {
    let document = written();
    let shapes = keys(&document["components"]["schemas"]);
    let text = document.to_string();
    let mut named = 0;
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(shapes.contains(name), "{name}");
        named += 1;
    }
    assert!(named > 40);
}

#[test]
fn every_operation_has_the_answers_that_come_before_it() {
    for (path, item) in written()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for status in ["401", "403", "405", "421", "429"] {
                let answer = &operation["responses"][status]["content"][PROBLEM_JSON];
                assert!(answer.is_object(), "{method} {path} {status}");
            }
        }
    }
}

/// Whatever answers 503 or 507 names itself, and a client that reads only the description knows it.
#[test]
fn every_hindrance_is_named_where_its_status_is_described() {
    use engine::TroubleKind;
    use engine::orchestrator::Hindrance;
    let all = in_order(Hindrance::DatabaseAway, |one| match one {
        Hindrance::DatabaseAway => Some(Hindrance::DatabaseDamaged),
        Hindrance::DatabaseDamaged => Some(Hindrance::LogAway),
        Hindrance::LogAway => Some(Hindrance::DiskFull),
        Hindrance::DiskFull => Some(Hindrance::DiskNearlyFull),
        Hindrance::DiskNearlyFull => None,
    });
    let answers = &written()["paths"][crate::paths::v1::WORKFLOWS]["post"]["responses"];
    let text = |status: u16| answers[status.to_string()]["description"].to_string();
    for one in all {
        let status = match one {
            Hindrance::DatabaseAway | Hindrance::DatabaseDamaged | Hindrance::LogAway => 503,
            Hindrance::DiskFull | Hindrance::DiskNearlyFull => 507,
        };
        assert!(text(status).contains(one.as_str()), "{}", text(status));
    }
    assert!(text(503).contains(TroubleKind::DatabaseDamaged.as_str()));
}

/// Ids of commands are forgotten after a while; that of a definition is kept with its version.
#[test]
fn an_idempotency_key_is_said_to_hold_seven_days_or_for_good_as_it_does() {
    let mut keyed = 0;
    for (path, item) in written()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let headers = operation["parameters"].as_array().into_iter().flatten();
            for key in headers.filter(|header| header["name"] == "Idempotency-Key") {
                let said = key["description"].as_str().unwrap();
                let is_definition = path.contains("/definitions");
                let place = format!("{method} {path}: {said}");
                assert_eq!(said.contains("seven days"), !is_definition, "{place}");
                assert_eq!(
                    said.contains("however much later"),
                    is_definition,
                    "{place}"
                );
                keyed += 1;
            }
        }
    }
    assert!(keyed > 10);
}

#[test]
fn the_described_shapes_are_those_of_the_engine() {
    let definition = json!({"name": "n", "steps": [{
        "name": "s", "task_type": "t", "timeout": 1, "estimated_duration": 2, "mode": "once",
        "condition": "true"
    }]});
    let definition = WorkflowDefinition::from_json(&definition).unwrap();
    let now = Timestamp::default();
    let saved = definition.to_json();
    assert_same("Definition", &saved);
    assert_same("Step", &saved["steps"][0]);
    assert_eq!(StepDefinition::new("s", "t").max_lost, 3);
    let workflow = sample(definition, now);
    let progress = Progress::of(&workflow, now);
    assert_same("Progress", &progress);
    assert_same("TaskProgress", &progress.tasks[0]);
    let state = WorkflowState {
        id: progress.workflow_id,
        summary: progress.summary,
        name: "n".into(),
        definition_id: None,
        metadata: Map::new(),
        parameters: Map::new(),
        created_at: now,
    };
    assert_same("Workflow", &state);
    let attempt = AttemptRecord {
        attempt: 1,
        started_at: now,
        ended_at: None,
        outcome: "running".into(),
        error: None,
        output: None,
    };
    assert_same("Attempt", &attempt);
    assert_same(
        "Task",
        &TaskDetail {
            task: 0,
            mode: engine::Mode::Probe,
            output: None,
            attempts: vec![attempt],
        },
    );
    assert_same(
        "LogLine",
        &LogLine {
            number: 1,
            at: now,
            attempt: 1,
            stream: LogStream::Stdout,
            text: String::new(),
        },
    );
}

/// The words of a described list.
fn described_words(shape: &str) -> Vec<String> {
    let words = &written()["components"]["schemas"][shape]["enum"];
    serde_json::from_value(words.clone()).unwrap()
}

/// The first word and those that follow it, up to the one after which nothing comes. `next` names
/// what follows each by a `match`, so that a word that is new to the engine does not compile here.
fn in_order<T: Copy>(first: T, next: impl Fn(T) -> Option<T>) -> Vec<T> {
    std::iter::successors(Some(first), |word| next(*word)).collect()
}

fn serialized(words: &[impl serde::Serialize]) -> Vec<String> {
    serde_json::from_value(json!(words)).unwrap()
}

#[test]
fn the_described_words_are_those_of_the_engine() {
    use engine::definition::{OnFailure, RunIf};
    use engine::{Event, SkipReason, TaskStatus, WaitsFor, WorkflowStatus};
    let states = WorkflowStatus::ALL.map(WorkflowStatus::as_str);
    assert_eq!(described_words("WorkflowStatus"), states);
    let states = TaskStatus::ALL.map(TaskStatus::as_str);
    assert_eq!(described_words("TaskStatus"), states);
    let kinds = described_words("FrameKind");
    assert_eq!(kinds[..4], ["snapshot", "reset", "crowded", "gone"]);
    assert_eq!(kinds[4..], Event::KINDS);

    let rules = in_order(OnFailure::FinishBranches, |rule| match rule {
        OnFailure::FinishBranches => Some(OnFailure::Stop),
        OnFailure::Stop => None,
    });
    let rules: Vec<_> = rules.into_iter().map(OnFailure::as_str).collect();
    assert_eq!(described_words("OnFailure"), rules);
    let rules = in_order(RunIf::Ok, |rule| match rule {
        RunIf::Ok => Some(RunIf::Always),
        RunIf::Always => Some(RunIf::Failed),
        RunIf::Failed => None,
    });
    let rules: Vec<_> = rules.into_iter().map(RunIf::as_str).collect();
    assert_eq!(described_words("RunIf"), rules);
    let reasons = in_order(SkipReason::NotNeeded, |reason| match reason {
        SkipReason::NotNeeded => Some(SkipReason::ConditionNotMet),
        SkipReason::ConditionNotMet => Some(SkipReason::UpstreamFailed),
        SkipReason::UpstreamFailed => Some(SkipReason::Stopped),
        SkipReason::Stopped => Some(SkipReason::Operator),
        SkipReason::Operator => None,
    });
    assert_eq!(described_words("SkipReason"), serialized(&reasons));
    let missing = in_order(WaitsFor::Handler, |what| match what {
        WaitsFor::Handler => Some(WaitsFor::StepType),
        WaitsFor::StepType => None,
    });
    assert_eq!(described_words("WaitsFor"), serialized(&missing));
    let writers = in_order(LogStream::Stdout, |writer| match writer {
        LogStream::Stdout => Some(LogStream::Stderr),
        LogStream::Stderr => Some(LogStream::Engine),
        LogStream::Engine => None,
    });
    assert_eq!(described_words("LogStream"), serialized(&writers));
}

fn sample(definition: WorkflowDefinition, now: Timestamp) -> Workflow {
    let new = engine::workflow::NewWorkflow {
        id: engine::WorkflowId(1),
        job_id: engine::JobId(1),
        first_task_id: engine::TaskId(1),
        definition: definition.into(),
        metadata: Map::new(),
        parameters: Map::new(),
    };
    Workflow::new(new, now)
}
