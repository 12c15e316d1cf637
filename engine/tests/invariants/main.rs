//! Every check of the engine finds what it is there for: rows and histories that are right but for
//! one thing, and the number under which that is told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "these are tests"
)]

mod changes;
mod life;
mod sentences;

use std::sync::Arc;

use engine::invariant::{History, Invariant, Look, at_rest, kept_up, of_change, shown};
use engine::workflow::{TaskRecord, WorkflowRecord};
use engine::{
    Action, ActorKind, Command, Event, EventRecord, FailureKind, Mode, Progress, SkipReason,
    TaskStatus, WorkflowStatus,
};
use serde_json::json;

use life::{Life, find, names, new, number_anew, step};

use Invariant as I;

#[test]
fn what_really_came_about_keeps_every_invariant() {
    for life in [Life::started(), Life::completed()] {
        assert_eq!(at_rest(&life.workflow), []);
        assert_eq!(kept_up(&life.workflow), []);
        assert_eq!(life.told(|_| {}), []);
        let summary = Progress::of(&life.workflow, life.now).summary;
        assert_eq!(shown(&summary), []);
    }
}

type RowChange = fn(&mut WorkflowRecord, &mut [TaskRecord]);

#[test]
fn rows_that_cannot_be_are_named_by_their_number() {
    let running: [(RowChange, I); 13] = [
        (|w, _| w.recovery_attempts = 9, I::I9),
        (|w, _| w.max_recovery_attempts = 7_000_000, I::I9),
        (|w, _| w.epoch = u32::MAX, I::Rows),
        (|w, _| w.rev = u64::MAX, I::Rows),
        (|w, _| w.recovering_from = Some(99), I::Rows),
        (|w, _| w.paused_at = Some(w.created_at), I::Rows),
        (|w, _| w.status = WorkflowStatus::Completed, I::Rows),
        (|_, t| t[0].retry_count = 50, I::I8),
        (|_, t| t[0].lost_count = 3, I::I8),
        (|_, t| t[0].share = 1.5, I::I14),
        (|_, t| t[0].attempt = u32::MAX, I::Rows),
        (|_, t| t[0].generation = 4, I::Rows),
        (|_, t| t[0].status = TaskStatus::Pending, I::I19),
    ];
    let life = Life::started();
    for (number, (change, invariant)) in running.into_iter().enumerate() {
        let found = at_rest(&life.with(change));
        assert!(!found.is_empty(), "change {number} is not found");
        names(&found, invariant);
    }
    let over: [(RowChange, I); 4] = [
        (|_, t| t[1].status = TaskStatus::Queued, I::Rows),
        (
            |_, t| {
                t[1].status = TaskStatus::Queued;
                t[1].output = None;
            },
            I::I4,
        ),
        (
            |_, t| {
                t[2].status = TaskStatus::Cancelled;
                t[2].skip_reason = None;
            },
            I::I13,
        ),
        (
            |_, t| t[2].skip_reason = Some(SkipReason::UpstreamFailed),
            I::I13,
        ),
    ];
    let life = Life::completed();
    for (change, invariant) in over {
        names(&at_rest(&life.with(change)), invariant);
    }
}

#[test]
fn a_task_that_runs_without_being_asked_for_or_twice_is_found() {
    let mut life = Life::started();
    life.go(&Command::StartTask { task: 0 });
    let twice = life.with(|_, t| t[0].superseded = Some(1));
    names(&at_rest(&twice), I::I5);
    let unasked = life.with(|_, t| {
        t[1] = TaskRecord {
            id: t[1].id,
            ..t[0].clone()
        };
    });
    names(&at_rest(&unasked), I::I6);
}

#[test]
fn nothing_left_to_move_is_found() {
    let mut life = Life::started();
    life.succeed(0);
    let stuck = life.with(|_, t| {
        t[1].status = TaskStatus::Skipped;
        t[1].skip_reason = Some(SkipReason::Operator);
        t[2].status = TaskStatus::Skipped;
        t[2].skip_reason = Some(SkipReason::NotNeeded);
    });
    names(&at_rest(&stuck), I::I19);
}

