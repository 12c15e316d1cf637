//! The builder and the start form as browsers without scripts post them.

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Answer, Server, ask};

const PASSWORD: &str = "correct horse";
const HOSTILE: &str = "</textarea><script>alert(1)</script>";

async fn post(server: &Server, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = encoded(fields);
    let request = server
        .request(Method::POST, path)
        .header("cookie", cookie)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    ask(request.body(body)).await
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    body.finish()
}

/// The form of a definition of two steps, the second one open.
fn draft() -> String {
    let step = |name: &str, dependencies: Value| {
        json!({
            "name": name, "key": "", "task_type": "delay", "config": {"seconds": "1"},
            "dependencies": dependencies, "max_retries": "3", "timeout": "",
            "estimated_duration": "", "run_if": "ok", "max_lost": "3",
        })
    };
    let steps = [step("One", json!([])), step("Two", json!([0]))];
    json!({
        "name": "Posted", "max_recovery_attempts": "3", "on_failure": "finish_branches",
        "parameters": "limit=5", "steps": steps,
    })
    .to_string()
}

async fn editor(server: &Server) -> String {
    server.user("ed", "editor", PASSWORD);
    server.sign_in("ed", PASSWORD).await
}

#[tokio::test]
async fn a_refused_form_comes_back_with_everything_that_was_typed() {
    let server = Server::start();
    let cookie = editor(&server).await;
    let draft = draft();
    let fields = [
        ("draft", draft.as_str()),
        ("shown", "1"),
        ("name", "Half done"),
        ("step.name", HOSTILE),
        ("step.config.seconds", "soon"),
        ("press", "save"),
    ];
    let answer = post(&server, &cookie, "/definitions/new", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("value=\"Half done\""));
    assert!(answer.text.contains("value=\"soon\""));
    assert!(answer.text.contains("There is one problem"));
    assert!(!answer.text.contains("<script>alert"));
    let saved = server.api("viewer").get("/definitions").await.ok();
    assert_eq!(saved["items"], json!([]));
}

#[tokio::test]
async fn a_form_is_saved_then_edited_then_started() {
    let server = Server::start();
    let cookie = editor(&server).await;
    let draft = draft();
    let save = [("draft", draft.as_str()), ("press", "save")];
    let answer = post(&server, &cookie, "/definitions/new", &save).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    assert_eq!(answer.header("location"), "/definitions/1");
    let edit = [
        ("draft", draft.as_str()),
        ("base", "1"),
        ("press", "add:noop"),
    ];
    let answer = post(&server, &cookie, "/definitions/1/edit", &edit).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text.contains("Step 2: "), "the new step is open");
    let fields = [("parameter.limit", "many"), ("press", "start")];
    let answer = post(&server, &cookie, "/definitions/1/start", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("value=\"many\""));
    let fields = [
        ("parameter.limit", "7"),
        ("metadata", "who=me"),
        ("press", "start"),
    ];
    let answer = post(&server, &cookie, "/definitions/1/start", &fields).await;
    assert_eq!(answer.header("location"), "/workflows/1", "{answer:?}");
    let workflow = server.api("viewer").get("/workflows/1").await.ok();
    assert_eq!(workflow["parameters"], json!({"limit": 7}));
    assert_eq!(workflow["metadata"], json!({"who": "me"}));
}

#[tokio::test]
async fn a_start_that_is_refused_again_and_again_makes_one_version() {
    let server = Server::start_with(tempfile::TempDir::new().unwrap(), &[]);
    let cookie = editor(&server).await;
    let mut draft: Value = serde_json::from_str(&draft()).unwrap();
    draft["steps"][1]["task_type"] = json!("command");
    draft["steps"][1]["config"] = json!({"program": "echo"});
    let draft = draft.to_string();
    let press = ("press", "save_and_start");
    let fields = [("draft", draft.as_str()), ("shown", "1"), press];
    let mut answer = post(&server, &cookie, "/definitions/new", &fields).await;
    for _ in 0..2 {
        assert_eq!(answer.status, StatusCode::CONFLICT, "{answer:?}");
        assert!(answer.text.contains("Saved as version 1"));
        // The builder says beforehand what does not run here.
        assert!(answer.text.contains("Command steps are switched off"));
        let draft = ("draft", draft.as_str());
        let fields = [draft, ("shown", "1"), ("base", "1"), press];
        answer = post(&server, &cookie, "/definitions/1/edit", &fields).await;
    }
    let saved = server.api("viewer").get("/definitions/1").await.ok();
    assert_eq!(saved["version"], 1);
}

#[tokio::test]
async fn a_version_that_somebody_else_saved_is_told_and_saved_over_only_when_asked() {
    let server = Server::start();
    let cookie = editor(&server).await;
    let draft = draft();
    let save = [("draft", draft.as_str()), ("base", "1"), ("press", "save")];
    post(&server, &cookie, "/definitions/new", &save).await;
    let api = server.api("editor");
    let theirs = json!({"name": "Theirs", "steps": [{"name": "One", "task_type": "noop"}],
        "version": 1});
    api.put("/definitions/1", &theirs).await.ok();
    let refused = post(&server, &cookie, "/definitions/1/edit", &save).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("Version 2 was saved by"));
    assert!(refused.text.contains("value=\"Posted\""));
    let over = [
        ("draft", draft.as_str()),
        ("base", "1"),
        ("press", "save:2"),
    ];
    let saved = post(&server, &cookie, "/definitions/1/edit", &over).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved:?}");
    let now = api.get("/definitions/1").await.ok();
    assert_eq!(
        (&now["name"], &now["version"]),
        (&json!("Posted"), &json!(3))
    );
}

#[tokio::test]
async fn a_form_whose_session_has_ended_is_held_to_be_posted_again() {
    let server = Server::start();
    let draft = draft();
    let fields = [
        ("draft", draft.as_str()),
        ("name", HOSTILE),
        ("press", "save"),
    ];
    let answer = post(&server, "sid=none", "/definitions/new", &fields).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.text.contains("action=\"/definitions/new\""));
    assert!(answer.text.contains("&quot;name&quot;:&quot;Posted&quot;"));
    assert!(answer.text.contains("name=\"press\" value=\"save\""));
    assert!(!answer.text.contains("<script>"));
}

#[tokio::test]
async fn whoever_may_not_edit_saves_nothing() {
    let server = Server::start();
    server.user("vic", "operator", PASSWORD);
    let cookie = server.sign_in("vic", PASSWORD).await;
    let draft = draft();
    let fields = [("draft", draft.as_str()), ("press", "save")];
    let answer = post(&server, &cookie, "/definitions/new", &fields).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let saved = server.api("viewer").get("/definitions").await.ok();
    assert_eq!(saved["items"], json!([]));
}

#[tokio::test]
async fn a_form_that_was_cut_off_is_refused_as_such() {
    let server = Server::start();
    let cookie = editor(&server).await;
    let fields = [("draft", "{\"name\":"), ("press", "save")];
    let answer = post(&server, &cookie, "/definitions/new", &fields).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}
