//! Holds what the server takes and answers against its own description. `fixture::ask` calls this
//! for every request of every test; the test below makes sure that nothing is described that
//! never comes.

use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName};
use reqwest::{Method, Request};
use serde_json::{Map, Value, json};

use crate::examined::Examined;
use crate::fixture::{Answer, Api, PATIENCE, Server, ask, failing, quick, waiting};
use crate::frames::{Frames, stream};
use crate::quarantine::change;

static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| server::router::description().unwrap());

/// What was met so far: `METHOD path STATUS` and `Shape.field`.
static MET: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// What was asked.
pub struct Asked {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Option<Vec<u8>>,
}

/// Headers of requests that are those of HTTP itself, and nothing of this API.
const SENT_EVERYWHERE: [&str; 8] = [
    "accept",
    "accept-encoding",
    "authorization",
    "content-type",
    "cookie",
    "host",
    "origin",
    "sec-fetch-site",
];

/// Headers that every answer has, whatever was asked.
const ANSWERED_EVERYWHERE: [&str; 16] = [
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "permissions-policy",
    "referrer-policy",
    "transfer-encoding",
    "vary",
    "x-content-type-options",
    "x-frame-options",
    "x-request-id",
];

/// Checks an answer of the HTTP API, and what led to it if it was taken.
pub fn check(asked: &Asked, answer: &Answer) {
    let Asked { method, path, .. } = asked;
    if !path.starts_with("/api/v1/") {
        return;
    }
    let Some((template, operations)) = operations(path) else {
        // There is no such path: then it is refused, as everywhere.
        return fits(&shape("Problem"), &answer.json(), "Problem");
    };
    let status = answer.status.as_str();
    let place = format!("{method} {template} {status}");
    // What is said of a method that the path does not have is said beside those that it has.
    let operation = operation(method, operations)
        .unwrap_or_else(|| operations.as_object().unwrap().values().next().unwrap());
    let response = &operation["responses"][status];
    assert!(response.is_object(), "{place} is not described: {answer:?}");
    for name in answer.headers.keys().map(HeaderName::as_str) {
        let described = is_named(response["headers"].as_object(), name);
        let is_known = described || ANSWERED_EVERYWHERE.contains(&name);
        assert!(is_known, "{place}: the header {name} is not described");
    }
    let media = answer.header(CONTENT_TYPE.as_str());
    let described = &response["content"][media]["schema"];
    assert!(described.is_object(), "{place} is not {media}: {answer:?}");
    if media.contains("json") {
        fits(described, &answer.json(), &place);
    }
    met(&place);
    if answer.status.is_success() {
        check_taken(asked, operation, &place);
    }
}

/// Checks the request for a stream, which is not read to its end.
pub fn check_stream(request: &Request) {
    let Some((template, operations)) = operations(request.url().path()) else {
        return;
    };
    let operation = operation(request.method(), operations).unwrap();
    check_headers(request.headers(), operation, template);
}

fn check_taken(asked: &Asked, operation: &Value, place: &str) {
    check_headers(&asked.headers, operation, place);
    let taken = &operation["requestBody"]["content"]["application/json"]["schema"];
    let sent = asked.body.as_deref().unwrap_or_default();
    if !sent.trim_ascii().is_empty() {
        let sent: Value = serde_json::from_slice(sent).unwrap();
        fits(taken, &sent, &format!("the body of {place}"));
    }
}

fn check_headers(sent: &HeaderMap, operation: &Value, place: &str) {
    for name in sent.keys().map(HeaderName::as_str) {
        let is_known = takes_header(operation, name) || SENT_EVERYWHERE.contains(&name);
        assert!(is_known, "{place} does not say that it takes {name}");
    }
}

fn takes_header(operation: &Value, name: &str) -> bool {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters
        .filter(|parameter| parameter["in"] == "header")
        .any(|parameter| {
            parameter["name"]
                .as_str()
                .unwrap()
                .eq_ignore_ascii_case(name)
        })
}

