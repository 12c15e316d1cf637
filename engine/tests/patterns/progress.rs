//! The percentage and the numbers beside it.

use engine::progress::reached;
use engine::{
    Action, Command, EventRecord, FailureKind, Progress, StepDefinition, Timestamp, WorkflowStatus,
};

use crate::workbench::{Workbench, define, failed, step};

fn estimated(name: &str, seconds: f64, dependencies: &[usize]) -> StepDefinition {
    StepDefinition {
        estimated_duration: Some(seconds),
        ..step(name, dependencies)
    }
}

#[test]
fn the_references_sample_gives_fifty() {
    let mut bench = Workbench::started(define(&[step("1", &[]), step("2", &[0]), step("3", &[1])]));
    bench.succeed(0);
    bench.start(1);
    let summary = bench.progress().summary;
    assert_eq!((summary.progress, summary.current_step), (50, 1));
    assert_eq!((summary.completed_tasks, summary.running_tasks), (1, 1));
    assert_eq!(
        (
            summary.failed_tasks,
            summary.total_tasks,
            summary.total_steps
        ),
        (0, 3, 3)
    );
}

#[test]
fn estimates_weigh_the_steps_and_time_counts_up_to_nineteen_twentieths() {
    let mut bench = Workbench::started(define(&[
        estimated("a", 30.0, &[]),
        estimated("b", 70.0, &[0]),
    ]));
    bench.succeed(0);
    assert_eq!(bench.percent(), 30);
    bench.start(1);
    bench.pass(35.0);
    assert_eq!(bench.percent(), 65);
    bench.pass(1_000.0);
    assert_eq!(bench.percent(), 96, "30 + 0.95 × 70, rounded down");
}

#[test]
fn a_step_that_says_how_far_it_is_counts_for_that() {
    let mut bench = Workbench::started(define(&[step("a", &[])]));
    bench.start(0);
    bench.say_progress(0, 0.8);
    assert_eq!(bench.percent(), 80);
    bench.say_progress(0, 0.6);
    assert_eq!(
        bench.percent(),
        80,
        "the highest share that was reached stays"
    );
    bench.say_progress(0, 1.0);
    assert_eq!(bench.percent(), 99, "only the end is the whole");
}

#[test]
fn a_first_report_below_the_half_that_was_assumed_takes_nothing_back() {
    let mut bench = Workbench::started(define(&[step("a", &[])]));
    bench.start(0);
    assert_eq!(bench.percent(), 50);
    bench.say_progress(0, 0.1);
    assert_eq!(bench.percent(), 50);
}

#[test]
fn what_was_reached_stays_while_a_step_is_tried_again_and_goes_with_a_recovery() {
    let flaky = StepDefinition {
        max_retries: 1,
        ..step("a", &[])
    };
    let mut bench = Workbench::started(define(&[flaky]));
    bench.start(0);
    bench.say_progress(0, 0.7);
    bench.report(0, failed(FailureKind::Error));
    assert_eq!(bench.percent(), 70);
    bench.pass(1.0);
    bench.due(0).unwrap();
    bench.run(0, failed(FailureKind::Error));
    assert_eq!(bench.percent(), 70);
    bench.act(Action::recover(0));
    assert_eq!(bench.percent(), 0);
}

#[test]
fn a_clock_that_is_set_back_takes_nothing_once_what_was_reached_is_reported() {
    let mut bench = Workbench::started(define(&[
        estimated("a", 10.0, &[]),
        estimated("b", 20.0, &[]),
        step("c", &[]),
        estimated("d", 10.0, &[0]),
    ]));
    bench.start(0);
    bench.pass(4.0);
    bench.start(1);
    bench.start(2);
    bench.say_progress(1, 0.9);
    bench.pass(1.0);
    let (before, percent) = (bench.now, bench.percent());
    bench.now = Timestamp::from_micros(before.as_micros() - 3_000_000);
    assert!(
        bench.percent() < percent,
        "the estimate counts by the clock"
    );
    let told = reached(&bench.workflow, before, bench.now);
    let (task, attempt, progress) = (0, 1, 0.5);
    let only = Command::Progress {
        task,
        attempt,
        progress,
    };
    assert_eq!(
        told,
        [only],
        "of b more was reported, c has no estimate, d does not run"
    );
    bench.command(&told[0]).unwrap();
    assert_eq!(bench.percent(), percent);
    assert_eq!(reached(&bench.workflow, before, bench.now), []);
    // At the end of the attempt as well.
    bench.report(0, engine::Outcome::Interrupted);
    assert_eq!(bench.percent(), percent);
}

#[test]
fn progress_stands_still_once_a_workflow_is_over() {
    let mut bench = Workbench::started(define(&[
        estimated("a", 10.0, &[]),
        estimated("b", 10.0, &[]),
    ]));
    bench.start(0);
    bench.start(1);
    bench.pass(5.0);
    bench.act(Action::Cancel);
    bench.report(0, engine::Outcome::Interrupted);
    bench.report(1, engine::Outcome::Interrupted);
    let at_the_end = bench.percent();
    bench.pass(1_000.0);
    assert_eq!((bench.percent(), at_the_end), (50, 50));
}

