//! What is judged beside every commit: events that are about to be written, by themselves and against
//! what was written before.

use std::time::Duration;

use engine::invariant::{Finding, Invariant, Kept, Steady, of_change};
use engine::{
    Action, Command, Event, EventRecord, FailureKind, Mode, Outcome, StepDefinition, Workflow,
};
use serde_json::json;

use crate::life::{Life, find, names, step};

use Invariant as I;

/// One step, tried twice.
fn retried(mode: Mode) -> StepDefinition {
    let mut only = step("Only", &[]);
    only.max_retries = 1;
    only.mode = Some(mode);
    only
}

fn with_force() -> Command {
    Command::Act(Action::Recover(engine::Recovery {
        from_step: 0,
        force: true,
        instead: None,
    }))
}

/// The events from number `from` on, with one thing changed.
fn tail(life: &Life, from: usize, change: impl Fn(&mut Vec<EventRecord>)) -> Vec<EventRecord> {
    let mut events = life.events[from..].to_vec();
    change(&mut events);
    events
}

fn steady(seconds: f64) -> Steady {
    let at = Duration::from_secs_f64(seconds);
    Steady {
        before: at,
        after: at,
    }
}

/// What is remembered once everything up to now was written.
fn kept(life: &Life) -> Kept {
    let mut kept = Kept::default();
    assert_eq!(kept.follow(&life.workflow, &life.events, steady(0.0)), []);
    kept
}

/// What the clock that nobody can set and the other one make of a try that is queued by `actor`.
fn queued(waited: (f64, f64), actor: Option<&str>) -> Vec<Finding> {
    let mut life = Life::of(&[retried(Mode::Retry)]);
    life.fail(0, FailureKind::Error);
    let (mut kept, failed) = (kept(&life), life.now);
    let before = life.events.len();
    life.due(0);
    let events = tail(&life, before, |e| {
        e[0].at = failed.plus(Duration::from_secs_f64(waited.1));
        e[0].actor = actor.map(str::to_owned);
    });
    kept.follow(&life.workflow, &events, steady(waited.0))
}

#[test]
fn a_try_is_queued_once_either_clock_says_that_its_wait_is_over_or_a_person_does() {
    assert_eq!(queued((1.0, 0.0), None), [], "the wall clock was set back");
    assert_eq!(queued((0.2, 7_200.0), None), [], "it was set forward");
    assert_eq!(queued((0.2, 0.2), Some("ada")), [], "try now");
    names(&queued((0.2, 0.2), None), I::I11);
}

#[test]
fn after_the_clock_was_set_nothing_is_told_of_a_wait_that_began_before() {
    let mut life = Life::of(&[retried(Mode::Retry)]);
    life.fail(0, FailureKind::Error);
    let (mut kept, failed, before) = (kept(&life), life.now, life.events.len());
    kept.clock_was_set();
    life.due(0);
    let events = tail(&life, before, |e| e[0].at = failed);
    assert_eq!(kept.follow(&life.workflow, &events, steady(0.2)), []);
}

#[test]
fn a_wait_that_is_written_too_short_is_found() {
    let mut life = Life::of(&[retried(Mode::Retry)]);
    life.fail(0, FailureKind::Error);
    let retry = find(&life.events, "TaskRetryScheduled");
    let events = tail(&life, retry, |e| {
        let at = e[0].at;
        if let Event::TaskRetryScheduled { due_at, .. } = &mut e[0].event {
            *due_at = at;
        }
    });
    names(&of_change(&life.workflow, &events), I::I11);
}