fn is_named(described: Option<&Map<String, Value>>, name: &str) -> bool {
    let mut names = described.into_iter().flat_map(Map::keys);
    names.any(|described| described.eq_ignore_ascii_case(name))
}

/// Checks the data of a frame.
pub fn check_frame(data: &Value) {
    fits(&shape("Frame"), data, "Frame");
}

fn met(what: &str) {
    let mut met = MET.lock().unwrap_or_else(PoisonError::into_inner);
    met.insert(what.to_owned());
}

fn shape(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn shapes() -> &'static Map<String, Value> {
    DESCRIPTION["components"]["schemas"].as_object().unwrap()
}

/// The operations of this path, and the path as it is described.
fn operations(path: &str) -> Option<(&'static str, &'static Value)> {
    let fits = |template: &str| {
        let (wanted, given) = (template.split('/'), path.split('/'));
        template.split('/').count() == path.split('/').count()
            && wanted
                .zip(given)
                .all(|(wanted, given)| wanted.starts_with('{') || wanted == given)
    };
    let paths = DESCRIPTION["paths"].as_object().unwrap();
    let found = paths.iter().find(|(template, _)| fits(template))?;
    Some((found.0, found.1))
}

fn operation(method: &Method, operations: &'static Value) -> Option<&'static Value> {
    operations.get(method.as_str().to_lowercase())
}

/// The words that the description uses; another one would go unchecked.
const KEYWORDS: [&str; 18] = [
    "$ref",
    "additionalProperties",
    "default",
    "description",
    "enum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "oneOf",
    "properties",
    "propertyNames",
    "required",
    "type",
];

/// Panics unless `value` is as `schema` says; a field that is not described fits nothing.
fn fits(schema: &Value, value: &Value, place: &str) {
    if let Err(problem) = judge(schema, value, "") {
        panic!("{place}: {problem}: {value:#}");
    }
}

fn judge(schema: &Value, value: &Value, name: &str) -> Result<(), String> {
    let Some(schema) = schema.as_object() else {
        return Err(format!("{name} has no schema"));
    };
    for word in schema.keys() {
        assert!(KEYWORDS.contains(&word.as_str()), "{name}: {word}");
    }
    if let Some(target) = schema.get("$ref") {
        let shape = target.as_str().unwrap().rsplit('/').next().unwrap();
        return judge(&shapes()[shape], value, shape);
    }
    if let Some(choices) = schema.get("oneOf") {
        let choices = choices.as_array().unwrap();
        let tried = choices.iter().map(|choice| judge(choice, value, name));
        let (fitting, wrong): (Vec<_>, Vec<_>) = tried.partition(Result::is_ok);
        return match fitting.len() {
            1 => Ok(()),
            number => Err(format!("{name} fits {number} choices: {wrong:?}")),
        };
    }
    if let Some(words) = schema.get("enum")
        && !words.as_array().unwrap().contains(value)
    {
        return Err(format!("{name} is none of {words}"));
    }
    is_of_type(schema, value, name)?;
    is_within(schema, value, name)?;
    match value {
        Value::Object(fields) => judge_object(schema, fields, name),
        // Of some arrays nothing is said.
        Value::Array(items) => schema.get("items").map_or(Ok(()), |of| {
            let place = format!("{name}[]");
            items.iter().try_for_each(|item| judge(of, item, &place))
        }),
        _ => Ok(()),
    }
}

fn judge_object(
    schema: &Map<String, Value>,
    fields: &Map<String, Value>,
    name: &str,
) -> Result<(), String> {
    let known = schema.get("properties").and_then(Value::as_object);
    let more = schema.get("additionalProperties");
    for required in schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if !fields.contains_key(required.as_str().unwrap()) {
            return Err(format!("{name} lacks {required}"));
        }
    }
    for (field, value) in fields {
        let place = format!("{name}.{field}");
        match (known.and_then(|known| known.get(field)), more) {
            (Some(schema), _) => {
                met(&place);
                judge(schema, value, &place)?;
            }
            (None, Some(Value::Bool(true))) => {}
            (None, Some(schema @ Value::Object(_))) => judge(schema, value, &place)?,
            // An object of which nothing at all is said.
            (None, None) if known.is_none() => {}
            _ => return Err(format!("{place} is not described")),
        }
    }
    Ok(())
}

