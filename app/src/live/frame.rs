//! What comes over the stream, and what becomes of it.

use engine::orchestrator::LogLine;
use engine::{EventRecord, Progress, StepIndex};
use serde::Deserialize;

/// What a frame did to the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folded {
    /// The page shows something new.
    Changed,
    /// Everything in it was known already.
    Known,
    /// Something is missing: a snapshot is needed.
    Hole,
}

/// The name of the frame that holds the whole progress.
pub const SNAPSHOT: &str = "snapshot";
/// The name of the frame that says that the number asked for is not kept any more.
pub const RESET: &str = "reset";
/// The name of the last frame of a stream that made room for another tab's. The page closes it
/// at once: opened again it would only push another tab out.
#[cfg_attr(
    not(feature = "hydrate"),
    expect(dead_code, reason = "heard in browsers only")
)]
pub const CROWDED: &str = "crowded";

/// The name of the last frame of a workflow that was deleted.
#[cfg_attr(
    not(feature = "hydrate"),
    expect(dead_code, reason = "heard in browsers only")
)]
pub const GONE: &str = "gone";

/// The name of the frame that holds lines of a step's log.
#[cfg_attr(
    not(feature = "hydrate"),
    expect(dead_code, reason = "heard in browsers only")
)]
pub const LOG: &str = "log";

/// Lines of a step's log.
#[derive(Debug, PartialEq, Deserialize)]
pub struct Lines {
    /// The step.
    pub task: StepIndex,
    /// The lines, in order.
    pub lines: Vec<LogLine>,
}

/// Reads a frame with lines; nothing when this page does not understand it.
#[must_use]
pub fn read_lines(data: &str) -> Option<Lines> {
    serde_json::from_str(data).ok()
}

#[derive(Deserialize)]
struct Snapshot {
    progress: Progress,
}

/// A frame, read.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// The whole progress.
    Snapshot(Box<Progress>),
    /// One event.
    Event(EventRecord),
    /// Something else than this page understands.
    Unreadable,
}

/// Reads the frame `kind` with its JSON; nothing when there is nothing to fold.
#[must_use]
pub fn read(kind: &str, data: &str) -> Option<Frame> {
    let frame = match kind {
        // The snapshot follows by itself.
        RESET => return None,
        SNAPSHOT => serde_json::from_str::<Snapshot>(data)
            .map(|snapshot| Frame::Snapshot(Box::new(snapshot.progress))),
        _ => serde_json::from_str(data).map(Frame::Event),
    };
    Some(frame.unwrap_or(Frame::Unreadable))
}

/// Folds frames into `progress`, in their order. What cannot be read counts as missing.
pub fn fold(progress: &mut Progress, frames: impl IntoIterator<Item = Frame>) -> Folded {
    let mut folded = Folded::Known;
    let mut events = Vec::new();
    for frame in frames {
        match frame {
            Frame::Event(record) => events.push(record),
            Frame::Snapshot(found) => {
                folded = folded.and(fold_events(progress, &mut events));
                // One that is older than the page comes late: events overtook it.
                if let Some(found) = found.instead_of(progress) {
                    *progress = found;
                    folded = Folded::Changed;
                }
            }
            Frame::Unreadable => {
                folded = folded
                    .and(fold_events(progress, &mut events))
                    .and(Folded::Hole);
            }
        }
    }
    folded.and(fold_events(progress, &mut events))
}

fn fold_events(progress: &mut Progress, events: &mut Vec<EventRecord>) -> Folded {
    let before = progress.summary.events;
    let answer = progress.apply_all(&*events);
    events.clear();
    match answer {
        Err(_) => Folded::Hole,
        Ok(()) if progress.summary.events > before => Folded::Changed,
        Ok(()) => Folded::Known,
    }
}

