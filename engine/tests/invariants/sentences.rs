//! What is found is told in a sentence that names the step, what was seen and what belongs there.

use std::sync::Arc;
use std::time::Duration;

use engine::invariant::{Finding, History, Look, at_rest, of_change, shown};
use engine::workflow::{TaskRecord, WorkflowRecord};
use engine::{
    Action, AttemptOutcome, Command, Event, EventRecord, FailureKind, JobId, Progress, SkipReason,
    TaskId, TaskStatus, Timestamp, WorkflowId, WorkflowStatus,
};
use serde_json::json;

use crate::life::{Life, new, number_anew, step};

type RowChange = fn(&mut WorkflowRecord, &mut [TaskRecord]);

fn sentences(found: &[Finding]) -> Vec<String> {
    found.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn says(found: &[Finding], sentence: &str) {
    let told = sentences(found);
    assert!(
        told.iter().any(|one| one == sentence),
        "{sentence:?} is not in {told:#?}"
    );
}

/// Two steps in a row, the first under way.
fn running() -> Life {
    let mut life = Life::started();
    life.go(&Command::StartTask { task: 0 });
    life
}

#[test]
fn a_workflows_row_that_cannot_be_is_told_with_what_it_says() {
    let running: [(RowChange, &str); 5] = [
        (
            |w, _| w.id = WorkflowId(0),
            "rows: its number or its job's cannot be: [0, 1]",
        ),
        (
            |w, _| w.job_id = JobId(i64::MAX),
            "rows: its number or its job's cannot be: [1, 9223372036854775807]",
        ),
        (
            |w, _| {
                w.status = WorkflowStatus::Recovering;
                w.recovering_from = Some(99);
            },
            "rows: it is recovering and recovering from Some(99)",
        ),
        (
            |w, _| w.paused_at = Some(Timestamp::from_micros(0)),
            "rows: it is running and paused at Some(Timestamp(0))",
        ),
        (
            |w, t| {
                w.cancel_requested = true;
                for task in t {
                    task.status = TaskStatus::Cancelled;
                }
            },
            "I19: it is being cancelled and nothing of it is alive",
        ),
    ];
    let life = Life::started();
    for (change, sentence) in running {
        says(&at_rest(&life.with(change)), sentence);
    }
    let over = Life::completed();
    let asked = over.with(|w, _| w.cancel_requested = true);
    let sentence = "rows: it is completed and somebody still asks to cancel it";
    says(&at_rest(&asked), sentence);
    let alive = over.with(|_, t| t[1].superseded = Some(1));
    let sentence = "I4: it is completed and an attempt of it is alive";
    says(&of_change(&alive, &[]), sentence);
}

#[test]
fn a_tasks_row_that_cannot_be_is_told_with_what_it_says() {
    let changes: [(RowChange, &str); 11] = [
        (
            |_, t| t[1].id = TaskId(0),
            "rows: step 1: its number cannot be 0",
        ),
        (
            |_, t| t[1].superseded = Some(3),
            "rows: step 1: attempt 3 was superseded and 0 is the last",
        ),
        (
            |_, t| t[1].waiting = true,
            "rows: step 1: it waits for a moment and is pending",
        ),
        (
            |_, t| t[0].attempt = 0,
            "rows: step 0: it runs and no attempt of it ever started",
        ),
        (
            |_, t| t[1].due_at = Some(Timestamp::from_micros(7)),
            "rows: step 1: it is pending and due at Some(Timestamp(7))",
        ),
        (
            |_, t| t[1].skip_reason = Some(SkipReason::Operator),
            "rows: step 1: it is pending and skipped because Some(Operator)",
        ),
        (
            |_, t| t[0].output = Some(Arc::new(json!(1))),
            "rows: step 0: it is running and has output",
        ),
        (
            |_, t| t[0].status = TaskStatus::Failed,
            "rows: step 0: it is failed and nothing says why",
        ),
        (
            |_, t| t[0].redo = 1,
            "rows: step 0: attempt 1, generation 0 and redo 1 cannot be",
        ),
        (
            |_, t| t[0].superseded = Some(1),
            "I5: step 0: it runs while attempt Some(1) is alive",
        ),
        (
            |_, t| {
                t[2].status = TaskStatus::Skipped;
                t[2].skip_reason = Some(SkipReason::Stopped);
            },
            "I13: step 2: it was skipped (Some(Stopped)) before the workflow failed",
        ),
    ];
    let life = running();
    for (change, sentence) in changes {
        says(&at_rest(&life.with(change)), sentence);
    }
}

#[test]
fn what_is_shown_with_counts_that_do_not_go_together_is_told() {
    let life = Life::completed();
    let mut summary = Progress::of(&life.workflow, life.now).summary;
    summary.failed_tasks = 1;
    let sentence = "I15: completed, failed and running are (2, 1, 0), counted (2, 0, 0)";
    says(&shown(&summary), sentence);
}

#[test]
fn a_change_about_an_attempt_or_a_step_that_never_was_is_told() {
    let life = running();
    let last = life.events[life.events.len() - 1..].to_vec();
    let changed = |event: Event| {
        let mut events = last.clone();
        events[0].event = event;
        of_change(&life.workflow, &events)
    };
    let later = changed(Event::TaskStarted {
        task: 0,
        attempt: 7,
    });
    says(
        &later,
        "I2: step 0: TaskStarted of attempt 7, and 1 is the last",
    );
    let nowhere = changed(Event::TaskStarted {
        task: 99,
        attempt: 1,
    });
    says(
        &nowhere,
        "I2: step 99: TaskStarted of attempt 1, and 0 is the last",
    );
}

#[test]
fn looks_at_two_workflows_are_not_taken_for_two_looks_at_one() {
    let (one, other) = (Life::started(), Life::of(&[step("Only", &[])]));
    let found = Look::at(&one.workflow).grown_to(&Look::at(&other.workflow));
    says(&found, "I10: it had 3 tasks and has 1");
}

/// All that is found while the events are followed, and the history after them.
fn followed(life: &Life, events: &[EventRecord]) -> (Vec<Finding>, History) {
    let history = History::new(new(life.workflow.definition()), events[0].at);
    let mut history = history.on_a_true_clock();
    let found = events.iter().flat_map(|event| history.follow(event));
    let found = found.collect();
    (found, history)
}

#[test]
fn after_an_event_that_cannot_follow_nothing_more_is_judged() {
    let mut life = Life::started();
    life.succeed(0);
    let ended = Event::AttemptEnded {
        task: 0,
        attempt: 2,
        outcome: AttemptOutcome::Late,
        output: None,
    };
    for (event, sentence) in [
        (
            ended,
            "I1: event 6 (AttemptEnded) cannot follow: attempt 2 of task 0 is neither superseded nor over",
        ),
        (
            Event::AttemptEnded {
                task: 99,
                attempt: 1,
                outcome: AttemptOutcome::Late,
                output: None,
            },
            "I1: event 6 (AttemptEnded) cannot follow: there is no step 99",
        ),
        (
            Event::TaskStarted {
                task: 99,
                attempt: 1,
            },
            "I1: event 6 (TaskStarted) cannot follow: there is no step 99",
        ),
        (
            Event::TaskQueued { task: 99 },
            "I1: event 6 (TaskQueued) cannot follow: there is no step 99",
        ),
        (
            Event::WorkflowResumed {
                paused_at: life.now,
            },
            "I1: event 6 (WorkflowResumed) cannot follow: a running workflow does not know \"resume\"",
        ),
    ] {
        let mut events = life.events.clone();
        assert_eq!(events[5].seq, 6);
        let kept = EventRecord {
            event,
            ..events[5].clone()
        };
        events[5] = kept;
        let (found, history) = followed(&life, &events);
        says(&found, sentence);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(!history.is_whole());
        let (record, tasks) = life.rows();
        let tasks: Vec<_> = tasks.iter().collect();
        assert_eq!(
            history.compare(&record, &tasks),
            [],
            "that was told already"
        );
    }
}

#[test]
fn attempts_are_remembered_with_how_they_ended_and_each_starts_once() {
    let mut life = Life::started();
    life.fail(0, FailureKind::TimedOut);
    life.due(0);
    life.succeed(0);
    let (found, history) = followed(&life, &life.events);
    assert_eq!(found, []);
    assert!(history.is_whole());
    let tries: Vec<_> = history.attempts().iter().collect();
    let [((0, 1), first), ((0, 2), second)] = tries[..] else {
        panic!("{tries:?}")
    };
    assert_eq!(first.outcome, AttemptOutcome::TimedOut);
    assert_eq!(first.error.as_deref(), Some("no"));
    assert_eq!(second.outcome, AttemptOutcome::Succeeded);
    let took = second.ended_at.unwrap().since(second.started_at);
    assert_eq!(took, Duration::from_secs(1));

    let mut again = life.events.clone();
    let starts = |event: &&mut EventRecord| matches!(event.event, Event::TaskStarted { .. });
    let second = again.iter_mut().filter(starts).nth(1).unwrap();
    second.event = Event::TaskStarted {
        task: 0,
        attempt: 1,
    };
    let (found, _) = followed(&life, &again);
    says(&found, "I2: step 0: attempt 1 starts a second time");

    let mut beside = running().events;
    let started = beside.last().unwrap().clone();
    let interrupted = Event::TaskInterrupted {
        task: 0,
        attempt: 9,
    };
    let next = Event::TaskStarted {
        task: 0,
        attempt: 2,
    };
    beside.extend([interrupted, next].map(|event| EventRecord {
        event,
        ..started.clone()
    }));
    number_anew(&mut beside);
    let (found, _) = followed(&life, &beside);
    says(
        &found,
        "I2: step 0: attempt 9 ends as Interrupted, it was None before",
    );
    says(
        &found,
        "I5: step 0: attempt 2 starts while attempt 1 is under way",
    );
}

#[test]
fn rows_that_differ_from_their_events_are_told_with_both_cut_short() {
    let mut life = Life::started();
    life.fail(0, FailureKind::Permanent);
    life.succeed(2);
    life.go(&Command::Act(Action::recover(0)));
    let (_, history) = followed(&life, &life.events);
    let (mut record, mut tasks) = life.rows();
    assert_eq!(
        history.compare(&record, &tasks.iter().collect::<Vec<_>>()),
        []
    );
    record.epoch = 0;
    tasks[1].error_message = Some("x".repeat(200));
    let found = history.compare(&record, &tasks.iter().collect::<Vec<_>>());
    says(&found, "I17: it was recovered 1 times in epoch 0");
    says(&found, "I1: epoch is 0 in its row, 1 by its events");
    let cut = "x".repeat(80);
    let sentence =
        format!("I1: step 1: error_message is {cut} … in its row, nothing by its events");
    says(&found, &sentence);
}
