//! The frames of a stream: `id` and `event` say the same as `seq` and `kind` in the data.

use std::ops::Range;
use std::time::Duration;

use axum::body::Bytes;
use engine::obeyed::in_json;
use engine::orchestrator::LogLine;
use engine::{EventRecord, Progress, Seq, StepIndex, WorkflowId};
use serde_json::{Value, json};

use crate::moment::now;

/// The frame that holds the whole progress.
pub const SNAPSHOT: &str = "snapshot";
/// The frame that says that what the client has is of no use.
pub const RESET: &str = "reset";
/// The last frame of a stream that had to make room for another of the same caller.
pub const CROWDED: &str = "crowded";
/// The last frame of a stream whose workflow was deleted.
pub const GONE: &str = "gone";

/// The frame that names a workflow which moved.
pub const HINT: &str = "hint";
/// The frame that holds lines of a step's log in the stream of its workflow.
pub const LOG: &str = "log";
/// The frame that holds a line of a log.
const LINE: &str = "line";

/// What a quiet stream says: a comment, which clients ignore.
pub const HEARTBEAT: Bytes = Bytes::from_static(b": heartbeat\n\n");

/// How long a client waits before it connects again, in milliseconds; spread, so that those who
/// lost the server do not come back all at once.
const RETRY: Range<u64> = 2_000..3_000;
/// The same for one whose stream was ended because memory is short.
const SHED_RETRY: Range<u64> = 15_000..30_000;

/// A frame as it is sent. The copies for several streams share the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The number of the last event that the client knows with it.
    pub seq: Seq,
    /// What is sent.
    pub bytes: Bytes,
}

/// The whole progress, after every event up to its number.
pub fn snapshot(progress: &Progress) -> Frame {
    let seq = progress.summary.events;
    let data = json!({"seq": seq, "at": now(), "kind": SNAPSHOT, "progress": progress});
    of(seq, SNAPSHOT, &data)
}

/// Says that what the client has is of no use: its number was `after`, the last one is `seq`.
pub fn reset(seq: Seq, after: Seq) -> Frame {
    let data = json!({"seq": seq, "at": now(), "kind": RESET, "after": after});
    of(seq, RESET, &data)
}

/// Says that the stream ends after event `seq`, because its reader opened too many others since.
pub fn crowded(seq: Seq) -> Frame {
    let data = json!({"seq": seq, "at": now(), "kind": CROWDED});
    of(seq, CROWDED, &data)
}

/// Says that the stream ends after event `seq`, because the workflow was deleted.
pub fn gone(seq: Seq) -> Frame {
    let data = json!({"seq": seq, "at": now(), "kind": GONE});
    of(seq, GONE, &data)
}

/// What begins the stream of a list: the newest of the workflows that are active, each with the number of
/// its last event. Frames of that stream have no `id`: none of them is needed again.
pub fn list_snapshot(active: &[(WorkflowId, Seq)]) -> Bytes {
    let named = active.iter();
    let named = named.map(|(id, rev)| json!({"workflow_id": id, "rev": rev}));
    let named: Vec<_> = named.collect();
    unnumbered(
        SNAPSHOT,
        &json!({"at": now(), "kind": SNAPSHOT, "workflows": named}),
    )
}

/// Says that the last event of a workflow has this number.
pub fn hint(id: WorkflowId, rev: Seq) -> Bytes {
    unnumbered(HINT, &json!({"kind": HINT, "workflow_id": id, "rev": rev}))
}

/// Says that the stream of a list ends, because its reader opened too many others since.
pub fn list_crowded() -> Bytes {
    unnumbered(CROWDED, &json!({"at": now(), "kind": CROWDED}))
}

/// One line of a log; its number is the `id`.
pub fn line(line: &LogLine) -> Bytes {
    let data = serde_json::to_value(line).unwrap_or_default();
    of(line.number, LINE, &data).bytes
}

/// Lines of a step's log, for a client that knows event `seq`. There is no `id`, so that what a client names
/// when it comes back stays the number of an event.
pub fn log(seq: Seq, task: StepIndex, lines: &[LogLine]) -> Frame {
    let data = json!({"kind": LOG, "task": task, "lines": lines});
    Frame {
        seq,
        bytes: unnumbered(LOG, &data),
    }
}

/// The last words of a stream that ends because the server is short of memory: a comment, and when
/// to come back.
pub fn shed() -> Bytes {
    let retry = retry(SHED_RETRY).as_millis();
    format!(": the server is short of memory\nretry: {retry}\n\n").into()
}

/// One event.
pub fn event(record: &EventRecord) -> Frame {
    // Numbers, texts and JSON values always have a JSON form.
    let data = serde_json::to_value(record).unwrap_or_default();
    of(record.seq, record.event.kind(), &data)
}

/// The same bytes, telling the client before them how long to wait until it connects again.
pub fn with_retry(bytes: &Bytes) -> Bytes {
    let retry = format!("retry: {}\n", retry(RETRY).as_millis());
    [retry.as_bytes(), bytes].concat().into()
}

fn retry(within: Range<u64>) -> Duration {
    let most = within.end - within.start;
    // Without randomness they all wait equally long.
    let spread = getrandom::u32().map_or(0, |number| u64::from(number) % most);
    Duration::from_millis(within.start + spread)
}

fn of(seq: Seq, kind: &str, data: &Value) -> Frame {
    let id = format!("id: {seq}\n");
    Frame {
        seq,
        bytes: [id.as_bytes(), &unnumbered(kind, data)].concat().into(),
    }
}

fn unnumbered(kind: &str, data: &Value) -> Bytes {
    // JSON on one line: the line ends of texts in it are escaped.
    let data = in_json(data.to_string());
    format!("event: {kind}\ndata: {data}\n\n").into()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_wait_before_the_next_connection_is_two_to_three_seconds_and_not_the_same_for_all() {
        let waits: HashSet<_> = (0..200).map(|_| retry(RETRY)).collect();
        assert!(waits.len() > 20, "{}", waits.len());
        let bounds = Duration::from_millis(2_000)..Duration::from_millis(3_000);
        assert!(waits.iter().all(|wait| bounds.contains(wait)));
    }

    #[test]
    fn a_frame_is_one_block_whatever_its_texts_are() {
        let data = json!({"text": "a\n\nb\r\nid: 7\u{2028}\0"});
        let frame = of(3, "kind", &data);
        let text = std::str::from_utf8(&frame.bytes).unwrap();
        assert_eq!(text.matches('\n').count(), 4);
        assert!(!text.contains(['\r', '\0']));
        assert!(text.starts_with("id: 3\nevent: kind\ndata: {") && text.ends_with("}\n\n"));
        let first = with_retry(&frame.bytes);
        assert!(first.starts_with(b"retry: 2") && first.ends_with(&frame.bytes));
    }
}