impl Folded {
    /// What this and something after it did together.
    const fn and(self, later: Self) -> Self {
        match (self, later) {
            (Self::Hole, _) | (_, Self::Hole) => Self::Hole,
            (Self::Changed, _) | (_, Self::Changed) => Self::Changed,
            (Self::Known, Self::Known) => Self::Known,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use engine::workflow::NewWorkflow;
    use engine::{
        Event, JobId, StepDefinition, TaskId, TaskStatus, Timestamp, Workflow, WorkflowDefinition,
        WorkflowId,
    };

    use super::*;

    fn progress() -> Progress {
        let steps = [StepDefinition::new("Download", "anything")];
        let definition = WorkflowDefinition::new("Build", &steps).unwrap();
        let now = Timestamp::from_micros(0);
        let new = NewWorkflow {
            id: WorkflowId(1),
            job_id: JobId(1),
            first_task_id: TaskId(1),
            definition: Arc::new(definition),
            metadata: serde_json::Map::new(),
            parameters: serde_json::Map::new(),
        };
        Progress::of(&Workflow::new(new, now), now)
    }

    fn event(seq: u64, event: Event) -> String {
        let record = EventRecord {
            seq,
            at: Timestamp::from_micros(1),
            actor: None,
            actor_kind: None,
            reason: None,
            command_id: None,
            event,
        };
        serde_json::to_string(&record).unwrap()
    }

    fn fold_one(progress: &mut Progress, kind: &str, data: &str) -> Folded {
        fold(progress, read(kind, data))
    }

    #[test]
    fn an_event_is_folded_once_however_often_it_comes() {
        let mut progress = progress();
        let started = event(1, Event::WorkflowStarted);
        assert_eq!(
            fold_one(&mut progress, "WorkflowStarted", &started),
            Folded::Changed
        );
        assert_eq!(
            fold_one(&mut progress, "WorkflowStarted", &started),
            Folded::Known
        );
        assert_eq!(progress.summary.events, 1);
    }

    #[test]
    fn a_missing_event_asks_for_a_snapshot_and_the_snapshot_mends_it() {
        let mut shown = progress();
        let queued = event(2, Event::TaskQueued { task: 0 });
        assert_eq!(fold_one(&mut shown, "TaskQueued", &queued), Folded::Hole);
        assert_eq!(shown.tasks[0].status, TaskStatus::Pending);

        let mut ahead = progress();
        fold_one(
            &mut ahead,
            "WorkflowStarted",
            &event(1, Event::WorkflowStarted),
        );
        fold_one(&mut ahead, "TaskQueued", &queued);
        let snapshot = serde_json::json!({ "seq": 2, "progress": ahead }).to_string();
        assert_eq!(fold_one(&mut shown, SNAPSHOT, &snapshot), Folded::Changed);
        assert_eq!(shown, ahead);
    }

    #[test]
    fn a_late_snapshot_does_not_turn_the_page_back() {
        let mut shown = progress();
        let old = serde_json::json!({ "progress": shown }).to_string();
        fold_one(
            &mut shown,
            "WorkflowStarted",
            &event(1, Event::WorkflowStarted),
        );
        assert_eq!(fold_one(&mut shown, SNAPSHOT, &old), Folded::Known);
        assert_eq!(shown.summary.events, 1);
    }
    #[test]
    fn frames_that_come_together_give_what_they_give_one_by_one() {
        let frames = [
            ("WorkflowStarted", event(1, Event::WorkflowStarted)),
            ("TaskQueued", event(2, Event::TaskQueued { task: 0 })),
            (
                "WorkflowPaused",
                event(4, Event::WorkflowPaused { interrupt: false }),
            ),
        ];
        let read_all = |frames: &[(&str, String)]| -> Vec<Frame> {
            let read = frames.iter().map(|(kind, data)| read(kind, data));
            read.flatten().collect()
        };
        let (mut together, mut one_by_one) = (progress(), progress());
        let folded = fold(&mut together, read_all(&frames[..2]));
        assert_eq!(folded, Folded::Changed);
        for (kind, data) in &frames[..2] {
            fold_one(&mut one_by_one, kind, data);
        }
        assert_eq!(together, one_by_one);

        // A hole among them keeps what stood before it, and a snapshot behind it mends it.
        let mut shown = progress();
        assert_eq!(fold(&mut shown, read_all(&frames)), Folded::Hole);
        assert_eq!(shown, together);
        let snapshot = serde_json::json!({ "progress": together }).to_string();
        let mut all = read_all(&frames);
        all.extend(read(SNAPSHOT, &snapshot));
        let mut shown = progress();
        assert_eq!(fold(&mut shown, all), Folded::Changed);
        assert_eq!(shown, together);
    }

    #[test]
    fn lines_of_a_log_are_read_with_their_numbers() {
        let line = r#"{"number":7,"at":"2026-01-01T00:00:00Z","attempt":2,"stream":"stdout","text":"seven"}"#;
        let read = read_lines(&format!(r#"{{"kind":"log","task":1,"lines":[{line}]}}"#)).unwrap();
        assert_eq!((read.task, read.lines.len()), (1, 1));
        assert_eq!(
            (read.lines[0].number, read.lines[0].text.as_str()),
            (7, "seven")
        );
        assert_eq!(read_lines(r#"{"kind":"log"}"#), None);
    }

    #[test]
    fn nothing_that_happened_once_hides_a_quarantine() {
        let mut page = progress();
        let aside = || {
            let mut aside = progress();
            aside.summary.quarantine = Some("a row cannot be read".into());
            aside.summary.events = 0;
            aside
        };
        page.summary.events = 3;
        // Its number could not be read either.
        let frames = [Frame::Snapshot(Box::new(aside()))];
        assert_eq!(fold(&mut page, frames), Folded::Changed);
        assert!(page.summary.quarantine.is_some());
        let status = page.summary.status;
        let event = |seq| EventRecord {
            seq,
            at: Timestamp::from_micros(0),
            command_id: None,
            actor: None,
            actor_kind: None,
            reason: None,
            event: Event::WorkflowCompleted,
        };
        fold(&mut page, [1, 2, 3, 9].map(|seq| Frame::Event(event(seq))));
        assert_eq!(page.summary.status, status);
        assert_eq!(page.summary.events, 9);
    }
}
