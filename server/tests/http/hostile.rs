//! What is sent to do harm.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use server::router::registered;

use crate::examined::Examined;
use crate::fixture::{Answer, Server, ask, quick};
use crate::frames::{Frames, stream};

const PASSWORD: &str = "correct horse";
const NAME: &str = "</title><form method=post action=/fn/step-switches/set><svg onload=x>&lt;";

async fn signed_in(server: &Server, role: &str) -> String {
    server.user(role, role, PASSWORD);
    server.sign_in(role, PASSWORD).await
}

async fn call(server: &Server, cookie: &str, function: &str, body: impl Into<Vec<u8>>) -> Answer {
    let request = server
        .request(Method::POST, &format!("/fn/{function}"))
        .header("cookie", cookie)
        .header(CONTENT_TYPE, "application/json");
    ask(request.body(body.into())).await
}

/// A definition whose only step has this configuration.
fn with_config(config: &Value) -> Value {
    json!({"name": "Hostile", "steps": [
        {"name": "One", "task_type": "delay", "config": config},
    ]})
}

/// The same as the builder's page sends it.
fn draft_with(seconds: &str) -> String {
    let step = json!({
        "name": "One", "key": "", "task_type": "delay", "config": {"seconds": seconds},
        "dependencies": [], "max_retries": "3", "timeout": "", "estimated_duration": "",
        "run_if": "ok", "max_lost": "3",
    });
    let draft = json!({
        "name": "Hostile", "max_recovery_attempts": "3", "on_failure": "finish_branches",
        "parameters": "", "steps": [step],
    });
    json!({ "draft": draft }).to_string()
}

#[tokio::test]
async fn a_name_with_markup_in_it_stays_text_on_every_page() {
    let server = Server::start();
    let api = server.api("editor");
    let definition = json!({"name": NAME, "parameters": {"p": NAME}, "steps": [
        {"name": NAME, "key": "bad", "task_type": "command", "max_retries": 0,
         "config": {"program": "false", "args": [NAME]}},
    ]});
    api.post("/definitions", &definition).await.ok();
    let body = json!({"definition": 1, "start": true, "metadata": {NAME: NAME}});
    let id = api.post("/workflows", &body).await.ok()["workflow_id"].as_i64();
    api.until(id.unwrap(), "failed").await;
    let cookie = signed_in(&server, "owner").await;
    let mut seen = 0;
    for (method, pattern) in registered() {
        let is_page = method == Method::GET && !pattern.starts_with("/api");
        if !is_page || pattern.starts_with("/events") || pattern.starts_with("/health") {
            continue;
        }
        let path: Vec<_> = pattern
            .split('/')
            .map(|part| if part.starts_with('{') { "1" } else { part })
            .collect();
        let path = path.join("/");
        let page = ask(server.request(Method::GET, &path).header("cookie", &cookie)).await;
        if !page.header("content-type").starts_with("text/html") {
            continue;
        }
        seen += 1;
        assert_eq!(
            page.text.matches("</title>").count(),
            1,
            "{path}: {}",
            page.text
        );
        for markup in ["<form method=post", "<svg onload"] {
            assert!(!page.text.contains(markup), "{path}: {}", page.text);
        }
    }
    assert!(seen > 8, "{seen}");
    let page = ask(server
        .request(Method::GET, "/workflows/1")
        .header("cookie", &cookie))
    .await;
    let title =
        "&lt;/title>&lt;form method=post action=/fn/step-switches/set>&lt;svg onload=x>&amp;lt;";
    let head = page.text.split("</title>").next().unwrap();
    assert!(head.contains(title), "{head}");
}

#[tokio::test]
async fn an_expression_however_long_is_a_problem_at_its_field() {
    let server = Server::start();
    let api = server.api("editor");
    let cookie = signed_in(&server, "editor").await;
    for (open, close) in [
        ("not ", ""),
        ("-", ""),
        ("1+", ""),
        ("", "|abs"),
        ("", ".a"),
        ("", "[0]"),
        ("(", ")"),
        ("1 if 1 else ", ""),
    ] {
        for times in [300, 3_000, 20_000] {
            let seconds = format!("{{{{ {}1{} }}}}", open.repeat(times), close.repeat(times));
            let answer = api
                .post("/definitions", &with_config(&json!({ "seconds": seconds })))
                .await;
            assert_eq!(answer.pointers(), ["#/steps/0/config/seconds"]);
            assert!(answer.text.len() < 2_000, "{}", answer.text.len());
            let answer = call(&server, &cookie, "check-definition", draft_with(&seconds)).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            assert!(answer.text.contains("at most"), "{answer:?}");
        }
    }
    assert_eq!(server.get("/health/ready").await.status, StatusCode::OK);
}

