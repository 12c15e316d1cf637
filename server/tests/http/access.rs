//! Who may come in.

use reqwest::{Method, StatusCode};
use serde_json::json;
use server::router::registered;
use server::{access, paths};

use crate::fixture::{Server, ask, quick, waiting};
use crate::raw::status_of;

/// Paths as a visitor would ask for them.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { "1" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test]
async fn no_registered_route_answers_a_stranger_but_the_public_ones() {
    let server = Server::start();
    let routes = registered();
    assert!(routes.len() > 30, "{routes:?}");
    for (method, pattern) in routes {
        let path = filled(&pattern);
        let answer = ask(server.request(method.clone(), &path)).await;
        if access::PUBLIC.contains(&path.as_str()) {
            assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            continue;
        }
        assert!(!answer.status.is_success(), "{method} {path}: {answer:?}");
        if path.starts_with(paths::API) {
            answer.problem(401);
        } else if path.starts_with(paths::SERVER_FUNCTIONS) || path.starts_with(paths::STREAMS) {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        } else if method == Method::GET {
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{method} {path}");
            assert!(answer.header("location").starts_with("/login?next=%2F"));
        }
    }
}

#[tokio::test]
async fn a_near_miss_of_a_public_path_is_not_public() {
    let server = Server::start();
    let misses = [
        "/login/",
        "/Login",
        "/login;x",
        "/%6cogin",
        "//login",
        "/login%2f",
        "/./setup/",
        "/setup/",
        "/health/live/",
        "/health//live",
        "/Health/live",
        "/health/live%20",
        "/favicon.svg/",
        "/pkg/",
        "/pkg/..%2f..%2fCargo.toml",
        "/health/live;x",
        "/x/%2e%2e/login",
    ];
    for path in misses {
        let status = status_of(&server, path);
        assert!((300..500).contains(&status), "{path}: {status}");
    }
    let absolute = format!("{}/workflows", server.address);
    assert_eq!(status_of(&server, &absolute), 303);
    for path in ["/health/live", "/health/ready", "/login", "/setup"] {
        assert_eq!(server.get(path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(server.get("/health/live").await.json()["status"], "ok");
}

#[tokio::test]
async fn every_answer_under_the_api_that_says_no_is_a_problem() {
    let server = Server::start();
    let api = server.api("owner");
    api.get("/nothing/here").await.problem(404);
    api.get("/workflows/abc").await.problem(400);
    api.get("/workflows/1.5/progress").await.problem(400);
    api.get("/workflows/99999999999999999999")
        .await
        .problem(400);
    api.get("/workflows/%FF").await.problem(400);
    api.get("/workflows/777").await.problem(404);
    api.get("/jobs/777/workflow").await.problem(404);
    api.get("/definitions/777").await.problem(404);
    let wrong = ask(api.request(Method::PATCH, "/workflows/1")).await;
    wrong.problem(405);
    assert!(wrong.header("allow").contains("GET"), "{wrong:?}");
    let wrong = ask(api.request(Method::GET, "/workflows/1/start")).await;
    wrong.problem(405);
    assert_eq!(wrong.header("allow"), "POST");
    for path in ["/api/v1/openapi.json", "/api/v1/nothing", "/api", "/api/v2"] {
        server.get(path).await.problem(401);
    }
}

#[tokio::test]
async fn a_bad_token_is_401_and_many_of_them_429_but_a_good_one_still_works() {
    let server = Server::start();
    let api = server.api("viewer");
    let bad = |header: &'static str| {
        let request = server.request(Method::GET, "/api/v1/workflows");
        ask(request.header("authorization", header))
    };
    for header in ["Bearer wrong", "Bearer", "Basic YTpi", "wrong"] {
        bad(header).await.problem(401);
    }
    let mut last = bad("Bearer wrong").await;
    for _ in 0..20 {
        last = bad("Bearer wrong").await;
        if last.status == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
    }
    last.problem(429);
    assert!(last.header("retry-after").parse::<u64>().unwrap() > 0);
    api.get("/workflows").await.ok();
    // Nobody at all is refused, but never limited.
    for _ in 0..30 {
        server.get("/api/v1/workflows").await.problem(401);
    }
}

#[tokio::test]
async fn each_role_may_do_what_it_may_and_no_more() {
    let server = Server::start();
    let definition = crate::fixture::quick();
    let [viewer, operator, editor] = ["viewer", "operator", "editor"].map(|role| server.api(role));
    viewer.post("/definitions", &definition).await.problem(403);
    operator
        .post("/definitions", &definition)
        .await
        .problem(403);
    let saved = editor.post("/definitions", &definition).await.ok();
    let request = serde_json::json!({"definition": saved["definition_id"]});
    viewer.post("/workflows", &request).await.problem(403);
    let id = operator.post("/workflows", &request).await.ok()["workflow_id"]
        .as_i64()
        .unwrap();
    for verb in ["start", "pause", "resume", "cancel"] {
        viewer.verb(id, verb).await.problem(403);
    }
    viewer.recover(id, 0).await.problem(403);
    viewer.get(&format!("/workflows/{id}")).await.ok();
    operator.verb(id, "start").await.ok();
}

#[tokio::test]
async fn another_host_or_site_is_refused() {
    let server = Server::start();
    let request = server.request(Method::GET, "/health/live");
    let answer = ask(request.header("host", "evil.example")).await;
    answer.problem(421);
    let api = server.api("owner");
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let request = api
            .request(Method::POST, "/workflows/1/start")
            .header(name, value);
        ask(request).await.problem(403);
        let request = server.request(Method::POST, "/login").header(name, value);
        assert_eq!(ask(request).await.status, StatusCode::FORBIDDEN);
    }
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        for path in [
            "/workflows/1/events",
            "/workflows/events",
            "/workflows/1/tasks/0/log/events",
        ] {
            let request = api.request(Method::GET, path);
            ask(request.header(name, value)).await.problem(403);
        }
    }
}