#[test]
fn a_change_that_leaves_a_hole_or_goes_on_after_the_end_is_found() {
    let life = Life::completed();
    let last = life.events.len();
    let tail = |from: usize| life.events[from..].to_vec();
    assert_eq!(of_change(&life.workflow, &tail(0)), []);
    assert_eq!(of_change(&life.workflow, &tail(last - 3)), []);
    let mut holed = tail(0);
    holed.remove(3);
    names(&of_change(&life.workflow, &holed), I::I3);
    let mut late = tail(last - 1);
    late.insert(0, life.events[find(&life.events, "TaskStarted")].clone());
    late.swap(0, 1);
    number_anew(&mut late);
    names(&of_change(&life.workflow, &late), I::I4);
    let mut unknown = tail(last - 2);
    if let Event::TaskCompleted { attempt, .. } = &mut unknown[0].event {
        *attempt = 7;
    }
    let found = of_change(&life.workflow, &unknown);
    assert!(
        found.iter().any(|f| f.invariant == I::I2)
            || !matches!(unknown[0].event, Event::TaskCompleted { .. }),
        "{found:?}"
    );
}

#[test]
fn a_change_that_starts_something_while_paused_is_found() {
    let mut life = Life::started();
    life.go(&Command::StartTask { task: 0 });
    life.go(&Command::Act(Action::Pause));
    let last = life.events.len();
    let mut swapped = life.events[last - 2..].to_vec();
    assert_eq!(of_change(&life.workflow, &swapped), []);
    swapped.swap(0, 1);
    names(&of_change(&life.workflow, &swapped), I::I7);
}

#[test]
fn counters_that_were_not_kept_up_are_found_in_what_is_shown() {
    let life = Life::started();
    let mut summary = Progress::of(&life.workflow, life.now).summary;
    summary.counts.queued += 1;
    names(&shown(&summary), I::I15);
    summary.counts.queued -= 1;
    summary.progress = 100;
    names(&shown(&summary), I::I14);
}

#[test]
fn numbers_that_go_down_are_found() {
    let mut life = Life::started();
    let before = Look::at(&life.workflow);
    life.go(&Command::StartTask { task: 0 });
    let after = Look::at(&life.workflow);
    assert_eq!(before.grown_to(&after), []);
    names(&after.grown_to(&before), I::I10);
}

type EventChange = fn(&mut Vec<EventRecord>);

#[test]
fn histories_that_cannot_be_are_named_by_their_number() {
    let changes: [(EventChange, I); 7] = [
        (|e| drop(e.remove(4)), I::I3),
        (|e| e[3].seq = 9, I::I3),
        (
            |e| {
                let started = find(e, "TaskStarted");
                if let Event::TaskStarted { attempt, .. } = &mut e[started].event {
                    *attempt = 5;
                }
            },
            I::I10,
        ),
        (
            |e| {
                let done = find(e, "TaskCompleted");
                if let Event::TaskCompleted { attempt, .. } = &mut e[done].event {
                    *attempt = 2;
                }
            },
            I::I2,
        ),
        (
            |e| {
                let again = e[find(e, "TaskStarted")].clone();
                e.push(again);
                number_anew(e);
            },
            I::I4,
        ),
        (
            |e| {
                let (start, queued) = (find(e, "TaskStarted"), find(e, "TaskQueued"));
                if let (Event::TaskStarted { task, .. }, Event::TaskQueued { task: other }) =
                    (e[start].event.clone(), &mut e[queued].event)
                {
                    *other = task + 1;
                }
                if let Event::TaskStarted { task, .. } = &mut e[start].event {
                    *task += 1;
                }
            },
            I::I6,
        ),
        (
            |e| {
                let pause = EventRecord {
                    event: Event::WorkflowPaused { interrupt: false },
                    ..e[2].clone()
                };
                let start = find(e, "TaskStarted");
                e.insert(start, pause);
                number_anew(e);
            },
            I::I7,
        ),
    ];
    let life = Life::completed();
    for (number, (change, invariant)) in changes.into_iter().enumerate() {
        let found = life.told(change);
        assert!(!found.is_empty(), "change {number} is not found");
        names(&found, invariant);
    }
}

