//! A cancel against the last success: whichever is committed first decides, and nothing is between
//! the two.

use serde_json::json;

use crate::event_table::count;
use crate::race::{self, Race};

/// Says whether the success came first.
async fn round(race: &Race<'_>, number: usize) -> (i64, bool) {
    let (api, door) = (&race.api, format!("door-{number}"));
    let definition = json!({"name": "Last", "steps": [race.gate.step(&door, &[])]});
    let id = api.create(&definition, true).await;
    race.gate.until_called(&door).await;
    let answer = race.of(&door, api.verb(id, "cancel")).await;
    if answer.status.is_success() {
        api.until(id, "cancelled").await;
        return (id, false);
    }
    let refused = answer.problem(409);
    assert_eq!(
        (&refused["state"], &refused["trigger"]),
        (&json!("completed"), &json!("cancel"))
    );
    api.until(id, "completed").await;
    (id, true)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_and_the_last_success_end_as_whichever_came_first_says() {
    let ended = race::rounds("cancels against the last success", round).await;
    for one in ended {
        let events = &one.events;
        let asked = count(events, "CancelRequested");
        let completed = count(events, "WorkflowCompleted");
        let cancelled = count(events, "WorkflowCancelled");
        let expected = if one.step_first { (0, 1, 0) } else { (1, 0, 1) };
        assert_eq!((asked, completed, cancelled), expected, "{events:#?}");
        // A step that really finished is completed, whatever was decided about its workflow.
        let task = (
            count(events, "TaskCompleted"),
            count(events, "TaskCancelled"),
        );
        let is_stopped = !one.step_first && task == (0, 1);
        assert!(task == (1, 0) || is_stopped, "{events:#?}");
        let shown = if is_stopped { "cancelled" } else { "completed" };
        assert_eq!(one.progress["tasks"][0]["status"], shown, "{events:#?}");
    }
}