#[test]
fn the_counters_of_every_state_add_up() {
    let mut bench = Workbench::started(define(&[step("a", &[]), step("b", &[]), step("c", &[0])]));
    bench.start(0);
    bench.fail(1);
    let summary = bench.progress().summary;
    let counts = summary.counts;
    assert_eq!((counts.running, counts.failed, counts.pending), (1, 1, 1));
    assert_eq!(counts.total(), summary.total_tasks);
}

#[test]
fn a_page_folds_each_event_once_and_stops_at_a_hole() {
    let mut bench = Workbench::started(define(&[step("a", &[]), step("b", &[0])]));
    bench.succeed(0);
    let events = bench.events.clone();
    let mut page = Progress::of(&bench.workflow, bench.now);
    assert_eq!(
        page.apply_all(&events),
        Ok(()),
        "all of them are known already"
    );
    assert_eq!(page, bench.progress());

    bench.fail(1);
    bench.act(Action::RaiseBudget {
        max_recovery_attempts: 7,
    });
    bench.act(Action::recover(1));
    let known = events.len();
    let with_a_hole: Vec<_> = bench.events.iter().filter(|e| e.seq != 8).collect();
    let hole = page.apply_all(with_a_hole).unwrap_err();
    assert_eq!((hole.last, hole.found), (7, 9));
    assert_eq!(hole.to_string(), "event 9 follows event 7");
    assert_eq!(page.summary.events, 7, "what came before it is folded");
    assert!(known < 7);
    assert_eq!(page.apply_all(&bench.events), Ok(()));
    assert_eq!(page, bench.progress());
    assert_eq!(page.max_recovery_attempts, 7);
}

#[test]
fn a_page_that_knew_the_workflow_from_its_beginning_shows_what_a_fresh_one_shows() {
    let definition = define(&[step("a", &[]), step("b", &[0]), step("c", &[])]);
    let bench = Workbench::created(definition.clone());
    let mut page = bench.progress();
    let mut bench = Workbench::started(definition);
    assert_eq!(page.failed_step(), None);
    bench.fail(0);
    bench.act(Action::Cancel);
    page.apply_all(&bench.events).unwrap();
    assert_eq!(page, bench.progress());
    assert_eq!(page.failed_step(), Some(0));
    assert_eq!(page.status, WorkflowStatus::Cancelled);
    assert_eq!(bench.workflow.id(), page.workflow_id);
}

#[test]
fn of_a_workflow_in_quarantine_events_tell_a_number_and_nothing_else() {
    let mut bench = Workbench::started(define(&[step("a", &[])]));
    let mut page = bench.progress();
    page.at_least(99);
    assert_eq!(page, bench.progress(), "of any other the number is known");
    // What remains of its rows need not tell how far it came.
    let mut remains = page.clone();
    remains.summary.put_aside("a row cannot be read".into());
    remains.summary.events = 0;
    let mut page = remains.instead_of(&page).unwrap();
    let known = page.events;
    assert_eq!(known, bench.workflow.rev(), "and it did not go back");
    bench.succeed(0);
    let (last, before) = (bench.workflow.rev(), page.clone());
    // Not every event need be there, either.
    let later: Vec<_> = bench.events.iter().filter(|e| e.seq > known + 1).collect();
    assert_eq!(page.apply_all(later), Ok(()));
    assert_eq!(page.events, last);
    page.summary.events = before.events;
    assert_eq!(page, before);
}

#[test]
fn a_snapshot_that_comes_late_takes_no_place() {
    let mut bench = Workbench::started(define(&[step("a", &[])]));
    let old = bench.progress();
    bench.succeed(0);
    let page = bench.progress();
    assert_eq!(old.instead_of(&page), None);
    assert_eq!(page.clone().instead_of(&page), Some(page));
}

#[test]
fn an_event_about_a_step_that_the_page_does_not_know_changes_no_step() {
    let mut bench = Workbench::started(define(&[step("a", &[]), step("b", &[])]));
    let mut page = Workbench::started(define(&[step("a", &[])])).progress();
    page.summary.events = bench.progress().events;
    bench.start(1);
    let before = page.tasks.clone();
    page.apply_all(&bench.events).unwrap();
    assert_eq!(page.tasks, before);
    assert_eq!(page.events, bench.workflow.rev());
}

#[test]
fn a_failure_of_before_outcomes_were_told_apart_is_read_as_one() {
    let mut bench = Workbench::started(define(&[step("a", &[])]));
    bench.fail(0);
    let failure = bench.events.iter().find(|e| e.event.kind() == "TaskFailed");
    let mut json = serde_json::to_value(failure.unwrap()).unwrap();
    assert_eq!(json["outcome"], "failed");
    json.as_object_mut().unwrap().remove("outcome");
    let read: EventRecord = serde_json::from_value(json).unwrap();
    assert_eq!(Some(&read), failure);
}
