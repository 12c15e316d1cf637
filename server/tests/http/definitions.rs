//! Saving definitions, and every way they can be wrong.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::examined::Examined;
use crate::fixture::{Server, ask, quick};
use crate::gate::Gate;

#[tokio::test]
async fn a_definition_is_answered_as_it_was_sent_with_its_number_and_version() {
    let server = Server::start();
    let api = server.api("editor");
    let saved = api.post("/definitions", &quick()).await;
    assert_eq!(saved.status, StatusCode::CREATED);
    let body = saved.json();
    let id = body["definition_id"].as_i64().unwrap();
    assert_eq!(
        saved.header("location"),
        format!("/api/v1/definitions/{id}")
    );
    assert_eq!(
        (&body["version"], &body["name"]),
        (&json!(1), &json!("Quick"))
    );
    assert_eq!(body["steps"][1]["name"], "Two");
    assert_eq!(api.get(&format!("/definitions/{id}")).await.ok(), body);
}

#[tokio::test]
async fn the_next_version_names_the_one_it_is_based_on() {
    let server = Server::start();
    let api = server.api("editor");
    let first = api.post("/definitions", &quick()).await.ok();
    let path = format!("/definitions/{}", first["definition_id"]);
    // An answer, changed and sent back.
    let mut next = first.clone();
    next["name"] = json!("Quicker");
    let second = api.put(&path, &next).await.ok();
    assert_eq!(
        (&second["version"], &second["name"]),
        (&json!(2), &json!("Quicker"))
    );
    api.put(&path, &next).await.problem(409);
    let old = api.get(&format!("{path}?version=1")).await.ok();
    assert_eq!(old["name"], "Quick");
    api.get(&format!("{path}?version=9")).await.problem(404);
    api.get(&format!("{path}?version=x")).await.problem(400);
    assert_eq!(api.put(&path, &quick()).await.pointers(), ["#/version"]);
    next["version"] = json!("2");
    assert_eq!(api.put(&path, &next).await.pointers(), ["#/version"]);
    next["version"] = json!(2);
    next["definition_id"] = json!(99);
    assert_eq!(api.put(&path, &next).await.pointers(), ["#/definition_id"]);
    let mut other = quick();
    other["version"] = json!(1);
    api.put("/definitions/999", &other).await.problem(404);
}

#[tokio::test]
async fn a_workflow_under_way_keeps_the_version_it_was_started_with() {
    let gate = Gate::start().await;
    let folder = Examined::new();
    let server = Server::start_with(folder, &["--allow-private-addresses"]);
    let api = server.api("editor");
    let last = |name: &str| json!({"name": name, "task_type": "noop", "dependencies": [0]});
    let first = json!({"name": "Edited", "steps": [gate.step("door", &[]), last("As it was")]});
    let saved = api.post("/definitions", &first).await.ok();
    let path = format!("/definitions/{}", saved["definition_id"]);
    let request = json!({"definition": saved["definition_id"], "start": true});
    let old = api.post("/workflows", &request).await.ok();
    gate.until_called("door").await;
    let mut next = saved.clone();
    next["steps"] = json!([gate.step("other", &[]), last("As it is"), last("Added")]);
    assert_eq!(api.put(&path, &next).await.ok()["version"], 2);
    let new = api.post("/workflows", &request).await.ok();
    gate.open("door");
    gate.open("other");
    for (workflow, names) in [
        (old, vec!["door", "As it was"]),
        (new, vec!["other", "As it is", "Added"]),
    ] {
        let id = workflow["workflow_id"].as_i64().unwrap();
        api.until(id, "completed").await;
        let progress = api.get(&format!("/workflows/{id}/progress")).await.ok();
        let tasks = progress["tasks"].as_array().unwrap();
        let found: Vec<_> = tasks.iter().map(|task| task["name"].as_str()).collect();
        let names: Vec<_> = names.into_iter().map(Some).collect();
        assert_eq!(found, names);
    }
}

/// One step with these fields besides its name.
fn step(fields: Value) -> Value {
    let mut step = json!({"name": "S", "task_type": "delay", "config": {"seconds": 1}});
    for (name, value) in fields.as_object().unwrap() {
        step[name] = value.clone();
    }
    json!({"name": "N", "steps": [step]})
}

