//! How a stream is kept alive, and when it ends by itself.

use std::time::{Duration, Instant};

use reqwest::Method;

use crate::fixture::{Server, quick, waiting};
use crate::frames::{Frames, ids, stream};

#[tokio::test]
async fn a_quiet_stream_says_that_it_is_alive_as_often_as_is_set() {
    let server = Server::start_set("stream_heartbeat_seconds = 1");
    let api = server.api("editor");
    let id = api.create(&waiting(600.0), false).await;
    let mut frames = Frames::open(stream(&api, id, "")).await;
    frames.until("snapshot").await;
    let quiet = Instant::now();
    for _ in 0..2 {
        let block = frames.block().await.expect("the stream ended");
        assert_eq!(block, ": heartbeat\n\n");
    }
    assert!(
        quiet.elapsed() > Duration::from_millis(1_500),
        "{:?}",
        quiet.elapsed()
    );
    // A comment is no event: the next one has the next number.
    api.verb(id, "start").await.ok();
    assert_eq!(frames.next().await.unwrap().id, 2);
}

#[tokio::test]
async fn a_stream_ends_when_its_time_is_over_and_is_taken_up_again_without_a_gap() {
    let server = Server::start_set("stream_renewal_seconds = 1");
    let api = server.api("editor");
    let id = api.create(&quick(), false).await;
    let opened = Instant::now();
    let mut frames = Frames::open(stream(&api, id, "")).await;
    let last = frames.next().await.unwrap().id;
    assert!(frames.next().await.is_none(), "only a snapshot was due");
    let open_for = opened.elapsed();
    assert!(open_for >= Duration::from_secs(1), "{open_for:?}");
    api.verb(id, "start").await.ok();
    let request = stream(&api, id, "").header("last-event-id", last.to_string());
    let mut again = Frames::open(request).await;
    let rest = ids(&again.until("WorkflowCompleted").await);
    assert_eq!(rest, (2..2 + rest.len() as u64).collect::<Vec<_>>());
}

#[tokio::test]
async fn streams_are_sent_as_they_are_where_other_answers_are_compressed() {
    let server = Server::start();
    let api = server.api("editor");
    let id = api.create(&quick(), false).await;
    let described = api.request(Method::GET, "/openapi.json");
    let response = described.header("accept-encoding", "br").send().await;
    assert_eq!(response.unwrap().headers()["content-encoding"], "br");
    // Opening looks at the headers, among them that there is no encoding.
    let mut frames = Frames::open(stream(&api, id, "")).await;
    assert_eq!(frames.next().await.unwrap().event, "snapshot");
}

#[tokio::test]
async fn many_streams_of_one_workflow_get_the_same_bytes() {
    let server = Server::start();
    let api = server.api("editor");
    let id = api.create(&quick(), false).await;
    let mut streams = Vec::new();
    for after in [0, 1, 1, 0, 1] {
        let query = format!("?after={after}");
        streams.push(Frames::open(stream(&api, id, &query)).await);
    }
    api.verb(id, "start").await.ok();
    let last = api.until(id, "completed").await["events"].as_u64().unwrap();
    let mut told = Vec::new();
    for mut frames in streams {
        let mut blocks = Vec::new();
        loop {
            let block = frames.block().await.expect("the stream ended");
            let from = block.find("id: ").unwrap();
            blocks.push(block[from..].to_owned());
            if block.contains(&format!("id: {last}\n")) {
                break;
            }
        }
        told.push(blocks);
    }
    assert_eq!(told[0].len() as u64, last);
    assert_eq!(told[0], told[3]);
    for shorter in [&told[1], &told[2], &told[4]] {
        assert_eq!(shorter[..], told[0][1..]);
    }
}
