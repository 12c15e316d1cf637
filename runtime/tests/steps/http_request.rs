use std::net::{Ipv4Addr, SocketAddr};

use engine::orchestrator::StepSwitches;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket};

use super::server::{Server, answer};
use super::{Bench, LIMIT, permanent};
use runtime::step::StepError;

const JSON: &str = "Content-Type: application/json\r\n";

async fn status(bench: &Bench, status: &'static str, config: Value) -> Result<Value, StepError> {
    let server = Server::start(move |_| answer(status, "", "told")).await;
    let mut config = config;
    config["url"] = server.url("/").into();
    match bench.run("http_request", config).await {
        Ok(runtime::step::StepOutput::Done(output)) => Ok(output),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error),
    }
}

#[tokio::test]
async fn a_json_answer_becomes_the_output() {
    let bench = Bench::new();
    let server = Server::start(|_| answer("200 OK", JSON, "{\"count\": 3}")).await;
    let config = json!({"method": "GET", "url": server.url("/a?token=secret")});
    assert_eq!(
        bench.output("http_request", config).await,
        json!({"count": 3})
    );
    let lines = bench.lines().await;
    assert_eq!(lines.len(), 1);
    let (note, begin) = (&lines[0].1, format!("GET {} → 200 in ", server.url("/a?…")));
    assert!(
        note.starts_with(&begin) && note.ends_with(" ms, 12 bytes"),
        "{note}"
    );
}

#[tokio::test]
async fn a_whole_number_of_more_than_64_bits_in_an_answer_is_told_in_the_log() {
    let number = "-9223372036854775809";
    for (kind, is_told) in [("application/json", 1), ("text/plain", 0)] {
        let bench = Bench::new();
        let header = format!("Content-Type: {kind}\r\n");
        let server = Server::start(move |_| answer("200 OK", &header, number)).await;
        let config = json!({"method": "GET", "url": server.url("/")});
        let output = bench.output("http_request", config).await;
        assert_eq!(output.is_f64(), is_told == 1, "{output}");
        let lines = bench.lines().await;
        let remarks = lines.iter().filter(|(_, text)| text.contains("64 bits"));
        assert_eq!(remarks.count(), is_told, "{lines:?}");
    }
}

#[tokio::test]
async fn method_headers_and_body_arrive_and_the_key_stays_the_same() {
    let bench = Bench::new();
    let server = Server::start(|_| answer("201 Created", "", "ok")).await;
    let config = json!({
        "method": "POST", "url": server.url("/in"), "headers": {"X-Team": "blue"},
        "body": {"a": [1, 2]},
    });
    let output = bench.output("http_request", config.clone()).await;
    assert_eq!(output, json!({"status": 201, "text": "ok"}));
    bench.output("http_request", config).await;
    let text = json!({
        "method": "PUT", "url": server.url("/in"), "body": "plain {text}",
        "headers": {"Idempotency-Key": "mine"},
    });
    bench.output("http_request", text).await;

    let requests = server.requests();
    let key = bench.context().idempotency_key();
    for request in &requests[..2] {
        let lower = request.to_ascii_lowercase();
        assert!(request.starts_with("POST /in HTTP/1.1\r\n"), "{request}");
        assert!(lower.contains("x-team: blue\r\n"), "{request}");
        assert!(
            lower.contains("content-type: application/json\r\n"),
            "{request}"
        );
        assert!(
            lower.contains(&format!("idempotency-key: {key}\r\n")),
            "{request}"
        );
        assert!(request.ends_with("\r\n\r\n{\"a\":[1,2]}"), "{request}");
    }
    let lower = requests[2].to_ascii_lowercase();
    assert!(lower.contains("idempotency-key: mine\r\n"), "{lower}");
    assert!(
        lower.contains("content-type: text/plain; charset=utf-8\r\n"),
        "{lower}"
    );
    assert!(requests[2].ends_with("\r\n\r\nplain {text}"));
}

#[tokio::test]
async fn a_status_that_is_not_accepted_is_a_failure_for_now_for_good_or_of_which_nobody_knows() {
    let bench = Bench::new();
    let get = json!({"method": "GET"});
    let failed = status(&bench, "503 Busy", get.clone()).await;
    assert_eq!(
        failed,
        Err(StepError::Unknown(
            "status 503 is not accepted: told".into()
        ))
    );
    let failed = status(&bench, "429 Slower", get.clone()).await;
    assert_eq!(
        failed,
        Err(StepError::Transient(
            "status 429 is not accepted: told".into()
        ))
    );
    let failed = status(&bench, "404 Not Found", get).await;
    assert_eq!(
        failed,
        Err(StepError::Permanent(
            "status 404 is not accepted: told".into()
        ))
    );
    let accepting = json!({"method": "GET", "accepted_statuses": [404]});
    let output = status(&bench, "404 Not Found", accepting.clone()).await;
    assert_eq!(output, Ok(json!({"status": 404, "text": "told"})));
    let failed = status(&bench, "200 OK", accepting).await;
    assert_eq!(
        failed,
        Err(StepError::Permanent(
            "status 200 is not accepted: told".into()
        ))
    );
}