#[tokio::test]
async fn mistakes_of_every_kind_are_told_in_one_answer_in_the_order_of_the_fields() {
    let server = Server::start();
    let api = server.api("editor");
    let definition = json!({"name": "N", "steps": [
        {"name": "A", "task_type": "command", "config": {"program": "x", "args": ["{{ open"]}},
        {"name": "B", "task_type": "nothing"},
        {"name": "C", "task_type": "delay", "config": {"seconds": "{{ steps.a.output }}"}},
        {"name": "D", "task_type": "delay", "config": {"seconds": -1}, "max_retries": 101},
        {"name": "E", "task_type": "noop", "dependencies": ["gone"]},
    ]});
    let refused = api.post("/definitions", &definition).await;
    assert_eq!(
        refused.pointers(),
        [
            "#/steps/0/config/args/0",
            "#/steps/1/task_type",
            "#/steps/2/config/seconds",
            "#/steps/3/config/seconds",
            "#/steps/3/max_retries",
            "#/steps/4/dependencies/0",
        ]
    );
}

#[tokio::test]
async fn every_bad_definition_is_refused_at_its_field() {
    let server = Server::start();
    let api = server.api("editor");
    let two = |a: Value, b: Value| json!({"name": "N", "steps": [a, b]});
    let noop = |fields: Value| {
        let mut step = json!({"name": "S", "task_type": "noop"});
        for (name, value) in fields.as_object().unwrap() {
            step[name] = value.clone();
        }
        step
    };
    let cases = [
        (step(json!({"config": {}})), "#/steps/0/config/seconds"),
        (
            step(json!({"config": {"seconds": "x"}})),
            "#/steps/0/config/seconds",
        ),
        (
            step(json!({"config": {"seconds": 1, "x": 1}})),
            "#/steps/0/config/x",
        ),
        (step(json!({"task_type": "nothing"})), "#/steps/0/task_type"),
        (step(json!({"timeout": -1})), "#/steps/0/timeout"),
        (
            step(json!({"dependencies": [7]})),
            "#/steps/0/dependencies/0",
        ),
        (
            step(json!({"dependencies": ["x"]})),
            "#/steps/0/dependencies/0",
        ),
        (step(json!({"surprise": 1})), "#/steps/0/surprise"),
        (
            two(noop(json!({"key": "a"})), noop(json!({"key": "a"}))),
            "#/steps/1/key",
        ),
        (
            two(
                noop(json!({"dependencies": [1]})),
                noop(json!({"dependencies": [0]})),
            ),
            "#/steps/0/dependencies",
        ),
        (json!({"name": "N", "steps": []}), "#/steps"),
        (json!({"name": "", "steps": [noop(json!({}))]}), "#/name"),
        (
            json!({"name": "N", "steps": vec![noop(json!({})); 5001]}),
            "#/steps",
        ),
        (json!([]), "#"),
    ];
    for (definition, pointer) in cases {
        let saved = api.post("/definitions", &definition).await;
        assert!(
            saved.pointers().contains(&pointer.to_owned()),
            "{pointer}: {saved:?}"
        );
        if !definition.is_object() {
            continue;
        }
        let inline = api
            .post("/workflows", &json!({"definition": definition}))
            .await;
        let below = pointer.replacen('#', "#/definition", 1);
        assert!(inline.pointers().contains(&below), "{below}: {inline:?}");
    }
}

#[tokio::test]
async fn what_is_no_json_is_400_and_what_is_too_large_413() {
    let server = Server::start();
    let api = server.api("editor");
    for body in ["", "{", "{\"name\": }", "\u{feff}{}", "nothing", "{} {}"] {
        let request = api
            .request(Method::POST, "/definitions")
            .body(body.to_owned());
        ask(request).await.problem(400);
    }
    let deep = "[".repeat(100_000);
    ask(api.request(Method::POST, "/definitions").body(deep))
        .await
        .problem(400);
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(9 * 1024 * 1024));
    ask(api.request(Method::POST, "/definitions").body(large))
        .await
        .problem(413);
    // Large, but a definition may be: its name is what is wrong with it.
    let allowed = format!("{{\"name\": \"{}\"}}", "x".repeat(2 * 1024 * 1024));
    ask(api
        .request(Method::POST, "/definitions")
        .body(allowed.clone()))
    .await
    .problem(422);
    ask(api
        .request(Method::POST, "/workflows/1/start")
        .body(allowed))
    .await
    .problem(413);
}
