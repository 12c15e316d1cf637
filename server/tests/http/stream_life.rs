//! How a stream is kept alive, and when it ends by itself.

use std::time::{Duration, Instant};

use reqwest::Method;

use crate::fixture::{Server, quick, waiting};
use crate::frames::{Frames, stream};

#[tokio::test]
async fn a_quiet_stream_says_that_it_is_alive_as_often_as_is_set() {
    let server = Server::start_set("stream_heartbeat_seconds = 1");
    let api = server.api("editor");
    let id = api.create(&waiting(600.0), false).await;
    // Before the server begins to count: a reader that is slow only sees it last longer.
    let begun = Instant::now();
    let mut frames = Frames::open(stream(&api, id, "")).await;
    frames.until("snapshot").await;
    for beat in 1..=2 {
        let block = frames.block().await.expect("the stream ended");
        assert_eq!(block, ": heartbeat\n\n");
        let took = begun.elapsed();
        assert!(took >= Duration::from_secs(beat), "{beat}: {took:?}");
    }
    // A comment is no event: the next one has the next number.
    api.verb(id, "start").await.ok();
    assert_eq!(frames.next().await.unwrap().id, 2);
}

#[tokio::test]
async fn a_stream_ends_when_its_time_is_over_and_is_taken_up_again_without_a_gap() {
    let server = Server::start_set("stream_renewal_seconds = 1");
    let api = server.api("editor");
    let id = api.create(&quick(), false).await;
    // On a busy machine its time may be over before it has said anything.
    let last = loop {
        let opened = Instant::now();
        let mut frames = Frames::open(stream(&api, id, "")).await;
        let told = told_until_it_ends(&mut frames).await;
        let open_for = opened.elapsed();
        assert!(open_for >= Duration::from_secs(1), "{open_for:?}");
        if let [snapshot] = told[..] {
            break snapshot;
        }
        assert!(told.is_empty(), "only a snapshot was due: {told:?}");
    };
    api.verb(id, "start").await.ok();
    let end = api.until(id, "completed").await["events"].as_u64().unwrap();
    let mut told = vec![last];
    while told[told.len() - 1] < end {
        let last = told[told.len() - 1].to_string();
        let request = stream(&api, id, "").header("last-event-id", last);
        told.extend(told_until_it_ends(&mut Frames::open(request).await).await);
    }
    assert_eq!(told, (1..=end).collect::<Vec<_>>());
}

/// The numbers of the frames that come before a stream ends.
async fn told_until_it_ends(frames: &mut Frames) -> Vec<u64> {
    let mut told = Vec::new();
    while let Some(frame) = frames.next().await {
        told.push(frame.id);
    }
    told
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