fn is_of_type(schema: &Map<String, Value>, value: &Value, name: &str) -> Result<(), String> {
    let is = |word: &Value| match word.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("{name}: the type {other}"),
    };
    let fits = match schema.get("type") {
        None => true,
        Some(Value::Array(types)) => types.iter().any(is),
        Some(word) => is(word),
    };
    let is_moment = schema
        .get("format")
        .is_some_and(|format| format == "date-time");
    let fits = fits && (!is_moment || value.as_str().is_none_or(|text| text.ends_with('Z')));
    fits.then_some(())
        .ok_or_else(|| format!("{name} is no {:?}", schema.get("type")))
}

fn is_within(schema: &Map<String, Value>, value: &Value, name: &str) -> Result<(), String> {
    let size = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => Some(text.chars().count() as f64),
        Value::Array(items) => Some(items.len() as f64),
        _ => None,
    };
    let bound = |words: [&str; 3]| {
        let found = words.iter().find_map(|word| schema.get(*word));
        found.and_then(Value::as_f64)
    };
    let (least, most) = (
        bound(["minimum", "minLength", "minItems"]),
        bound(["maximum", "maxLength", "maxItems"]),
    );
    let fits = size.is_none_or(|size| {
        least.is_none_or(|least| size >= least) && most.is_none_or(|most| size <= most)
    });
    fits.then_some(())
        .ok_or_else(|| format!("{name} is not from {least:?} to {most:?}"))
}

/// Fields that no test can bring about from outside.
const NEVER_MET: [&str; 1] = [
    // Of a fault of ours.
    "Problem.code",
];

/// Every field that can be sent, in one definition.
fn full() -> Value {
    json!({
        "name": "Full", "max_recovery_attempts": 2, "on_failure": "stop",
        "parameters": {"place": "here"},
        "steps": [
            {"name": "One", "key": "one", "task_type": "delay", "config": {"seconds": 0.01},
             "dependencies": [], "max_retries": 1, "timeout": 60, "estimated_duration": 0.5,
             "run_if": "ok", "condition": "parameters.place != ''", "max_lost": 2,
             "mode": "once"},
            {"name": "Two", "task_type": "command", "dependencies": ["one"],
             "config": {"program": "sh", "args": ["-c", "echo out; echo '{\"n\": 1}'"]}},
            {"name": "Mend", "task_type": "noop", "dependencies": [1], "run_if": "failed"},
        ]
    })
}

/// A definition whose step does not end when it is told to, but only when it is killed.
fn stubborn() -> Value {
    let script = "trap '' TERM; echo up; while :; do sleep 0.1; done";
    json!({"name": "Stubborn", "steps": [{
        "name": "Stay", "task_type": "command", "config": {"program": "sh", "args": ["-c", script]}
    }]})
}