#[tokio::test]
async fn only_who_may_write_definitions_may_have_them_checked() {
    let server = Server::start();
    let viewer = signed_in(&server, "viewer").await;
    let refused = call(&server, &viewer, "check-definition", draft_with("1")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
    let editor = signed_in(&server, "editor").await;
    let checked = call(&server, &editor, "check-definition", draft_with("1")).await;
    assert_eq!(checked.status, StatusCode::OK, "{checked:?}");
    assert_eq!(checked.json(), json!([]));
}

#[tokio::test]
async fn what_cannot_be_read_is_not_said_to_be_our_fault() {
    let server = Server::start();
    let cookie = signed_in(&server, "owner").await;
    for body in [
        &b"{"[..],
        b"{}",
        b"null",
        b"",
        b"\xff\xfe\x00",
        b"[]",
        b"\"\"",
        &b"[".repeat(100_000),
    ] {
        for function in ["check-definition", "save-definition"] {
            let answer = call(&server, &cookie, function, body).await;
            assert_eq!(
                answer.status,
                StatusCode::BAD_REQUEST,
                "{function}: {answer:?}"
            );
            assert!(answer.text.contains("Unreadable"), "{function}: {answer:?}");
        }
    }
}

fn nested(levels: usize) -> Value {
    let text = format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn what_is_nested_too_deep_is_refused_and_every_history_stays_readable() {
    let server = Server::start();
    let api = server.api("editor");
    let printing = |levels: usize| {
        let text = nested(levels).to_string();
        json!({"name": "Deep", "steps": [
            {"name": "Print", "task_type": "command", "max_retries": 0,
             "config": {"program": "echo", "args": [text]}},
        ]})
    };
    let fine = api.create(&printing(100), true).await;
    api.until(fine, "completed").await;
    let deep = api.create(&printing(110), true).await;
    let state = api.until(deep, "failed").await;
    assert_eq!(state["status"], "failed");
    for (id, last) in [(fine, "WorkflowCompleted"), (deep, "WorkflowFailed")] {
        let mut history = Frames::open(stream(&api, id, "?after=0")).await;
        assert_eq!(history.until(last).await[0].event, "WorkflowCreated");
        api.get(&format!("/workflows/{id}/tasks/0")).await.ok();
        api.get(&format!("/workflows/{id}/progress")).await.ok();
    }
    let task = api.get(&format!("/workflows/{deep}/tasks/0")).await.text;
    assert!(task.contains("nested more than 100 levels"), "{task}");

    let config = json!({"seconds": 1, "x": nested(110)});
    let refused = api.post("/definitions", &with_config(&config)).await;
    assert!(
        refused.pointers().contains(&"#/steps/0/config".to_owned()),
        "{refused:?}"
    );
    let parameters = json!({"name": "Deep", "parameters": {"p": nested(110)},
        "steps": [{"name": "One", "task_type": "noop"}]});
    assert_eq!(
        api.post("/definitions", &parameters).await.pointers(),
        ["#/parameters"]
    );
    let metadata = json!({"definition": printing(1), "metadata": {"m": nested(110)}});
    assert_eq!(
        api.post("/workflows", &metadata).await.pointers(),
        ["#/metadata"]
    );
    let output = json!({"output": nested(110), "reason": "deep"});
    let done = api
        .post(&format!("/workflows/{deep}/tasks/0/mark-done"), &output)
        .await;
    assert_eq!(done.pointers(), ["#/output"]);
}

#[tokio::test]
async fn very_many_problems_are_not_all_listed_and_long_words_not_repeated() {
    let server = Server::start();
    let api = server.api("editor");
    let steps: Vec<_> = (0..5_000)
        .map(|n| json!({"name": format!("S{n}"), "task_type": "x".repeat(1_000), "colour": n}))
        .collect();
    let answer = api
        .post("/definitions", &json!({"name": "Many", "steps": steps}))
        .await;
    let told = answer.problem(422);
    let errors = told["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 201);
    assert_eq!(errors[200]["detail"], "and 9800 more problems");
    assert!(answer.text.len() < 200_000, "{}", answer.text.len());
    let long = json!({"name": "Long", "steps": [{"name": "A", "task_type": "y".repeat(100_000)}]});
    let answer = api.post("/definitions", &long).await;
    assert_eq!(answer.pointers(), ["#/steps/0/task_type"]);
    assert!(answer.text.len() < 2_000, "{}", answer.text.len());
}

#[tokio::test]
async fn a_definition_that_is_sent_again_under_its_id_is_saved_once() {
    let server = Server::start();
    let api = server.api("editor");
    let first = api.keyed("/definitions", "once", &quick()).await.ok();
    assert_eq!(
        api.keyed("/definitions", "once", &quick()).await.ok(),
        first
    );
    let mut better = quick();
    better["name"] = json!("Better");
    let reused = api.keyed("/definitions", "once", &better).await;
    assert_eq!(
        reused.problem(422)["type"],
        "urn:job-orchestrator:problem:command_id_reused"
    );
    let saved = api.get("/definitions").await.ok();
    assert_eq!(saved["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_path_with_a_slash_too_many_leads_to_the_page_without_it() {
    let server = Server::start();
    let cookie = signed_in(&server, "viewer").await;
    for (path, to) in [
        ("/workflows/", "/workflows"),
        ("/workflows/?status=failed", "/workflows?status=failed"),
        ("/definitions//", "/definitions"),
    ] {
        let answer = ask(server.request(Method::GET, path).header("cookie", &cookie)).await;
        assert_eq!(
            answer.status,
            StatusCode::PERMANENT_REDIRECT,
            "{path}: {answer:?}"
        );
        assert_eq!(answer.header("location"), to);
    }
    for path in ["/nothing", "/workflows/1/x"] {
        let answer = ask(server.request(Method::GET, path).header("cookie", &cookie)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn no_file_of_the_data_folder_can_be_read_by_other_users() {
    let folder = Examined::new();
    let mode = |mode| Permissions::from_mode(mode);
    std::fs::set_permissions(folder.path(), mode(0o755)).unwrap();
    // As an earlier version left it.
    let old = folder.path().join("accounts.db");
    std::fs::write(&old, "").unwrap();
    std::fs::set_permissions(&old, mode(0o644)).unwrap();
    let server = Server::start_with(folder, &[]);
    server.user("ed", "editor", PASSWORD);
    let mut seen = Vec::new();
    for entry in std::fs::read_dir(server.folder.path()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name.contains(".db") {
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
            seen.push(name);
        }
    }
    for file in [
        "accounts.db",
        "accounts.db-wal",
        "job-orchestrator.db",
        "logs.db",
    ] {
        assert!(seen.iter().any(|name| name == file), "{file}: {seen:?}");
    }
}

#[tokio::test]
async fn a_body_that_says_it_is_no_json_or_says_a_thing_twice_is_refused() {
    let server = Server::start();
    let api = server.api("editor");
    let send = |kind: Option<&'static str>, body: String| {
        let request = api.request(Method::POST, "/definitions").body(body);
        ask(match kind {
            Some(kind) => request.header(CONTENT_TYPE, kind),
            None => request,
        })
    };
    let whole = quick().to_string();
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "jsonx",
    ] {
        send(Some(kind), whole.clone()).await.problem(415);
    }
    for kind in [
        None,
        Some("application/json; charset=utf-8"),
        Some("application/vnd.x+json"),
    ] {
        send(kind, whole.clone()).await.ok();
    }
    let twice = whole.replacen("\"name\"", "\"name\":\"Other\",\"name\"", 1);
    let told = send(Some("application/json"), twice).await.problem(400);
    assert!(
        told["detail"].as_str().unwrap().contains("stands twice"),
        "{told}"
    );
}

#[tokio::test]
async fn a_body_with_very_many_unknown_fields_is_answered_with_a_few_of_them() {
    let server = Server::start();
    let fields: Vec<String> = (0..50_000).map(|n| format!("\"{n}\":1")).collect();
    let body = format!("{{{}}}", fields.join(","));
    for (role, path) in [("editor", "/workflows"), ("operator", "/workflows/1/start")] {
        let request = server.api(role).request(Method::POST, path);
        let answer = ask(request.body(body.clone())).await;
        let told = answer.problem(422);
        let errors = told["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 201, "{path}");
        let last = errors[200]["detail"].as_str().unwrap();
        assert!(
            last.starts_with("and 49") || last.starts_with("and 50"),
            "{last}"
        );
        assert!(answer.text.len() < 20_000, "{path}: {}", answer.text.len());
        assert_eq!(answer.text.matches("the fields are").count(), 1, "{path}");
    }
}

#[tokio::test]
async fn whoever_may_not_is_refused_before_the_body_is_read() {
    let server = Server::start();
    let api = server.api("viewer");
    // No body of these could be read: who is refused for the role was refused before.
    for (method, path) in [
        (Method::POST, "/definitions"),
        (Method::PUT, "/definitions/1"),
        (Method::POST, "/workflows"),
        (Method::POST, "/workflows/1/start"),
        (Method::POST, "/workflows/1/recover"),
        (Method::POST, "/workflows/1/tasks/0/mark-done"),
    ] {
        let answer = ask(api.request(method, path).body("{")).await;
        let told = answer.problem(403);
        assert!(told["detail"].as_str().unwrap().contains("needs the role"));
    }
    let editing = server.api("operator").request(Method::POST, "/definitions");
    ask(editing.body("{")).await.problem(403);
    let starting = server.api("operator").request(Method::POST, "/workflows");
    ask(starting.body("{")).await.problem(400);
}

#[tokio::test]
async fn parameters_and_metadata_have_a_limit_and_a_page_of_a_list_as_well() {
    let server = Server::start();
    let api = server.api("editor");
    let with = |bytes: usize| {
        let mut definition = quick();
        definition["parameters"] = json!({"p": "x".repeat(bytes)});
        definition
    };
    let refused = api.post("/definitions", &with(256 * 1024)).await;
    assert_eq!(refused.pointers(), ["#/parameters"]);
    let inline = json!({"definition": with(256 * 1024)});
    let refused = api.post("/workflows", &inline).await;
    assert_eq!(refused.pointers(), ["#/definition/parameters"]);
    api.post("/definitions", &with(1)).await.ok();
    for field in ["metadata", "parameters"] {
        let body = json!({"definition": 1, field: {"p": "x".repeat(256 * 1024)}});
        let refused = api.post("/workflows", &body).await;
        assert_eq!(refused.pointers(), [format!("#/{field}")]);
        assert!(
            refused.text.contains("has 262152 bytes as JSON"),
            "{}",
            refused.text
        );
    }
    let most = json!({"p": "x".repeat(250 * 1024)});
    let body = json!({"definition": 1, "metadata": most, "parameters": most});
    for _ in 0..20 {
        api.post("/workflows", &body).await.ok();
    }
    let (mut seen, mut path) = (Vec::new(), "/workflows?limit=200".to_owned());
    loop {
        let answer = api.get(&path).await;
        assert!(answer.text.len() < 5 << 20, "{} bytes", answer.text.len());
        let page = answer.ok();
        let items = page["items"].as_array().unwrap();
        seen.extend(
            items
                .iter()
                .map(|item| item["workflow_id"].as_i64().unwrap()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/workflows?limit=200&cursor={cursor}");
    }
    assert_eq!(seen, (1..=20).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_link_puts_no_words_of_its_own_on_a_page() {
    let server = Server::start();
    let cookie = signed_in(&server, "owner").await;
    // {"Unreadable":"your session was stolen, call 555"}
    let error = "eyJVbnJlYWRhYmxlIjoieW91ciBzZXNzaW9uIHdhcyBzdG9sZW4sIGNhbGwgNTU1In0=";
    let path = format!("/step-types?__path=%2Ffn%2Fstep-switches%2Fset&__err={error}");
    let page = ask(server.request(Method::GET, &path).header("cookie", &cookie)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains("stolen"), "{}", page.text);
    // {"Refused":"your session was stolen, call 555"}
    let error = "eyJSZWZ1c2VkIjoieW91ciBzZXNzaW9uIHdhcyBzdG9sZW4sIGNhbGwgNTU1In0=";
    let path = format!("/step-types?a=1&__path=%2Ffn%2Fstep-switches%2Fset&__err={error}");
    for (site, told) in [
        ("none", false),
        ("cross-site", false),
        ("same-origin", true),
    ] {
        let page = server.request(Method::GET, &path).header("cookie", &cookie);
        let page = ask(page.header("sec-fetch-site", site)).await;
        assert_eq!(page.text.contains("stolen"), told, "{site}: {}", page.text);
        if !told {
            assert_eq!(page.headers["location"], "/step-types?a=1", "{site}");
        }
    }
    let hidden = path
        .replace("__path", "%5F_path")
        .replace("__err", "_%5Ferr");
    for (path, place) in [
        (hidden.as_str(), "/step-types?a=1"),
        ("//evil.example/x?__err=abc", "/"),
        ("/\\evil.example?__err=abc", "/"),
    ] {
        let page = server.request(Method::GET, path).header("cookie", &cookie);
        let page = ask(page.header("sec-fetch-site", "cross-site")).await;
        assert_eq!(page.headers["location"], place, "{path}");
    }
}