#[test]
fn a_step_that_may_run_once_is_not_written_as_tried_again() {
    let mut life = Life::of(&[retried(Mode::Once)]);
    life.fail(0, FailureKind::Error);
    let retry = find(&life.events, "TaskRetryScheduled");
    let told = |workflow: &Workflow, event: Event| {
        let events = tail(&life, retry, |e| e[0].event = event.clone());
        of_change(workflow, &events)
    };
    let (task, attempt) = (0, 1);
    let lost = Event::TaskLost {
        task,
        attempt,
        lost_count: 1,
    };
    names(&told(&life.workflow, lost), I::I12);
    let interrupted = Event::TaskInterrupted { task, attempt };
    names(&told(&life.workflow, interrupted), I::I12);
    let mut slow = life.events[retry].event.clone();
    if let Event::TaskRetryScheduled { failure, .. } = &mut slow {
        *failure = FailureKind::TimedOut;
    }
    names(&told(&life.workflow, slow), I::I12);
    // And none starts after an end that left it open.
    let before = life.events.len();
    life.due(0);
    life.go(&Command::StartTask { task: 0 });
    let events = tail(&life, before, |_| {});
    assert_eq!(of_change(&life.workflow, &events), []);
    for change in [
        |t: &mut engine::workflow::TaskRecord| t.failure = Some(FailureKind::OutcomeUnknown),
        |t: &mut engine::workflow::TaskRecord| t.lost_count = 1,
    ] {
        let open = life.with(|_, tasks| change(&mut tasks[0]));
        names(&of_change(&open, &events), I::I12);
    }
}

#[test]
fn a_command_that_leads_to_two_things_in_one_change_is_found() {
    let life = Life::completed();
    let events = tail(&life, 0, |e| {
        for kind in ["WorkflowStarted", "TaskCompleted"] {
            let event = find(e, kind);
            e[event].actor = Some("ada".into());
            e[event].command_id = Some("c".into());
        }
    });
    names(&of_change(&life.workflow, &events), I::I16);
}

#[test]
fn the_word_of_an_attempt_whose_place_was_taken_is_found() {
    let mut life = Life::of(&[retried(Mode::Retry), step("Other", &[])]);
    life.go(&Command::StartTask { task: 0 });
    life.go(&with_force());
    let (task, attempt) = (0, 1);
    let outcome = Outcome::Interrupted;
    life.go(&Command::Report {
        task,
        attempt,
        outcome,
    });
    life.go(&Command::StartTask { task });
    let before = life.events.len();
    let outcome = Outcome::Succeeded(json!(1));
    life.go(&Command::Report {
        task,
        attempt: 2,
        outcome,
    });
    let right = tail(&life, before, |_| {});
    assert_eq!(of_change(&life.workflow, &right), []);
    let wrong = tail(&life, before, |e| {
        if let Event::TaskCompleted { attempt, .. } = &mut e[0].event {
            *attempt = 1;
        }
    });
    names(&of_change(&life.workflow, &wrong), I::I17);
}

#[test]
fn what_is_written_after_a_change_goes_nowhere_back() {
    let mut life = Life::started();
    life.go(&Command::StartTask { task: 0 });
    life.go(&Command::Progress {
        task: 0,
        attempt: 1,
        progress: 0.8,
    });
    let before = life.events.len();
    let follow =
        |change: fn(&mut engine::workflow::WorkflowRecord, &mut [engine::workflow::TaskRecord])| {
            let mut later = Life {
                workflow: life.workflow.clone(),
                events: life.events.clone(),
                now: life.now,
            };
            later.workflow = life.with(|w, _| w.epoch += 1);
            let mut kept = kept(&later);
            later.go(&Command::Progress {
                task: 0,
                attempt: 1,
                progress: 0.9,
            });
            let events = tail(&later, before, |_| {});
            kept.follow(&later.with(change), &events, steady(1.0))
        };
    assert_eq!(follow(|_, _| {}), []);
    names(&follow(|_, t| t[0].share = 0.7), I::I14);
    names(&follow(|_, t| t[0].attempt = 0), I::I10);
    names(&follow(|w, _| w.rev = 2), I::I10);
    names(&follow(|w, _| w.epoch = 0), I::I17);
}

#[test]
fn a_recovery_begins_with_a_share_of_nothing() {
    let mut life = Life::of(&[retried(Mode::Retry)]);
    life.go(&Command::StartTask { task: 0 });
    life.go(&Command::Progress {
        task: 0,
        attempt: 1,
        progress: 0.8,
    });
    let (mut kept, before) = (kept(&life), life.events.len());
    life.go(&with_force());
    let events = tail(&life, before, |_| {});
    assert_eq!(kept.follow(&life.workflow, &events, steady(1.0)), []);
}
