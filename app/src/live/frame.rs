//! What comes over the stream, and what becomes of it.

use engine::{EventRecord, Progress};
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

#[derive(Deserialize)]
struct Snapshot {
    progress: Progress,
}

/// Folds the frame `kind` with its JSON into `progress`. What cannot be read counts as missing.
pub fn fold(progress: &mut Progress, kind: &str, data: &str) -> Folded {
    match kind {
        // The snapshot follows by itself.
        RESET => Folded::Known,
        SNAPSHOT => match serde_json::from_str::<Snapshot>(data) {
            // One that is older than the page comes late: events overtook it.
            Ok(found) if found.progress.summary.events < progress.summary.events => Folded::Known,
            Ok(found) => {
                *progress = found.progress;
                Folded::Changed
            }
            Err(_) => Folded::Hole,
        },
        _ => match serde_json::from_str::<EventRecord>(data) {
            Ok(record) if record.seq <= progress.summary.events => Folded::Known,
            Ok(record) => match progress.apply(&record) {
                Ok(()) => Folded::Changed,
                Err(_) => Folded::Hole,
            },
            Err(_) => Folded::Hole,
        },
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
            reason: None,
            command_id: None,
            event,
        };
        serde_json::to_string(&record).unwrap()
    }

    #[test]
    fn an_event_is_folded_once_however_often_it_comes() {
        let mut progress = progress();
        let started = event(1, Event::WorkflowStarted);
        assert_eq!(
            fold(&mut progress, "WorkflowStarted", &started),
            Folded::Changed
        );
        assert_eq!(
            fold(&mut progress, "WorkflowStarted", &started),
            Folded::Known
        );
        assert_eq!(progress.summary.events, 1);
    }

    #[test]
    fn a_missing_event_asks_for_a_snapshot_and_the_snapshot_mends_it() {
        let mut shown = progress();
        let queued = event(2, Event::TaskQueued { task: 0 });
        assert_eq!(fold(&mut shown, "TaskQueued", &queued), Folded::Hole);
        assert_eq!(shown.tasks[0].status, TaskStatus::Pending);

        let mut ahead = progress();
        fold(
            &mut ahead,
            "WorkflowStarted",
            &event(1, Event::WorkflowStarted),
        );
        fold(&mut ahead, "TaskQueued", &queued);
        let snapshot = serde_json::json!({ "seq": 2, "progress": ahead }).to_string();
        assert_eq!(fold(&mut shown, SNAPSHOT, &snapshot), Folded::Changed);
        assert_eq!(shown, ahead);
    }

    #[test]
    fn a_late_snapshot_does_not_turn_the_page_back() {
        let mut shown = progress();
        let old = serde_json::json!({ "progress": shown }).to_string();
        fold(
            &mut shown,
            "WorkflowStarted",
            &event(1, Event::WorkflowStarted),
        );
        assert_eq!(fold(&mut shown, SNAPSHOT, &old), Folded::Known);
        assert_eq!(shown.summary.events, 1);
    }
}