#[tokio::test]
async fn nobody_answering_is_a_failure_for_now() {
    // An address that is taken, so that nobody else can listen there.
    let deaf = TcpSocket::new_v4().unwrap();
    deaf.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .unwrap();
    let url = format!("http://{}/", deaf.local_addr().unwrap());
    let config = json!({"method": "GET", "url": url});
    let failed = Bench::new().run("http_request", config).await;
    let Err(StepError::Transient(told)) = failed else {
        panic!("{failed:?}")
    };
    assert!(told.contains("refused"), "{told}");
}

#[tokio::test]
async fn local_addresses_are_refused_before_anything_connects() {
    let bench = Bench::new();
    bench.switches.set(StepSwitches {
        commands: true,
        private_addresses: false,
    });
    let server = Server::start(|_| answer("200 OK", "", "secret")).await;
    let port = server.port;
    for host in [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "2130706433",
        "0x7f.1",
        "[::ffff:7f00:1]",
    ] {
        let config = json!({"method": "GET", "url": format!("http://{host}:{port}/")});
        let failed = bench.run("http_request", config).await;
        let Err(StepError::Permanent(told)) = failed else {
            panic!("{host}: {failed:?}")
        };
        assert!(
            told.contains("is not a public address; an owner can allow"),
            "{host}: {told}"
        );
    }
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn a_redirect_is_checked_like_the_first_address() {
    let bench = Bench::new();
    let secret = Server::start(|_| answer("200 OK", "", "secret")).await;
    for host in ["127.0.0.1", "localhost"] {
        bench.switches.set(StepSwitches {
            commands: false,
            private_addresses: true,
        });
        let to = format!("Location: http://{host}:{}/\r\n", secret.port);
        let switches = bench.switches.clone();
        let server = Server::start(move |_| {
            // From here on it is as if the first address had been a public one.
            switches.set(StepSwitches::default());
            answer("302 Found", &to, "")
        })
        .await;
        let config = json!({"method": "GET", "url": server.url("/")});
        let failed = bench.run("http_request", config).await;
        let Err(StepError::Permanent(told)) = failed else {
            panic!("{failed:?}")
        };
        assert!(told.contains("is not a public address"), "{told}");
    }
    assert_eq!(secret.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn three_redirects_are_followed_and_no_more() {
    let bench = Bench::new();
    let server = Server::start(|request| {
        let hop: u32 = request[5..6].parse().unwrap();
        match hop {
            0 => answer("200 OK", "", "there"),
            hop => answer("302 Found", &format!("Location: /{}\r\n", hop - 1), ""),
        }
    })
    .await;
    let get = |hops: u32| json!({"method": "GET", "url": server.url(&format!("/{hops}"))});
    let there = json!({"status": 200, "text": "there"});
    assert_eq!(bench.output("http_request", get(3)).await, there);
    assert_eq!(
        bench.run("http_request", get(4)).await,
        permanent("more than 3 redirects")
    );
}

#[tokio::test]
async fn what_may_be_secret_does_not_follow_a_redirect_to_another_origin() {
    let bench = Bench::new();
    let other = Server::start(|_| answer("200 OK", "", "")).await;
    let to = format!("Location: {}\r\n", other.url("/"));
    let server = Server::start(move |_| answer("303 See Other", &to, "")).await;
    let config = json!({
        "method": "POST", "url": server.url("/"), "body": "text",
        "headers": {"Authorization": "Bearer secret", "X-Api-Key": "secret", "Accept": "a/b"},
    });
    bench.output("http_request", config).await;
    assert!(server.requests()[0].contains("secret"));
    let seen = &other.requests()[0];
    assert!(seen.starts_with("GET / ") && seen.contains("a/b"), "{seen}");
    assert!(!seen.contains("secret") && !seen.contains("text"), "{seen}");
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let bench = Bench::new();
    let server = Server::start(|_| {
        let mut endless = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        endless.resize(12 * 1024 * 1024, b'x');
        endless
    })
    .await;
    let url = server.url("/");
    let failed = bench
        .run("http_request", json!({"method": "GET", "url": url}))
        .await;
    assert_eq!(
        failed,
        permanent(&format!("GET {url}: the answer is larger than 10 MiB"))
    );
}

#[tokio::test]
async fn a_call_that_waits_ends_when_it_is_stopped() {
    let bench = Bench::new();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!(
        "http://127.0.0.1:{}/",
        listener.local_addr().unwrap().port()
    );
    let call = bench.run("http_request", json!({"method": "GET", "url": url}));
    let stop = async {
        let connected = tokio::time::timeout(LIMIT, listener.accept()).await;
        bench.stop.cancel();
        connected.unwrap().unwrap()
    };
    let (ended, _connection) = tokio::join!(call, stop);
    assert_eq!(ended, Err(StepError::Stopped));
}
