//! Creating workflows and reading them.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::fixture::{Server, quick, waiting};

#[tokio::test]
async fn a_workflow_is_created_from_a_saved_definition_and_completes() {
    let server = Server::start();
    let api = server.api("editor");
    let saved = api.post("/definitions", &quick()).await.ok();
    let request = json!({
        "definition": saved["definition_id"], "job_id": 41,
        "metadata": {"ticket": "A-1"}, "start": true
    });
    let created = api.post("/workflows", &request).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    let body = created.json();
    let id = body["workflow_id"].as_i64().unwrap();
    assert_eq!(
        created.header("location"),
        format!("/api/v1/workflows/{id}")
    );
    assert_eq!(
        (&body["job_id"], &body["metadata"]["ticket"]),
        (&json!(41), &json!("A-1"))
    );
    assert!(body.get("tasks").is_none());
    let done = api.until(id, "completed").await;
    assert_eq!(
        (&done["progress"], &done["definition_id"]),
        (&json!(100), &saved["definition_id"])
    );
    for moment in ["created_at", "started_at", "completed_at"] {
        assert!(done[moment].as_str().unwrap().ends_with('Z'), "{done}");
    }
    let progress = api.get(&format!("/workflows/{id}/progress")).await.ok();
    assert_eq!(progress["tasks"].as_array().unwrap().len(), 2);
    assert_eq!(progress["tasks"][0]["type"], "noop");
    assert_eq!(api.get("/jobs/41/workflow").await.ok()["workflow_id"], id);
    let again = api.post("/workflows", &request).await.ok();
    let latest = api.get("/jobs/41/workflow").await.ok();
    assert_eq!(latest["workflow_id"], again["workflow_id"]);
}