#[tokio::test]
async fn a_write_with_a_cookie_says_which_page_of_ours_it_comes_from() {
    let server = Server::start();
    server.user("ada", "owner", "correct horse");
    let cookie = server.sign_in("ada", "correct horse").await;
    let api = server.api("editor");
    let id = api.create(&waiting(600.0), true).await;
    let path = "/fn/workflow/cancel";
    let send = async |headers: &[(&str, &str)]| {
        let mut request = server
            .request(Method::POST, path)
            .header("cookie", &cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("id={id}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    };
    let (own, evil) = (server.address.clone(), "http://evil.example");
    for headers in [
        &[][..],
        &[("origin", evil)],
        &[("origin", "null")],
        &[("sec-fetch-site", "none"), ("origin", evil)],
        &[("sec-fetch-site", "none"), ("origin", "null")],
        &[("sec-fetch-site", "same-site"), ("origin", &own)],
        &[("sec-fetch-site", "cross-site")],
    ] {
        let status = send(headers).await.status();
        assert_eq!(status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    // Where tokens mean nothing, one makes no program of a browser; neither does a wrong one.
    for token in [api.token.as_str(), "jo_none"] {
        let token = format!("Bearer {token}");
        let status = send(&[("authorization", &token)]).await.status();
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
    let state = api.get(&format!("/workflows/{id}")).await.ok();
    assert_eq!(state["status"], "running");
    // Where they mean something, a wrong one is refused for itself: the cookie beside it lets nobody in.
    for header in ["Bearer jo_none", "Bearer", "Basic YWRhOng="] {
        let request = server.request(Method::POST, &format!("/api/v1/workflows/{id}/cancel"));
        let request = request.header("cookie", &cookie);
        let answer = ask(request.header("authorization", header)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{header}");
    }
    let state = api.get(&format!("/workflows/{id}")).await.ok();
    assert_eq!(state["status"], "running");
    // With a right one it is the token that counts, and the cookie beside it does no harm.
    let request = api.request(Method::POST, &format!("/workflows/{id}/pause"));
    ask(request
        .header("cookie", &cookie)
        .header("sec-fetch-site", "none"))
    .await
    .ok();
    api.verb(id, "resume").await.ok();
    // What browsers send, with scripts and without, and older ones.
    for headers in [
        &[("origin", own.as_str())][..],
        &[("sec-fetch-site", "same-origin"), ("origin", &own)],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none"), ("origin", &own)],
    ] {
        let status = send(headers).await.status();
        assert_ne!(status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    api.until(id, "cancelled").await;
}

#[tokio::test]
async fn a_form_leads_back_to_a_page_of_ours_whatever_the_request_calls_its_page() {
    let server = Server::start();
    server.user("ada", "owner", "correct horse");
    let cookie = server.sign_in("ada", "correct horse").await;
    let id = server.api("editor").create(&quick(), true).await;
    server.api("editor").until(id, "completed").await;
    let led = async |page: &str| {
        let request = server
            .request(Method::POST, "/fn/workflow/cancel")
            .header("cookie", &cookie)
            .header("accept", "text/html")
            .header("referer", page)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("id={id}"));
        ask(request).await.header("location").to_owned()
    };
    for page in [
        "http://evil.example/x",
        "javascript:1",
        "//evil.example",
        "/\\evil.example",
    ] {
        assert_eq!(led(page).await, "/", "{page}");
    }
    let own = format!("{}/workflows/{id}", server.address);
    assert!(led(&own).await.starts_with(&format!("{own}?__path=")));
}

#[tokio::test]
async fn no_address_of_the_api_takes_a_parameter_it_does_not_know() {
    let server = Server::start();
    let api = server.api("owner");
    api.post("/definitions", &quick()).await.ok();
    api.create(&quick(), true).await;
    for (method, pattern) in registered() {
        let Some(path) = pattern.strip_prefix("/api/v1") else {
            continue;
        };
        let path = path
            .replace("{job_id}", "1")
            .replace("{id}", "1")
            .replace("{index}", "0");
        let request = api.request(method.clone(), &format!("{path}?zz=1"));
        let told = ask(request.json(&json!({}))).await.problem(400);
        assert_eq!(told["parameter"], "zz", "{method} {path}");
    }
    let stream = api.request(Method::GET, "/workflows/1/events?afterr=5");
    ask(stream).await.problem(400);
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_protect_it() {
    let server = Server::start();
    for path in [
        "/login",
        "/health/live",
        "/api/v1/workflows",
        "/nothing",
        "/pkg/none.js",
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
    }
    let page = server.get("/login").await;
    let policy = page.header("content-security-policy");
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    assert!(
        page.text.contains(&format!("nonce=\"{nonce}\"")),
        "{}",
        page.text
    );
    assert_ne!(
        server.get("/login").await.header("content-security-policy"),
        policy
    );
}