/// Asks until the log of the first step has this line.
async fn until_it_says(api: &Api<'_>, id: i64, text: &str) {
    let begun = Instant::now();
    loop {
        let log = api.get(&format!("/workflows/{id}/tasks/0/log")).await.ok();
        let lines = log["items"].as_array().unwrap();
        if lines.iter().any(|line| line["text"] == text) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "the step never began: {log}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn every_operation_answers_as_described_and_every_field_described_is_met() {
    let server = Server::start();
    let api = server.api("editor");
    let described = api.get("/openapi.json").await.ok();
    assert_eq!(described, *DESCRIPTION);
    api.get("/step-types").await.ok();

    let saved = api.post("/definitions", &full()).await.ok();
    let path = format!("/definitions/{}", saved["definition_id"]);
    let mut next = full();
    next["version"] = saved["version"].clone();
    next["definition_id"] = saved["definition_id"].clone();
    api.put(&path, &next).await.ok();
    api.put(&path, &next).await.problem(409);
    api.get(&path).await.ok();
    api.get("/definitions").await.ok();

    let request = json!({
        "definition": saved["definition_id"], "job_id": 7, "parameters": {"place": "there"},
        "metadata": {"ticket": 1}, "start": true
    });
    let full = api.post("/workflows", &request).await.ok();
    let full = full["workflow_id"].as_i64().unwrap();
    api.until(full, "completed").await;
    for path in ["progress", "tasks/1", "tasks/1/attempts/1", "tasks/1/log"] {
        api.get(&format!("/workflows/{full}/{path}")).await.ok();
    }
    api.get("/jobs/7/workflow").await.ok();
    api.get("/workflows").await.ok();
    api.get("/workflows?limit=0").await.problem(400);
    api.get("/workflows/99").await.problem(404);
    let mut history = Frames::open(stream(&api, full, "?after=0")).await;
    history.until("WorkflowCompleted").await;

    let waits = api.create(&waiting(600.0), false).await;
    api.verb(waits, "start").await.ok();
    api.until(waits, "running").await;
    let mut snapshot = Frames::open(stream(&api, waits, "")).await;
    snapshot.until("snapshot").await;
    api.verb(waits, "pause").await.ok();
    api.verb(waits, "resume").await.ok();
    let mut tail = Frames::open(stream(&api, waits, "?after=0")).await;
    tail.until("TaskWaiting").await;
    api.get(&format!("/workflows/{waits}/progress")).await.ok();
    api.verb(waits, "cancel").await.ok();
    api.verb(waits, "start").await.problem(409);

    let stubborn = api.create(&stubborn(), true).await;
    until_it_says(&api, stubborn, "up").await;
    let cancelled = api.verb(stubborn, "cancel").await.ok();
    assert_eq!(cancelled["cancel_requested"], true);
    let path = format!("/workflows/{stubborn}/progress");
    assert_eq!(api.get(&path).await.ok()["cancel_requested"], true);

    let fails = api.create(&failing(), true).await;
    api.until(fails, "failed").await;
    api.recover(fails, 0).await.ok();
    let pending = api.create(&quick(), false).await;
    let body = because(&api, pending, json!({})).await;
    let gone = api.request(Method::DELETE, &format!("/workflows/{pending}"));
    ask(gone.json(&body)).await.ok();
    operate(&api).await;
    let empty = json!({"name": "", "steps": []});
    api.post("/definitions", &empty).await.pointers();
    ask(server.request(Method::GET, "/api/v1/workflows"))
        .await
        .problem(401);
    api.post("/workflows", &json!({"definition": quick()}))
        .await
        .ok();
    put_aside(&server, full).await;
    everything_was_met();
}

/// A row that cannot be read puts its workflow into quarantine.
async fn put_aside(server: &Server, id: i64) {
    let broken = format!("UPDATE workflows SET metadata = '{{' WHERE id = {id}");
    server.folder.is_damaged("a row is broken");
    change(server.folder.path(), &broken).await;
    let api = server.api("viewer");
    for path in ["", "/progress"] {
        let told = api.get(&format!("/workflows/{id}{path}")).await.ok();
        assert!(told["quarantine"].is_string(), "{told}");
    }
}

/// A definition whose first step waits for its next try for a long time, and a second one.
fn retrying() -> Value {
    json!({"name": "Retrying", "max_recovery_attempts": 1, "steps": [
        {"name": "Bad", "task_type": "command", "config": {"program": "false", "args": []},
         "max_retries": 90},
        {"name": "Long", "task_type": "delay", "config": {"seconds": 600}},
        {"name": "After", "task_type": "noop", "config": {}, "dependencies": [0, 1]},
    ]})
}

/// What every command takes beside its own fields, with the number of the last event.
async fn because(api: &Api<'_>, id: i64, mut body: Value) -> Value {
    let state = api.get(&format!("/workflows/{id}")).await.ok();
    body["reason"] = "to see it".into();
    body["expected_rev"] = state["events"].clone();
    body
}

/// A workflow whose step waited for its next try, which somebody did not want to wait for.
async fn tried_now(api: &Api<'_>) -> i64 {
    let id = api.create(&retrying(), true).await;
    let mut history = Frames::open(stream(api, id, "?after=0")).await;
    let path = format!("/workflows/{id}/tasks/0/try-now");
    let body = json!({"reason": "the other side is back"});
    loop {
        history.until("TaskRetryScheduled").await;
        let answer = api.post(&path, &body).await;
        if answer.status.is_success() {
            return id;
        }
        // The wait was over before; the next one is longer.
        answer.problem(409);
    }
}

/// What operators do, on a workflow whose steps hardly move by themselves.
async fn operate(api: &Api<'_>) {
    let id = api.create(&waiting(600.0), true).await;
    // From then on nothing moves by itself.
    let mut history = Frames::open(stream(api, id, "?after=0")).await;
    history.until("TaskWaiting").await;
    let resume = because(api, id, json!({})).await;
    let path = format!("/workflows/{id}/resume");
    api.post(&path, &resume).await.ok();
    let task = |task: u32, verb: &str| format!("/workflows/{id}/tasks/{task}/{verb}");
    let stale = json!({"expected_rev": 1});
    let refused = api.post(&format!("/workflows/{id}/pause"), &stale).await;
    assert_eq!(
        refused.problem(409)["type"],
        "urn:job-orchestrator:problem:stale_view"
    );
    let body = because(api, id, json!({"output": {"n": 1}})).await;
    api.post(&task(1, "mark-done"), &body).await.ok();
    let other = api.create(&waiting(600.0), true).await;
    let mut waits = Frames::open(stream(api, other, "?after=0")).await;
    waits.until("TaskWaiting").await;
    let body = because(api, other, json!({})).await;
    let skip = format!("/workflows/{other}/tasks/1/skip");
    api.post(&skip, &body).await.ok();
    let why = json!({"reason": "to see it"});
    api.post(&task(1, "skip"), &why).await.problem(409);
    api.post(&task(9, "skip"), &why).await.problem(404);
    let body = because(api, id, json!({"interrupt": true})).await;
    api.post(&format!("/workflows/{id}/pause"), &body)
        .await
        .ok();
    let body = because(api, id, json!({"max_recovery_attempts": 9})).await;
    let raise = format!("/workflows/{id}/raise-budget");
    api.post(&raise, &body).await.ok();
    api.post(&raise, &json!({"max_recovery_attempts": 9}))
        .await
        .problem(409);
    let force = json!({"from_step": 0, "force": true, "instead": "skip"});
    let body = because(api, id, force).await;
    let recover = format!("/workflows/{id}/recover");
    let first = api.keyed(&recover, "once", &body).await.ok();
    assert_eq!(first["status"], "completed");
    // The number is out of date by now, but the command is known.
    assert_eq!(api.keyed(&recover, "once", &body).await.ok(), first);
    let other = json!({"from_step": 1, "force": true});
    let reused = api.keyed(&recover, "once", &other).await;
    assert_eq!(
        reused.problem(422)["type"],
        "urn:job-orchestrator:problem:command_id_reused"
    );
    history.until("WorkflowCompleted").await;

    let strict = Server::start_with(Examined::new(), &[]);
    strict.api("viewer").get("/step-types").await.ok();

    let (other, id) = crate::handlers::left_by_a_program().await;
    let path = format!("/workflows/{id}/progress");
    other.api("viewer").get(&path).await.ok();

    let id = tried_now(api).await;
    let skip = format!("/workflows/{id}/tasks/2/skip");
    let body = json!({"reason": "not wanted"});
    api.post(&skip, &body).await.ok();
    api.verb(id, "cancel").await.ok();
}

/// The headers that some operation could take, each with a value that is none and one that is.
const HEADERS: [(&str, &str, &str); 2] =
    [("Idempotency-Key", "a b", "a"), ("Last-Event-ID", "x", "0")];

#[tokio::test]
async fn the_headers_of_every_operation_and_what_it_refuses_before_it_looks_are_described() {
    let server = Server::start();
    let api = server.api("owner");
    for (template, operations) in DESCRIPTION["paths"].as_object().unwrap() {
        let path = template.trim_start_matches("/api/v1");
        let path = path.replace("{id}", "1").replace("{index}", "0");
        let path = path.replace("{job_id}", "1");
        // That each answer is described, with its headers, is looked at wherever something is asked.
        ask(api.request(Method::PATCH, &path)).await.problem(405);
        for (method, operation) in operations.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let place = format!("{method} {template}");
            let request = || api.request(method.clone(), &path);
            for (name, bad, good) in HEADERS {
                let complains = async |value| {
                    let answer = request().header(name, value).send().await.unwrap();
                    let is_refused = answer.status() == 400;
                    is_refused && answer.text().await.unwrap().contains(name)
                };
                // One that takes none does not mind, or minds whatever it is.
                let is_taken = complains(bad).await && !complains(good).await;
                assert_eq!(is_taken, takes_header(operation, name), "{place}: {name}");
            }
            if method != Method::GET {
                let text = request().header(CONTENT_TYPE, "text/plain").body("{}");
                let is_refused = ask(text).await.status == 415;
                let is_described = operation["responses"]["415"].is_object();
                assert_eq!(is_refused, is_described, "{place}");
            }
        }
    }
}

