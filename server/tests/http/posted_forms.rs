//! The builder and the start form as browsers without scripts post them.

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::examined::Examined;
use crate::fixture::{Answer, Server, ask};
use crate::quarantine::change;

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

/// An editor who has saved definition 1.
async fn editor_of_a_definition(server: &Server) -> String {
    let cookie = editor(server).await;
    let draft = draft();
    let save = [("draft", draft.as_str()), ("press", "save")];
    post(server, &cookie, "/definitions/new", &save).await;
    cookie
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
    let server = Server::start_with(Examined::new(), &[]);
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

/// A page as a browser asks for it.
async fn page(server: &Server, cookie: &str, path: &str) -> Answer {
    let request = server.request(Method::GET, path);
    let request = request.header("cookie", cookie);
    ask(request.header("accept", "text/html")).await
}

/// The id of the command that the page's only form of a command has.
fn command_id(page: &Answer) -> String {
    let (_, rest) = page
        .text
        .split_once("name=\"command_id\" value=\"")
        .unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Both answers of a form that is posted twice at the same time have to lead to one place.
async fn twice(server: &Server, cookie: &str, path: &str, fields: &[(&str, &str)]) -> String {
    let both = tokio::join!(
        post(server, cookie, path, fields),
        post(server, cookie, path, fields)
    );
    assert_eq!(both.0.status, StatusCode::SEE_OTHER, "{both:?}");
    assert_eq!(both.0.header("location"), both.1.header("location"));
    both.0.header("location").to_owned()
}

async fn count(server: &Server, what: &str) -> usize {
    let list = server.api("viewer").get(what).await.ok();
    list["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_start_form_that_is_sent_twice_starts_one_workflow_and_a_changed_one_another() {
    let server = Server::start();
    let cookie = editor_of_a_definition(&server).await;
    let start = "/definitions/1/start";
    // A form has an address of its own, so that going back leads to the same one.
    let own = page(&server, &cookie, start).await;
    assert_eq!(own.status, StatusCode::FOUND);
    let own = own.header("location").to_owned();
    let drawn = page(&server, &cookie, &own).await;
    let id = command_id(&drawn);
    assert_eq!(own, format!("{start}?form={id}"));
    assert!(!drawn.text.contains("came of this form"));
    let form = |limit| {
        let id = ("command_id", id.as_str());
        [id, ("parameter.limit", limit), ("press", "start")]
    };
    assert_eq!(
        twice(&server, &cookie, start, &form("7")).await,
        "/workflows/1"
    );
    let again = page(&server, &cookie, &own).await;
    assert_eq!(command_id(&again), id);
    assert!(again.text.contains("Workflow #1 came of this form."));
    let later = post(&server, &cookie, start, &form("7")).await;
    assert_eq!(later.header("location"), "/workflows/1");
    // Somebody went back and changed it: that is another command, and it too is done once.
    for limit in ["8", "9"] {
        let number = if limit == "8" { 2 } else { 3 };
        let to = twice(&server, &cookie, start, &form(limit)).await;
        assert_eq!(to, format!("/workflows/{number}"));
    }
    let first = post(&server, &cookie, start, &form("7")).await;
    assert_eq!(first.header("location"), "/workflows/1");
    assert_eq!(count(&server, "/workflows").await, 3);
    let other = page(&server, &cookie, start).await;
    assert_ne!(
        other.header("location"),
        own,
        "another form is another command"
    );
}

#[tokio::test]
async fn a_start_form_that_was_sent_long_ago_is_a_new_one_under_its_address_and_has_one_effect() {
    let server = Server::start();
    let cookie = editor_of_a_definition(&server).await;
    let start = "/definitions/1/start";
    let address = page(&server, &cookie, start).await;
    let bookmark = address.header("location").to_owned();
    let id = command_id(&page(&server, &cookie, &bookmark).await);
    let form = [("command_id", id.as_str()), ("press", "start")];
    post(&server, &cookie, start, &form).await;
    let again = page(&server, &cookie, &bookmark).await;
    assert!(again.text.contains("Workflow #1 came of this form."));
    // An hour goes by.
    let earlier = "UPDATE workflows SET created_at = created_at - 3600000000";
    server
        .folder
        .is_damaged("a row says that it was made earlier than its event does");
    change(server.folder.path(), earlier).await;
    let opened = page(&server, &cookie, &bookmark).await;
    assert_eq!(opened.status, StatusCode::FOUND);
    let fresh = opened.header("location").to_owned();
    assert_ne!(fresh, bookmark);
    let drawn = page(&server, &cookie, &fresh).await;
    assert!(!drawn.text.contains("came of this form"));
    let new = command_id(&drawn);
    let sent = [("command_id", new.as_str()), ("press", "start")];
    let to = post(&server, &cookie, start, &sent).await;
    assert_eq!(to.header("location"), "/workflows/2");
    // A page that was left open all the time still has one effect.
    let to = post(&server, &cookie, start, &form).await;
    assert_eq!(to.header("location"), "/workflows/1");
    assert_eq!(count(&server, "/workflows").await, 2);
}

#[tokio::test]
async fn a_form_under_the_longest_id_there_may_be_is_another_command_when_it_is_changed() {
    let server = Server::start();
    let cookie = editor(&server).await;
    let draft = draft();
    let id = "i".repeat(200);
    let under = [("command_id", id.as_str())];
    let save = [
        ("draft", draft.as_str()),
        ("press", "save_and_start"),
        under[0],
    ];
    let to = post(&server, &cookie, "/definitions/new", &save).await;
    assert_eq!(to.header("location"), "/workflows/1", "{to:?}");
    let start = "/definitions/1/start";
    for (limit, number) in [("7", 2), ("8", 3), ("7", 2)] {
        let form = [under[0], ("parameter.limit", limit), ("press", "start")];
        let to = twice(&server, &cookie, start, &form).await;
        assert_eq!(to, format!("/workflows/{number}"));
    }
}

#[tokio::test]
async fn a_builder_that_is_sent_twice_saves_and_starts_once() {
    let server = Server::start();
    let cookie = editor(&server).await;
    let draft = draft();
    let new = "/definitions/new";
    let id = command_id(&page(&server, &cookie, new).await);
    let form = |press| {
        [
            ("draft", draft.as_str()),
            ("command_id", &id),
            ("press", press),
        ]
    };
    // What is pressed on the way keeps the id.
    let pressed = post(&server, &cookie, new, &form("check")).await;
    assert_eq!(command_id(&pressed), id);
    assert_eq!(
        twice(&server, &cookie, new, &form("save")).await,
        "/definitions/1"
    );
    let started = twice(&server, &cookie, new, &form("save_and_start")).await;
    assert_eq!(started, "/workflows/1");
    assert_eq!(
        twice(&server, &cookie, new, &form("save_and_start")).await,
        started
    );

    let better = draft.replace("Posted", "Better");
    let edit = "/definitions/1/edit";
    let id = command_id(&page(&server, &cookie, edit).await);
    let form = |text| {
        let (draft, id) = (("draft", text), ("command_id", id.as_str()));
        [draft, ("base", "1"), id, ("press", "save_and_start")]
    };
    let started = twice(&server, &cookie, edit, &form(&better)).await;
    assert_eq!(started, "/workflows/2");
    // Another text is no repetition: somebody saved meanwhile, and the page says who.
    let other = post(&server, &cookie, edit, &form(&draft)).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert!(other.text.contains("Version 2 was saved by"));
    assert_eq!(count(&server, "/definitions").await, 1);
    assert_eq!(count(&server, "/workflows").await, 2);
}

#[tokio::test]
async fn a_recovery_that_is_sent_twice_uses_up_one_recovery() {
    let server = Server::start();
    let cookie = editor(&server).await;
    let api = server.api("editor");
    let id = api.create(&crate::fixture::failing(), true).await;
    api.until(id, "failed").await;
    let asked = page(&server, &cookie, &format!("/workflows/{id}/recover")).await;
    let command = command_id(&asked);
    let number = id.to_string();
    let fields = [
        ("id", number.as_str()),
        ("command_id", &command),
        ("from_step", "0"),
    ];
    let send = || {
        let request = server
            .request(Method::POST, "/fn/workflow/recover")
            .header("cookie", &cookie)
            .header("accept", "text/html")
            .header("origin", &server.address)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        ask(request.body(encoded(&fields)))
    };
    let both = tokio::join!(send(), send());
    for answer in [both.0, both.1, send().await] {
        assert_eq!(answer.status, StatusCode::FOUND, "{answer:?}");
        assert_eq!(answer.header("location"), format!("/workflows/{id}"));
    }
    let failed = api.until(id, "failed").await;
    assert_eq!(failed["recovery_attempts"], 1);
}

#[tokio::test]
async fn a_recovery_from_an_old_page_is_refused_and_leads_back_to_the_step_that_was_chosen() {
    let server = Server::start();
    let cookie = editor(&server).await;
    let api = server.api("editor");
    let definition = json!({"name": "Breaks", "steps": [
        {"name": "First", "task_type": "noop"},
        {"name": "Broken", "task_type": "command", "max_retries": 0, "dependencies": [0],
         "config": {"program": "false"}},
    ]});
    let id = api.create(&definition, true).await;
    let seen = api.until(id, "failed").await["events"].to_string();
    api.recover(id, 1).await.ok();
    let failed = api.until(id, "failed").await;
    let number = id.to_string();
    let send = |events: &str| {
        let fields = [
            ("id", number.as_str()),
            ("expected_rev", events),
            ("from_step", "0"),
        ];
        let request = server
            .request(Method::POST, "/fn/workflow/recover")
            .header("cookie", &cookie)
            .header("accept", "text/html")
            .header("origin", &server.address)
            .header(
                "referer",
                format!("{}/workflows/{id}/recover?from=1", server.address),
            )
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        ask(request.body(encoded(&fields)))
    };
    let refused = send(&seen).await;
    assert_eq!(refused.status, StatusCode::FOUND, "{refused:?}");
    let back = refused.header("location");
    assert!(
        back.starts_with(&format!("/workflows/{id}/recover?from=0&__path=")),
        "{back}"
    );
    let drawn = page(&server, &cookie, back).await.text;
    assert!(drawn.contains("The workflow has changed since this page was drawn"));
    let (_, radio) = drawn.split_once("type=\"radio\"").unwrap();
    let (chosen, _) = radio.split_once('>').unwrap();
    assert!(
        chosen.contains("value=\"0\"") && chosen.contains("checked"),
        "{chosen}"
    );
    let now = failed["events"].to_string();
    assert!(drawn.contains(&format!("name=\"expected_rev\" value=\"{now}\"")));
    let after = api.until(id, "failed").await;
    assert_eq!(after["events"], failed["events"], "nothing was done");
    let taken = send(&now).await;
    assert_eq!(taken.header("location"), format!("/workflows/{id}"));
}

#[tokio::test]
async fn an_id_that_cannot_be_one_is_refused_as_the_http_api_refuses_it() {
    let server = Server::start();
    let cookie = editor(&server).await;
    let draft = draft();
    let fields = |id| {
        [
            ("draft", draft.as_str()),
            ("command_id", id),
            ("press", "save"),
        ]
    };
    let long = "a".repeat(201);
    for bad in ["", "two words", "ä", &long] {
        let answer = post(&server, &cookie, "/definitions/new", &fields(bad)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    assert_eq!(count(&server, "/definitions").await, 0);
}
