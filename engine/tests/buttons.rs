//! Which buttons a page shows pressed, which it can press, and what stands beside the others.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use engine::allowed::{Verdict, verdict};
use engine::progress::Summary;
use engine::workflow::{NewWorkflow, WorkflowRecord};
use engine::{
    Action, JobId, Progress, StepDefinition, TaskId, Timestamp, Workflow, WorkflowDefinition,
    WorkflowId, WorkflowStatus, allowed_actions,
};
use serde_json::Map;

use WorkflowStatus::{Cancelled, Completed, Failed, Paused, Pending, Recovering, Running};

/// What is stored and what is shown of a workflow in this state.
fn standing(status: WorkflowStatus) -> (WorkflowRecord, Summary) {
    let steps = [StepDefinition::new("Only", "noop")];
    let new = NewWorkflow {
        id: WorkflowId(1),
        job_id: JobId(1),
        first_task_id: TaskId(1),
        definition: Arc::new(WorkflowDefinition::new("Buttons", &steps).unwrap()),
        metadata: Map::new(),
        parameters: Map::new(),
    };
    let workflow = Workflow::new(new, Timestamp::default());
    let mut summary = Progress::of(&workflow, Timestamp::default()).summary;
    let mut record = workflow.record().clone();
    (record.status, summary.status) = (status, status);
    (record, summary)
}

/// Why each button is off, in the order start, pause, resume, cancel, recover, delete; nothing when it
/// is on.
fn off(summary: &Summary) -> [Option<String>; 6] {
    let all = allowed_actions(summary);
    let words: Vec<_> = all.iter().map(|(action, _)| action.as_str()).collect();
    let order = ["start", "pause", "resume", "cancel", "recover", "delete"];
    assert_eq!(words, order);
    let off: Vec<_> = all.into_iter().map(|(_, answer)| answer.err()).collect();
    off.try_into().unwrap()
}

#[test]
fn each_button_is_on_or_says_what_is_in_the_way() {
    const ON: &str = "";
    const OVER: &str = "it is over";
    const NOT_OVER: &str = "cancel it first, or wait until it ends";
    for (status, expected) in [
        (
            Pending,
            [
                ON,
                "it has not started",
                "start it instead",
                ON,
                "it has not started",
                ON,
            ],
        ),
        (
            Running,
            [
                "it is already running",
                ON,
                "it is already running",
                ON,
                "it is still going on; wait until it ends, or cancel it",
                NOT_OVER,
            ],
        ),
        (
            Paused,
            [
                ON,
                "it is already paused",
                ON,
                ON,
                "it is not over; resume it or cancel it",
                NOT_OVER,
            ],
        ),
        (
            Recovering,
            [
                "it already runs",
                ON,
                "it is already recovering",
                ON,
                "it is being recovered; wait, pause it or cancel it",
                NOT_OVER,
            ],
        ),
        (Failed, ["recover it instead", OVER, OVER, OVER, ON, ON]),
        (
            Completed,
            [OVER, OVER, OVER, OVER, "everything in it is done", ON],
        ),
        (
            Cancelled,
            [OVER, OVER, OVER, "it is already cancelled", ON, ON],
        ),
    ] {
        let shown = off(&standing(status).1).map(Option::unwrap_or_default);
        assert_eq!(shown, expected, "{status}");
    }
}

#[test]
fn a_button_is_on_exactly_when_its_command_would_change_something() {
    for status in WorkflowStatus::ALL {
        for cancel_requested in [false, true] {
            for used in [0, 3] {
                let (mut record, mut summary) = standing(status);
                record.cancel_requested = cancel_requested;
                summary.cancel_requested = cancel_requested;
                record.recovery_attempts = used;
                summary.recovery_attempts = used;
                for (action, answer) in allowed_actions(&summary) {
                    let goes = verdict(&record, false, &action) == Ok(Verdict::Go);
                    assert_eq!(answer.is_ok(), goes, "{} when {status}", action.as_str());
                }
            }
        }
    }
}

#[test]
fn the_button_to_recover_names_the_first_step_that_is_not_past() {
    let (_, mut summary) = standing(Failed);
    summary.current_step = 4;
    let all = allowed_actions(&summary);
    assert_eq!(all[4].0, Action::recover(4));
    summary.recovery_attempts = 3;
    let [.., recover, _] = off(&summary);
    let spent = "the recovery budget is spent: 3 of 3 recoveries were made; an operator can raise it through the HTTP API (raise-budget)";
    assert_eq!(recover.as_deref(), Some(spent));
}

#[test]
fn while_a_workflow_is_being_cancelled_no_button_is_on_and_in_quarantine_it_can_only_be_deleted() {
    let (_, mut summary) = standing(Running);
    summary.cancel_requested = true;
    let [start, _, _, cancel, _, delete] = off(&summary);
    assert_eq!(cancel.as_deref(), Some("it is already being cancelled"));
    let cancelling = "the workflow is being cancelled; wait until it is";
    assert_eq!(start.as_deref(), Some(cancelling));
    assert_eq!(delete.as_deref(), Some(cancelling));

    summary.progress = 100;
    summary.current_steps = vec![0];
    assert_eq!(summary.quarantine_sentence(), None);
    summary.put_aside("its metadata is no JSON".into());
    assert_eq!(summary.status, Failed);
    assert!(!summary.is_recoverable() && !summary.cancel_requested);
    assert!(summary.progress < 100 && summary.current_steps.is_empty());
    let [others @ .., delete] = off(&summary);
    for why in others {
        assert_eq!(why.as_deref(), Some("it is in quarantine"));
    }
    assert_eq!(delete, None);
    let sentence = summary.quarantine_sentence().unwrap();
    assert!(
        sentence.contains("in quarantine: its metadata is no JSON. "),
        "{sentence}"
    );
    assert!(sentence.contains("job-orchestrator doctor"), "{sentence}");
}
