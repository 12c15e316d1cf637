//! Requests byte by byte, as no client library sends them: what our program sees it answers with problem
//! JSON on the API, and what the HTTP library beneath it refuses is as described.

use std::io::{Read, Write};
use std::net::TcpStream;

use engine::obeyed::is_obeyed;
use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{PATIENCE, Server, ask};
use crate::frames::{Frames, stream};

/// An answer: its status, its media type and its body.
struct Raw {
    status: u16,
    media: String,
    body: String,
}

/// The status of a request whose path is sent as it is; clients like to tidy paths up.
pub fn status_of(server: &Server, path: &str) -> u16 {
    let host = server.address.trim_start_matches("http://");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    raw(server, request.as_bytes()).status
}

/// Sends this and reads until the server closes.
fn raw(server: &Server, request: &[u8]) -> Raw {
    let host = server.address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // A server that answers before it has everything closes while we write.
    let _ = stream.write_all(request);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let media = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map(|(_, media)| media.to_owned());
    Raw {
        status: status.unwrap_or_else(|| panic!("no answer: {text:?}")),
        media: media.unwrap_or_default(),
        body: body.to_owned(),
    }
}

/// What an owner may ask for in vain: the request line, more headers, the body, and the status.
const REFUSED: [(&str, &str, &str, u16); 18] = [
    ("GET /api", "", "", 404),
    ("GET /api/", "", "", 404),
    ("GET /api/v1/workflows/", "", "", 404),
    ("GET /api/v1/../v1/workflows", "", "", 404),
    ("GET /api/v1/LONG", "", "", 404),
    ("GET /api/v1/workflows/%zz", "", "", 400),
    ("GET /api/v1/workflows/%00", "", "", 400),
    ("GET /api/v1/workflows/LONG", "", "", 400),
    ("GET /api/v1/workflows?q=LONG&x", "", "", 400),
    ("GET /api/v1/workflows?limit=%ff", "", "", 400),
    ("PURGE /api/v1/workflows", "", "", 405),
    ("OPTIONS /api/v1/workflows", "", "", 405),
    ("PATCH /api/v1/definitions/1", "", "", 405),
    // Neither a length nor a body.
    ("POST /api/v1/workflows", "", "", 400),
    (WRITE, "Transfer-Encoding: chunked", "ZZ\r\n", 400),
    (
        WRITE,
        "Content-Type: \u{ff}\r\nContent-Length: 2",
        "{}",
        415,
    ),
    (WRITE, "Content-Length: 2", "{}", 422),
    (
        WRITE,
        "Idempotency-Key: \u{ff}\r\nContent-Length: 2",
        "{}",
        400,
    ),
];
const WRITE: &str = "POST /api/v1/workflows";

#[tokio::test]
async fn whatever_the_program_sees_on_the_api_is_refused_with_problem_json() {
    let server = Server::start();
    let token = server.token("owner");
    let host = server.address.trim_start_matches("http://");
    let own = format!("Host: {host}\r\nAuthorization: Bearer {token}\r\n");
    let long = "1".repeat(60_000);
    let mut cases: Vec<_> = REFUSED
        .iter()
        .map(|(line, more, body, status)| {
            let line = line.replace("LONG", &long);
            let end = if more.is_empty() { "" } else { "\r\n" };
            (line, format!("{own}{more}{end}"), *body, *status)
        })
        .collect();
    for (headers, status) in [
        ("Host: evil.example\r\n".to_owned(), 421),
        ("Host: \u{ff}\r\n".to_owned(), 421),
        (format!("Host: {host}\r\nAuthorization: \u{ff}\r\n"), 401),
        (String::new(), 401),
    ] {
        cases.push(("GET /api/v1/workflows".to_owned(), headers, "", status));
    }
    for (line, headers, body, status) in cases {
        let request = format!("{line} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n{body}");
        let answer = raw(&server, request.as_bytes());
        let place = &line[..line.len().min(80)];
        assert_eq!(answer.status, status, "{place}: {}", answer.body);
        assert_eq!(answer.media, "application/problem+json", "{place}");
        let problem: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(problem["status"], status, "{place}: {problem}");
        assert!(problem["type"].is_string() && problem["detail"].is_string());
    }
}