#[tokio::test]
async fn an_address_that_tries_tokens_is_held_up_as_described() {
    let server = Server::start();
    let begun = Instant::now();
    loop {
        let request = server.request(Method::GET, "/api/v1/workflows");
        let answer = ask(request.bearer_auth("jo_none")).await;
        if answer.status == 429 {
            assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
            return;
        }
        answer.problem(401);
        assert!(begun.elapsed() < PATIENCE, "it is never held up");
    }
}

fn everything_was_met() {
    let met = MET.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut missing = Vec::new();
    for (name, shape) in shapes() {
        let fields = shape["properties"].as_object();
        let fields = fields.into_iter().flat_map(Map::keys);
        missing.extend(fields.map(|field| format!("{name}.{field}")));
    }
    for (path, item) in DESCRIPTION["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            let good = responses.iter().find(|(status, _)| status.starts_with('2'));
            let (status, response) = good.unwrap();
            // Streams are checked frame by frame.
            if response["content"].get("application/json").is_some() {
                missing.push(format!("{} {path} {status}", method.to_uppercase()));
            }
        }
    }
    missing.retain(|one| !met.contains(one) && !NEVER_MET.contains(&one.as_str()));
    assert!(missing.is_empty(), "described, but never met: {missing:#?}");
}

#[test]
fn an_answer_that_is_not_as_described_is_noticed() {
    let log = |line: Value| judge(&shape("LogLine"), &line, "LogLine");
    let good = json!({
        "number": 1, "at": "2026-01-01T00:00:00Z", "attempt": 1, "stream": "stdout", "text": ""
    });
    assert_eq!(log(good.clone()), Ok(()));
    let spoilt = [
        ("number", json!("1")),
        ("number", json!(-1)),
        ("at", json!("2026-01-01T00:00:00+01:00")),
        ("stream", json!("stdin")),
        ("text", Value::Null),
        ("more", json!(1)),
    ];
    for (field, value) in spoilt {
        let mut line = good.clone();
        line[field] = value;
        assert!(log(line.clone()).is_err(), "{line}");
    }
    let mut line = good;
    line.as_object_mut().unwrap().remove("text");
    assert!(log(line).is_err());
}
