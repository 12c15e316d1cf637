//! How many streams there may be.

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, StatusCode};

use crate::fixture::{PATIENCE, Server, ask, quick};
use crate::frames::{Frames, stream};

/// Opens so many, the oldest first, and waits until each has begun.
async fn open(many: usize, request: impl Fn() -> RequestBuilder) -> Vec<Frames> {
    let mut streams = Vec::new();
    for _ in 0..many {
        let mut frames = Frames::open(request()).await;
        frames.until("snapshot").await;
        streams.push(frames);
    }
    streams
}

/// The stream has to say that it was one too many, and then to end.
async fn assert_crowded(frames: &mut Frames, last: u64) {
    let frame = frames.next().await.expect("it ended without a word");
    assert_eq!((frame.event.as_str(), frame.id), ("crowded", last));
    assert!(frames.next().await.is_none(), "it went on");
}

#[tokio::test]
async fn a_fifth_stream_of_a_browser_ends_its_oldest_with_the_reason() {
    let server = Server::start();
    let api = server.api("editor");
    let id = api.create(&quick(), false).await;
    server.user("ada", "viewer", "correct horse");
    server.user("bob", "viewer", "battery staple");
    let ada = server.sign_in("ada", "correct+horse").await;
    let bob = server.sign_in("bob", "battery+staple").await;
    let path = format!("/events/workflows/{id}");
    let by = |cookie: &str| server.request(Method::GET, &path).header("cookie", cookie);
    let mut others = open(1, || by(&bob)).await;
    let mut programs = open(5, || stream(&api, id, "")).await;
    let mut streams = open(5, || by(&ada)).await;
    assert_crowded(&mut streams[0], 1).await;
    let sixth = open(1, || by(&ada)).await;
    assert_crowded(&mut streams[1], 1).await;
    api.verb(id, "start").await.ok();
    let rest = streams.drain(2..).chain(sixth);
    let rest = rest.chain(others.drain(..)).chain(programs.drain(..));
    let mut alive = 0;
    for mut frames in rest {
        let told = frames.until("WorkflowCompleted").await;
        assert_eq!(told[0].event, "WorkflowStarted");
        alive += 1;
    }
    assert_eq!(alive, 10);
}

#[tokio::test]
async fn the_33rd_stream_of_a_token_ends_its_oldest_and_that_can_be_taken_up_again() {
    let server = Server::start();
    let api = server.api("editor");
    let id = api.create(&quick(), false).await;
    let mut streams = open(33, || stream(&api, id, "")).await;
    assert_crowded(&mut streams[0], 1).await;
    drop(streams);
    api.verb(id, "start").await.ok();
    let request = stream(&api, id, "").header("last-event-id", "1");
    let next = Frames::open(request).await.next().await.unwrap();
    assert_eq!((next.event.as_str(), next.id), ("WorkflowStarted", 2));
}

#[tokio::test]
async fn a_server_that_holds_as_many_streams_as_it_may_says_when_to_come_back() {
    let server = Server::start_set("streams_per_server = 3");
    let (api, other) = (server.api("editor"), server.api("viewer"));
    let id = api.create(&quick(), false).await;
    let mut streams = open(3, || stream(&api, id, "")).await;
    let refused = ask(stream(&other, id, "")).await;
    refused.problem(503);
    assert_eq!(refused.header("retry-after"), "5");
    // Everything else is answered as ever.
    api.get(&format!("/workflows/{id}")).await.ok();
    streams.pop();
    let begun = Instant::now();
    loop {
        let response = stream(&other, id, "").send().await.unwrap();
        if response.status() == StatusCode::OK {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "the place is never free again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