/// The layer beneath reads the head of a request before the program sees anything of it.
#[tokio::test]
async fn what_is_no_request_at_all_is_refused_as_the_description_says() {
    let server = Server::start();
    let host = server.address.trim_start_matches("http://");
    let get =
        |rest: String| format!("GET /api/v1/workflows HTTP/1.1\r\nHost: {host}\r\n{rest}\r\n");
    let headers = |count: usize| "X-Many: 1\r\n".repeat(count);
    for (request, status) in [
        ("GET /api/v1/a b HTTP/1.1\r\n\r\n".into(), 400),
        ("GET /api/v1/workflows HTTP/9.9\r\n\r\n".into(), 400),
        (get("No colon\r\n".into()), 400),
        (get("Content-Length: x\r\n".into()), 400),
        (get("Transfer-Encoding: gzip\r\n".into()), 400),
        (
            format!("GET /api/v1/{} HTTP/1.1\r\n\r\n", "x".repeat(70_000)),
            414,
        ),
        (get(headers(101)), 431),
        (get(format!("X-Large: {}\r\n", "x".repeat(1_000_000))), 431),
    ] {
        let place = request[..request.len().min(120)].to_owned();
        let answer = raw(&server, request.as_bytes());
        assert_eq!(answer.status, status, "{place}");
        assert_eq!((answer.media, answer.body), Default::default(), "{place}");
    }
    let described = server.api("viewer").get("/openapi.json").await.ok();
    let text = described["info"]["description"].as_str().unwrap();
    for status in ["400", "414", "431"] {
        assert!(text.contains(status), "{text}");
    }
}

#[tokio::test]
async fn what_a_step_wrote_is_shown_and_answered_with_nothing_in_it_that_a_terminal_obeys() {
    let server = Server::start();
    server.user("ada", "owner", "correct horse");
    let cookie = server.sign_in("ada", "correct+horse").await;
    let api = server.api("editor");
    let script = r"printf 'a\033[2Jb\302\2331m\177\342\200\256\n'; printf 'c\033[2J\302\2331m\n' >&2; exit 7";
    let evil = json!({"name": "Evil", "steps": [{"name": "Bad", "task_type": "command",
        "max_retries": 0, "config": {"program": "sh", "args": ["-c", script]}}]});
    let id = api.create(&evil, true).await;
    api.until(id, "failed").await;
    let is_obeyed = |c: char| is_obeyed(c) && !matches!(c, '\n' | '\t');
    for path in ["", "/progress", "/tasks/0", "/tasks/0/log"] {
        let answer = api.get(&format!("/workflows/{id}{path}")).await;
        assert!(
            !answer.text.contains(is_obeyed),
            "{path}: {:?}",
            answer.text
        );
        let lines = answer.json();
        if path.ends_with("log") {
            let text = lines["items"].to_string();
            assert!(
                text.contains("a\\u001b[2Jb\u{9b}1m\u{7f}\u{202e}"),
                "{text:?}"
            );
        }
    }
    let mut frames = Frames::open(stream(&api, id, "?after=0")).await;
    loop {
        let block = frames.block().await.unwrap();
        assert!(!block.contains(is_obeyed), "{block:?}");
        if block.contains("event: TaskFailed\n") {
            assert!(block.contains("c\\u001b[2J\\u009b1m"), "{block:?}");
            break;
        }
    }
    let unknown = json!({"definition": {"name": "E", "steps": [], "a\u{1b}[2J\u{9b}1m": 1}});
    let refused = api.post("/workflows", &unknown).await;
    refused.problem(422);
    assert!(!refused.text.contains(is_obeyed), "{:?}", refused.text);
    assert!(
        refused.text.contains("a\\u001b[2J\\u009b1m"),
        "{:?}",
        refused.text
    );
    let page = server.request(Method::GET, &format!("/workflows/{id}"));
    let page = ask(page.header("cookie", &cookie)).await;
    let (_, drawn) = page.text.split_once("<main").unwrap();
    let (drawn, _) = drawn.split_once("</main>").unwrap();
    assert!(drawn.contains("a␛[2Jb\\u{9b}1m␡\\u{202e}"), "{drawn}");
    assert!(!drawn.contains(is_obeyed), "{drawn:?}");
}
