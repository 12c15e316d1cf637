//! The frames of a stream: `id` and `event` say the same as `seq` and `kind` in the data.

use std::time::Duration;

use axum::response::sse::Event as Frame;
use engine::{EventRecord, Progress, Seq};
use serde_json::{Value, json};

use crate::moment::now;

/// How long a client waits before it connects again.
const RETRY: Duration = Duration::from_millis(2000);

/// The whole progress, after every event up to its number.
pub fn snapshot(progress: &Progress) -> Frame {
    let seq = progress.summary.events;
    let data = json!({"seq": seq, "at": now(), "kind": "snapshot", "progress": progress});
    of(seq, "snapshot", &data)
}

/// Says that what the client has is of no use: its number was `after`, the last one is `seq`.
pub fn reset(seq: Seq, after: Seq) -> Frame {
    let data = json!({"seq": seq, "at": now(), "kind": "reset", "after": after});
    of(seq, "reset", &data)
}

/// One event.
pub fn event(record: &EventRecord) -> Frame {
    // Numbers, texts and JSON values always have a JSON form.
    let data = serde_json::to_value(record).unwrap_or_default();
    of(record.seq, record.event.kind(), &data)
}

/// The same frame, telling the client how long to wait before it connects again.
pub fn with_retry(frame: Frame) -> Frame {
    frame.retry(RETRY)
}

fn of(seq: Seq, kind: &str, data: &Value) -> Frame {
    Frame::default()
        .id(seq.to_string())
        .event(kind)
        .data(data.to_string())
}