#[tokio::test]
async fn a_workflow_asked_for_again_under_one_id_is_the_same_although_its_definition_changed() {
    let server = Server::start();
    let api = server.api("editor");
    let step = json!({"name": "One", "task_type": "noop"});
    let of =
        |limit: u32| json!({"name": "Limited", "parameters": {"limit": limit}, "steps": [step]});
    let saved = api.post("/definitions", &of(5)).await.ok();
    let id = saved["definition_id"].as_i64().unwrap();
    let request = json!({"definition": id, "metadata": {"n": 1}});
    let first = api.keyed("/workflows", "once", &request).await.ok();
    assert_eq!(first["parameters"], json!({"limit": 5}));
    let replace = |mut definition: Value, version: u32| {
        definition["version"] = version.into();
        definition
    };
    let path = format!("/definitions/{id}");
    api.put(&path, &replace(of(9), 1)).await.ok();
    assert_eq!(api.keyed("/workflows", "once", &request).await.ok(), first);
    // With what the definition does not take any more it would be refused otherwise.
    let with = json!({"definition": id, "parameters": {"limit": 7}});
    let second = api.keyed("/workflows", "twice", &with).await.ok();
    let bare = json!({"name": "Bare", "steps": [step]});
    api.put(&path, &replace(bare, 2)).await.ok();
    assert_eq!(api.keyed("/workflows", "twice", &with).await.ok(), second);
    let other = json!({"definition": id, "metadata": {"n": 2}});
    let reused = api.keyed("/workflows", "once", &other).await.problem(422);
    assert_eq!(
        reused["type"],
        "urn:job-orchestrator:problem:command_id_reused"
    );
    let all = api.get("/workflows").await.ok();
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_workflow_that_is_not_started_is_pending() {
    let server = Server::start();
    let api = server.api("editor");
    let id = api.create(&quick(), false).await;
    let state = api.get(&format!("/workflows/{id}")).await.ok();
    assert_eq!(state["status"], "pending");
    assert_eq!(
        (&state["definition_id"], &state["started_at"]),
        (&json!(null), &json!(null))
    );
}

#[tokio::test]
async fn a_request_with_wrong_fields_is_refused_at_each_of_them() {
    let server = Server::start();
    let api = server.api("editor");
    let cases = [
        (json!({}), "#/definition"),
        (json!({"definition": null}), "#/definition"),
        (json!({"definition": "quick"}), "#/definition"),
        (json!({"definition": 1.5}), "#/definition"),
        (json!({"definition": quick(), "job_id": 0}), "#/job_id"),
        (json!({"definition": quick(), "job_id": "x"}), "#/job_id"),
        (
            json!({"definition": quick(), "parameters": []}),
            "#/parameters",
        ),
        (
            json!({"definition": quick(), "parameters": {"x": 1}}),
            "#/parameters/x",
        ),
        (json!({"definition": quick(), "metadata": 1}), "#/metadata"),
        (json!({"definition": quick(), "start": "yes"}), "#/start"),
        (json!({"definition": quick(), "surprise": 1}), "#/surprise"),
    ];
    for (body, pointer) in cases {
        assert_eq!(
            api.post("/workflows", &body).await.pointers(),
            [pointer],
            "{body}"
        );
    }
    let both = api.post("/workflows", &json!({"start": 1, "x/y": 1})).await;
    assert_eq!(both.pointers(), ["#/definition", "#/start", "#/x~1y"]);
    api.post("/workflows", &json!({"definition": 999}))
        .await
        .problem(404);
}

#[tokio::test]
async fn the_log_of_a_task_is_read_in_pages_while_it_grows() {
    let server = Server::start();
    let api = server.api("editor");
    let script = "for i in 1 2 3 4 5; do echo line $i; done; echo oops >&2; echo '{\"n\": 5}'";
    let definition = json!({"name": "Log", "steps": [{
        "name": "Say", "task_type": "command", "config": {"program": "sh", "args": ["-c", script]}
    }]});
    let id = api.create(&definition, true).await;
    api.until(id, "completed").await;
    let mut texts = Vec::new();
    let mut query = String::new();
    loop {
        let page = api
            .get(&format!("/workflows/{id}/tasks/0/log?limit=3{query}"))
            .await
            .ok();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 3);
        texts.extend(
            items
                .iter()
                .map(|line| (line["number"].as_u64(), line["text"].clone())),
        );
        match page["next_cursor"].as_str() {
            Some(cursor) => query = format!("&cursor={cursor}"),
            None => break,
        }
    }
    for number in 1..=5 {
        assert!(
            texts
                .iter()
                .any(|(_, text)| *text == format!("line {number}")),
            "{texts:?}"
        );
    }
    assert!(texts.iter().any(|(_, text)| text == "oops"));
    let numbers: Vec<_> = texts.iter().map(|(number, _)| number.unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    let task = api.get(&format!("/workflows/{id}/tasks/0")).await.ok();
    assert_eq!(task["attempts"].as_array().unwrap().len(), 1);
    api.get(&format!("/workflows/{id}/tasks/9/log"))
        .await
        .problem(404);
    api.get(&format!("/workflows/{id}/tasks/x/log"))
        .await
        .problem(400);
    api.get(&format!("/workflows/{id}/tasks/-1/log"))
        .await
        .problem(400);
    api.get(&format!("/workflows/{id}/tasks/0/log?after=x"))
        .await
        .problem(400);
}

#[tokio::test]
async fn step_types_are_listed_with_their_fields() {
    let server = Server::start();
    let types = server.api("viewer").get("/step-types").await.ok();
    assert_eq!(types["next_cursor"], json!(null));
    let named = |name: &str| {
        let items = types["items"].as_array().unwrap();
        items.iter().find(|one| one["task_type"] == name).cloned()
    };
    for name in ["noop", "delay", "command", "http_request"] {
        assert!(named(name).is_some(), "{name}");
    }
    assert_eq!(named("delay").unwrap()["fields"][0]["name"], "seconds");
}

#[tokio::test]
async fn the_description_of_the_api_is_served() {
    let server = Server::start();
    let api = server.api("viewer").get("/openapi.json").await.ok();
    assert!(api["openapi"].as_str().unwrap().starts_with("3."));
    assert!(api["paths"]["/api/v1/workflows/{id}/recover"]["post"].is_object());
    let id = server.api("editor").create(&waiting(0.01), true).await;
    let state = server.api("viewer").until(id, "completed").await;
    let described = &api["components"]["schemas"]["Workflow"]["properties"];
    for field in state.as_object().unwrap().keys() {
        assert!(described.get(field).is_some(), "{field}");
    }
}