#[test]
fn a_command_that_had_two_results_is_found() {
    let life = Life::completed();
    let twice = life.told(|e| {
        for kind in ["TaskQueued", "TaskCompleted"] {
            let event = find(e, kind);
            e[event].actor = Some("ada".into());
            e[event].command_id = Some("c".into());
        }
    });
    names(&twice, I::I16);
    // A token may be called like a person.
    let apart = life.told(|e| {
        let kinds = [ActorKind::Token, ActorKind::Person];
        for (kind, by) in ["TaskQueued", "TaskCompleted"].into_iter().zip(kinds) {
            let event = find(e, kind);
            e[event].actor = Some("ada".into());
            e[event].actor_kind = Some(by);
            e[event].command_id = Some("c".into());
        }
    });
    assert_eq!(apart, []);
}

#[test]
fn a_try_that_comes_too_early_or_too_often_is_found() {
    let mut only = step("Only", &[]);
    only.max_retries = 1;
    let mut life = Life::of(&[only]);
    life.fail(0, FailureKind::Error);
    life.due(0);
    life.fail(0, FailureKind::Error);
    assert_eq!(life.told(|_| {}), []);
    let early = life.told(|e| {
        let retry = find(e, "TaskRetryScheduled");
        e[retry + 1].at = e[retry].at;
    });
    names(&early, I::I11);
    let short = life.told(|e| {
        let retry = find(e, "TaskRetryScheduled");
        let at = e[retry].at;
        if let Event::TaskRetryScheduled { due_at, .. } = &mut e[retry].event {
            *due_at = at;
        }
    });
    names(&short, I::I11);
    let often = life.told(|e| {
        let retry = find(e, "TaskRetryScheduled");
        // The first failure, the wait, the second failure: once more before the last.
        let mut again = e[retry - 1..=retry + 1].to_vec();
        for event in &mut again {
            match &mut event.event {
                Event::TaskStarted { attempt, .. } => *attempt = 2,
                Event::TaskRetryScheduled { attempt, .. } => *attempt = 2,
                _ => {}
            }
        }
        let after = retry + 2;
        for event in &mut e[after..] {
            match &mut event.event {
                Event::TaskStarted { attempt, .. } => *attempt = 3,
                Event::TaskFailed { attempt, .. } => *attempt = 3,
                _ => {}
            }
        }
        e.splice(after..after, again);
        number_anew(e);
    });
    names(&often, I::I8);
}

#[test]
fn a_step_that_may_run_once_and_starts_again_is_found() {
    let mut only = step("Only", &[]);
    only.mode = Some(Mode::Once);
    let mut life = Life::of(&[only]);
    life.fail(0, FailureKind::Error);
    life.due(0);
    life.succeed(0);
    assert_eq!(
        life.told(|_| {}),
        [],
        "a failure whose result is sure is tried again"
    );
    let again = life.told(|e| {
        let retry = find(e, "TaskRetryScheduled");
        if let Event::TaskRetryScheduled { failure, .. } = &mut e[retry].event {
            *failure = FailureKind::TimedOut;
        }
    });
    names(&again, I::I12);
}

#[test]
fn rows_that_events_do_not_give_are_told_field_by_field() {
    let life = Life::completed();
    let mut history = History::new(new(life.workflow.definition()), life.events[0].at);
    for event in &life.events {
        assert_eq!(history.follow(event), []);
    }
    let compare = |record: &WorkflowRecord, tasks: &[TaskRecord]| {
        history.compare(record, &tasks.iter().collect::<Vec<_>>())
    };
    let (record, tasks) = life.rows();
    assert_eq!(compare(&record, &tasks), []);
    let mut other = record.clone();
    other.status = WorkflowStatus::Failed;
    let found = compare(&other, &tasks);
    assert_eq!(
        found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["I1: status is failed in its row, completed by its events"]
    );
    let mut others = tasks.clone();
    others[1].retry_count = 2;
    others[1].output = Some(Arc::new(json!({"n": 5})));
    let found: Vec<_> = compare(&record, &others)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        found.contains(&"I1: step 1: retry_count is 2 in its row, 0 by its events".into()),
        "{found:?}"
    );
    assert!(found.iter().any(|f| f.contains("output")), "{found:?}");
    names(&compare(&record, &tasks[..2]), I::I1);
}
