//! Reads event streams.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;

use crate::contract;
use crate::fixture::{Api, PATIENCE};

/// Longer than any test.
const WHOLE_STREAM: Duration = Duration::from_secs(24 * 60 * 60);

/// A stream that is being read.
pub struct Frames {
    response: Response,
    buffer: String,
}

/// A frame that may have no `id`: its `id`, `event` and data.
pub type Bare = (Option<u64>, String, Value);

/// One frame.
#[derive(Debug)]
pub struct Frame {
    pub id: u64,
    pub event: String,
    pub data: Value,
    pub retry: Option<String>,
}

impl Frames {
    pub async fn open(request: RequestBuilder) -> Self {
        let request = request.header("accept-encoding", "gzip, deflate, br, zstd");
        let (client, request) = request.build_split();
        let mut request = request.unwrap();
        contract::check_stream(&request);
        // An answer has its time from its first byte to its last; of a stream each piece has.
        *request.timeout_mut() = Some(WHOLE_STREAM);
        let response = tokio::time::timeout(PATIENCE, client.execute(request)).await;
        let response = response.expect("no answer came").unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/event-stream");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-accel-buffering"), "no");
        assert!(!response.headers().contains_key("content-encoding"));
        Self {
            response,
            buffer: String::new(),
        }
    }

    /// The next frame; none when the stream ends.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            let block = self.block().await?;
            if !block.starts_with(':') {
                return Some(read(&block));
            }
        }
    }

    /// The next frame, which may have no `id` and any data.
    pub async fn next_bare(&mut self) -> Bare {
        loop {
            let block = self.block().await.expect("the stream ended");
            if !block.starts_with(':') {
                return read_bare(&block);
            }
        }
    }

    /// The next block, which may be a comment; none when the stream ends.
    pub async fn block(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.buffer.find("\n\n") {
                return Some(self.buffer.drain(..end + 2).collect());
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk());
            let chunk = chunk.await.expect("nothing came");
            // Only the server ends a stream: a connection that breaks is another matter.
            let chunk = chunk.expect("the connection broke")?;
            self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// Frames up to one of this kind.
    pub async fn until(&mut self, kind: &str) -> Vec<Frame> {
        let mut frames = Vec::new();
        loop {
            frames.push(self.next().await.expect("the stream ended"));
            if frames.last().unwrap().event == kind {
                return frames;
            }
        }
    }
}

/// The fields of a block of a stream.
fn read_bare(block: &str) -> Bare {
    let field = |name: &str| {
        let mut lines = block.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(field, _)| *field == name)
            .map(|(_, value)| value)
    };
    let id = field("id").map(|id| id.parse().unwrap());
    let data = serde_json::from_str(field("data").unwrap()).unwrap();
    (id, field("event").unwrap().to_owned(), data)
}

fn read(text: &str) -> Frame {
    let field = |name: &str| {
        let lines = text.lines().filter_map(|line| line.split_once(": "));
        let found = lines
            .filter(|(field, _)| *field == name)
            .map(|(_, value)| value.to_owned());
        found.collect::<Vec<_>>()
    };
    let data: Value = serde_json::from_str(&field("data").concat()).unwrap();
    contract::check_frame(&data);
    let frame = Frame {
        id: field("id")[0].parse().unwrap(),
        event: field("event").remove(0),
        data,
        retry: field("retry").into_iter().next(),
    };
    assert_eq!(frame.data["seq"], frame.id, "{frame:?}");
    assert_eq!(frame.data["kind"], frame.event, "{frame:?}");
    assert!(frame.data["at"].as_str().unwrap().ends_with('Z'));
    frame
}

pub fn stream(api: &Api<'_>, id: i64, query: &str) -> RequestBuilder {
    api.request(Method::GET, &format!("/workflows/{id}/events{query}"))
}

pub fn ids(frames: &[Frame]) -> Vec<u64> {
    frames.iter().map(|frame| frame.id).collect()
}
