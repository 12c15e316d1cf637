//! What operators do beyond the reference's calls, and commands that come twice.

use std::time::{SystemTime, UNIX_EPOCH};

use engine::definition::{OnFailure, RunIf};
use engine::orchestrator::ActionRequest;
use engine::progress::Progress;
use engine::{
    Action, Actor, AttemptOutcome, Event, Instead, JobOrchestrator, JobOrchestratorError, Mode,
    Recovery, Refusal, StepDefinition, TaskStatus, WorkflowDefinition, WorkflowId, WorkflowStatus,
    Workflows,
};
use runtime::Settings;
use serde_json::json;

use crate::workbench::{Workbench, eventually, noop, shell, step};

fn keyed(action: Action, id: &str) -> ActionRequest {
    ActionRequest {
        command_id: Some(id.into()),
        ..ActionRequest::from(action)
    }
}

async fn start(bench: &Workbench, steps: &[StepDefinition]) -> WorkflowId {
    bench
        .start(&WorkflowDefinition::new("W", steps).unwrap())
        .await
}

async fn until_task(bench: &Workbench, id: WorkflowId, task: usize, status: TaskStatus) {
    bench
        .until(id, |progress| progress.tasks[task].status == status)
        .await;
}

/// A step that fails for good at its first try.
fn failing(name: &str) -> StepDefinition {
    StepDefinition {
        max_retries: 0,
        ..shell(name, "exit 3", &[])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_sent_five_times_at_once_and_after_a_restart_has_one_effect_and_one_answer() {
    let bench = Workbench::new().await;
    let id = start(&bench, &[failing("fails")]).await;
    bench.until_status(id, WorkflowStatus::Failed).await;
    let actor = Actor::program();
    let recover = || keyed(Action::recover(0), "recover-once");
    let sent = (0..5).map(|_| bench.runtime.act(&actor, id, recover()));
    let answers = futures::future::join_all(sent).await;
    let first = answers[0].clone().unwrap();
    for answer in answers {
        assert_eq!(answer.unwrap().summary.recovery_attempts, 1);
    }
    bench.until_status(id, WorkflowStatus::Failed).await;
    bench.runtime.shutdown().await;
    let bench = bench.reopen().await;
    let again = bench.runtime.act(&actor, id, recover()).await.unwrap();
    assert_eq!(again, first, "the answer of the first time");
    let other = bench
        .runtime
        .act(&actor, id, keyed(Action::Start, "recover-once"))
        .await;
    assert_eq!(
        other,
        Err(JobOrchestratorError::Refused(Refusal::CommandIdReused))
    );
    let kinds = bench.kinds(id).await;
    let recoveries = kinds.iter().filter(|kind| **kind == "RecoveryStarted");
    assert_eq!(recoveries.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_with_force_starts_anew_only_once_what_ran_is_dead() {
    let bench = Workbench::new().await;
    // The first try would run for ever; the second ends at once.
    let script = "test \"$JOB_ORCHESTRATOR_ATTEMPT_NUMBER\" != 1 || sleep 600";
    let id = start(&bench, &[shell("long", script, &[]), noop("then", &[0])]).await;
    until_task(&bench, id, 0, TaskStatus::Running).await;
    let force = Action::Recover(Recovery {
        from_step: 0,
        force: true,
        instead: None,
    });
    let state = bench.runtime.act(&Actor::program(), id, force.into()).await;
    assert_eq!(state.unwrap().summary.status, WorkflowStatus::Recovering);
    bench.until_status(id, WorkflowStatus::Completed).await;
    let events = bench.events(id).await;
    let ended = events.iter().position(|e| e.event.kind() == "AttemptEnded");
    let second = events.iter().position(|e| {
        matches!(
            e.event,
            Event::TaskStarted {
                task: 0,
                attempt: 2
            }
        )
    });
    assert!(ended.unwrap() < second.unwrap(), "{events:#?}");
    let attempts = bench.runtime.task(&Actor::program(), id, 0).await.unwrap();
    let outcomes: Vec<_> = attempts
        .attempts
        .iter()
        .map(|a| a.outcome.as_str())
        .collect();
    assert_eq!(
        outcomes,
        [
            AttemptOutcome::Superseded.as_str(),
            AttemptOutcome::Succeeded.as_str()
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_that_skips_what_runs_ends_the_workflow_only_once_nothing_of_it_is_alive() {
    let bench = Workbench::new().await;
    let (pid, gate) = (bench.path("pid"), bench.path("gate"));
    // It takes its time to end when it is told to.
    let script = format!(
        "trap 'until [ -e {1} ]; do sleep 0.02; done; exit 1' TERM
         echo $$ > {0}.new; mv {0}.new {0}; while :; do sleep 0.02; done",
        pid.display(),
        gate.display()
    );
    let id = start(&bench, &[shell("stubborn", &script, &[])]).await;
    eventually("it runs", || pid.exists()).await;
    let skip = Action::Recover(Recovery {
        from_step: 0,
        force: true,
        instead: Some(Instead::Skip),
    });
    let state = bench
        .runtime
        .act(&Actor::program(), id, skip.because("not needed"))
        .await;
    let (state, pid) = (state.unwrap(), std::fs::read_to_string(&pid).unwrap());
    let process = std::path::Path::new("/proc").join(pid.trim());
    assert!(process.exists(), "it has not ended yet");
    assert_eq!(state.summary.status, WorkflowStatus::Recovering);
    assert_eq!(state.summary.counts.skipped, 1);
    std::fs::write(&gate, "").unwrap();
    bench.until_status(id, WorkflowStatus::Completed).await;
    assert!(!process.exists(), "an end is quiet");
    let kinds = bench.kinds(id).await;
    assert_eq!(
        kinds[kinds.len() - 2..],
        ["AttemptEnded", "WorkflowCompleted"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_takes_a_failed_step_for_done_and_the_reason_is_kept() {
    let bench = Workbench::new().await;
    let id = start(&bench, &[failing("a"), noop("b", &[0])]).await;
    bench.until_status(id, WorkflowStatus::Failed).await;
    let instead = Action::Recover(Recovery {
        from_step: 0,
        force: false,
        instead: Some(Instead::Output(json!({"count": 7}))),
    });
    let request = instead.because("counted by hand");
    bench
        .runtime
        .act(&Actor::program(), id, request)
        .await
        .unwrap();
    bench.until_status(id, WorkflowStatus::Completed).await;
    let task = bench.runtime.task(&Actor::program(), id, 0).await.unwrap();
    assert_eq!(task.output, Some(json!({"count": 7})));
    let records = bench
        .runtime
        .events(&Actor::program(), id, 0, 1_000)
        .await
        .unwrap();
    let marked = records
        .iter()
        .find(|r| r.event.kind() == "TaskMarkedDone")
        .unwrap();
    assert_eq!(marked.reason.as_deref(), Some("counted by hand"));
    assert!(marked.actor.is_some());
}

/// The kind of every event that says this is why, each with who asked.
async fn caused(bench: &Workbench, id: WorkflowId, why: &str) -> Vec<&'static str> {
    let records = bench.events(id).await;
    let caused = records
        .iter()
        .filter(|told| told.reason.as_deref() == Some(why));
    caused
        .map(|told| {
            assert_eq!(told.actor.as_deref(), Some("program"));
            told.event.kind()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_a_step_is_decided_only_with_a_reason_and_every_reason_stays_with_its_events()
 {
    let bench = Workbench::new().await;
    let actor = Actor::program();
    let id = start(&bench, &[shell("long", "sleep 600", &[]), noop("b", &[0])]).await;
    until_task(&bench, id, 0, TaskStatus::Running).await;
    let recover = |force, instead| {
        Action::Recover(Recovery {
            from_step: 0,
            force,
            instead,
        })
    };
    let done = Action::MarkDone {
        task: 1,
        output: json!(1),
    };
    let before = bench.kinds(id).await;
    for action in [
        Action::Skip { task: 1 },
        done,
        recover(true, Some(Instead::Skip)),
        recover(true, Some(Instead::Output(json!(1)))),
    ] {
        let answer = bench.runtime.act(&actor, id, action.clone().into()).await;
        let Err(JobOrchestratorError::Invalid(problems)) = answer else {
            panic!("{action:?}: {answer:?}");
        };
        assert_eq!(problems[0].pointer, "#/reason", "{action:?}");
    }
    assert_eq!(bench.kinds(id).await, before, "nothing was done");
    let raise = Action::RaiseBudget {
        max_recovery_attempts: 50,
    };
    for (action, why, kind) in [
        (raise, "more is wanted", "RecoveryBudgetRaised"),
        (recover(true, None), "it hangs", "RecoveryStarted"),
    ] {
        // A reason is welcome, and not asked for.
        let asked = bench.runtime.act(&actor, id, action.because(why));
        asked.await.unwrap();
        assert_eq!(caused(&bench, id, why).await.first(), Some(&kind), "{why}");
    }
    bench.runtime.cancel_workflow(id).await.unwrap();
    bench.until_status(id, WorkflowStatus::Cancelled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_view_is_refused_and_changes_nothing() {
    let bench = Workbench::new().await;
    let id = start(&bench, &[shell("long", "sleep 600", &[])]).await;
    until_task(&bench, id, 0, TaskStatus::Running).await;
    let request = ActionRequest {
        expected_rev: Some(1),
        ..ActionRequest::from(Action::Pause)
    };
    let refused = bench.runtime.act(&Actor::program(), id, request).await;
    assert!(matches!(
        refused,
        Err(JobOrchestratorError::Refused(Refusal::StaleView {
            expected: 1,
            ..
        }))
    ));
    let status = bench.progress(id).await.summary.status;
    assert_eq!(status, WorkflowStatus::Running);
    bench.runtime.cancel_workflow(id).await.unwrap();
    bench.until_status(id, WorkflowStatus::Cancelled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_interrupts_stops_what_runs_and_charges_nothing_but_fails_a_step_that_runs_once()
 {
    let bench = Workbench::new().await;
    let once = StepDefinition {
        mode: Some(Mode::Once),
        ..shell("once", "sleep 600", &[])
    };
    let id = start(&bench, &[shell("again", "sleep 600", &[]), once]).await;
    until_task(&bench, id, 0, TaskStatus::Running).await;
    until_task(&bench, id, 1, TaskStatus::Running).await;
    let pause = Action::PauseAndInterrupt.into();
    bench
        .runtime
        .act(&Actor::program(), id, pause)
        .await
        .unwrap();
    until_task(&bench, id, 0, TaskStatus::Queued).await;
    until_task(&bench, id, 1, TaskStatus::Failed).await;
    let progress = bench.runtime.get_workflow_progress(id).await.unwrap();
    assert_eq!(progress.tasks[0].retry_count, 0);
    let error = progress.tasks[1].error_message.clone().unwrap();
    assert!(error.contains("it may have taken effect"), "{error}");
    bench.runtime.cancel_workflow(id).await.unwrap();
    bench.until_status(id, WorkflowStatus::Cancelled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queued_step_whose_turn_came_while_stop_held_it_back_goes_on_once_the_failure_is_settled()
{
    let one_program = Settings {
        programs_at_once: 1,
        ..Settings::default()
    };
    let bench = Workbench::with(one_program).await;
    let gate = bench.path("gate");
    let always = |step: StepDefinition| StepDefinition {
        run_if: RunIf::Always,
        ..step
    };
    let refused = json!({"method": "GET", "url": "http://127.0.0.1:1/"});
    let steps = [
        // Has the only place for programs.
        always(shell(
            "first",
            &format!("until [ -e {} ]; do sleep 0.02; done", gate.display()),
            &[],
        )),
        shell("second", "true", &[]),
        StepDefinition {
            max_retries: 0,
            ..step("bad", "http_request", refused, &[])
        },
        // Keeps the workflow going.
        always(step("wait", "delay", json!({"seconds": 600}), &[])),
    ];
    let definition = WorkflowDefinition::new("W", &steps).unwrap();
    let id = bench
        .start(&definition.with_on_failure(OnFailure::Stop))
        .await;
    until_task(&bench, id, 2, TaskStatus::Failed).await;
    std::fs::write(&gate, "").unwrap();
    // The place is free now; the second step's turn comes, and it may not start.
    until_task(&bench, id, 0, TaskStatus::Completed).await;
    let progress = bench.progress(id).await;
    assert_eq!(progress.tasks[1].status, TaskStatus::Queued);
    let skip = Action::Skip { task: 2 };
    let acted = bench
        .runtime
        .act(&Actor::program(), id, skip.because("not needed"))
        .await;
    acted.unwrap();
    until_task(&bench, id, 1, TaskStatus::Completed).await;
    bench.runtime.cancel_workflow(id).await.unwrap();
    bench.until_status(id, WorkflowStatus::Cancelled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_that_came_due_while_stop_held_it_back_goes_on_once_the_failure_is_settled() {
    let bench = Workbench::new().await;
    let (gate, mended) = (bench.path("gate"), bench.path("mended"));
    let wait = format!("while ! test -e '{}'; do sleep 0.05; done", gate.display());
    // However late the failure beside it comes, it finds a retry that waits.
    let fails = format!("test -e '{}'", mended.display());
    let clean_up = StepDefinition {
        run_if: RunIf::Always,
        ..shell("clean up", &wait, &[0])
    };
    let steps = [failing("a"), shell("b", &fails, &[]), clean_up];
    let definition = WorkflowDefinition::new("W", &steps).unwrap();
    let id = bench
        .start(&definition.with_on_failure(OnFailure::Stop))
        .await;
    let held = |progress: &Progress| {
        let states: Vec<_> = progress.tasks.iter().map(|task| task.status).collect();
        states
            == [
                TaskStatus::Failed,
                TaskStatus::Retrying,
                TaskStatus::Running,
            ]
    };
    let progress = bench.until(id, held).await;
    let due = progress.tasks[1].next_retry_at.unwrap().as_micros() + 200_000;
    eventually("its moment passes", || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        now.as_micros() > u128::try_from(due).unwrap()
    })
    .await;
    assert!(held(&bench.progress(id).await), "stop holds it back");
    std::fs::write(&mended, "").unwrap();
    let done = Action::MarkDone {
        task: 0,
        output: json!({}),
    };
    bench
        .runtime
        .act(&Actor::program(), id, done.because("done by hand"))
        .await
        .unwrap();
    until_task(&bench, id, 1, TaskStatus::Completed).await;
    std::fs::write(&gate, "").unwrap();
    bench.until_status(id, WorkflowStatus::Completed).await;
}

#[tokio::test]
async fn what_still_runs_after_a_pause_is_stopped_when_somebody_does_not_want_to_wait() {
    let bench = Workbench::new().await;
    let runs = bench.path("runs");
    let script = format!("touch {}; exec sleep 600", runs.display());
    let id = start(&bench, &[shell("Long", &script, &[])]).await;
    eventually("it runs", || runs.exists()).await;
    let actor = Actor::program();
    for action in [Action::Pause, Action::PauseAndInterrupt] {
        let asked = bench.runtime.act(&actor, id, action.into()).await;
        assert_eq!(asked.unwrap().summary.status, WorkflowStatus::Paused);
    }
    until_task(&bench, id, 0, TaskStatus::Queued).await;
    let progress = bench.progress(id).await;
    assert_eq!(progress.summary.status, WorkflowStatus::Paused);
    assert_eq!(progress.tasks[0].retry_count, 0);
    bench.runtime.cancel_workflow(id).await.unwrap();
    bench.until_status(id, WorkflowStatus::Cancelled).await;
}
