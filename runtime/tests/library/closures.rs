//! What closures are given, what they may answer, and how their attempts end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use runtime::step::Effect;
use runtime::{
    Actor, FailureKind, JobId, JobOrchestrator, JobOrchestratorError, Mode, RunIf, SkipReason,
    StepError, StepOutput, TaskStatus, Trouble, TroubleKind, WorkflowDefinition, WorkflowStatus,
    WorkflowStep, Workflows, json,
};

use crate::workbench::{
    INSTALLATION, events, execute, failure, log, on_both, output, start, until, within,
};

#[tokio::test]
async fn a_closure_gets_what_the_steps_before_it_gave_by_position_and_by_key() {
    on_both(async |engine| {
        let definition = WorkflowDefinition::new("Outputs")
            .step(WorkflowStep::new("Download Images", "a", |_cx| async {
                Ok(json!({"count": 1000}))
            }))
            .step(WorkflowStep::new("Nothing", "b", |_cx| async { Ok(()) }).key("empty"))
            .step(
                WorkflowStep::new("Use", "c", |cx| async move {
                    let by_position = cx.output(0)?["count"].clone();
                    let by_key = cx.output("download_images")?["count"].clone();
                    Ok(json!([by_position, by_key, cx.output("empty")?]))
                })
                .dependencies(["download_images", "empty"]),
            );
        let done = execute(&engine, &definition).await;
        assert_eq!(done.status, WorkflowStatus::Completed);
        let used = output(&engine, done.id, 2).await;
        assert_eq!(used, json!([1000, 1000, {}]));
    })
    .await;
}

#[tokio::test]
async fn a_step_that_is_none_of_its_dependencies_gives_it_nothing_and_no_try_is_wasted() {
    on_both(async |engine| {
        let definition = WorkflowDefinition::new("No output")
            .step(WorkflowStep::new("A", "a", |_cx| async { Ok(()) }))
            .step(WorkflowStep::new("B", "b", |cx| async move {
                Ok(cx.output("a")?.clone())
            }));
        let done = execute(&engine, &definition).await;
        assert_eq!(done.status, WorkflowStatus::Failed);
        let why = failure(&engine, done.id, 1).await;
        assert!(why.starts_with("step \"a\" gave no output"), "{why}");
    })
    .await;
}

#[tokio::test]
async fn a_closure_knows_its_workflow_its_parameters_and_its_configuration() {
    on_both(async |engine| {
        let definition = WorkflowDefinition::new("Knows")
            .parameter("url", "https://example.org")
            .step(WorkflowStep::new("Count", "a", |_cx| async {
                Ok(json!(2))
            }))
            .step(
                WorkflowStep::new("Tell", "b", |cx| async move {
                    cx.log().stdout("told");
                    Ok(json!({
                        "workflow": cx.workflow_id(), "job": cx.job_id(), "task": cx.task(),
                        "attempt": cx.attempt(), "key": cx.idempotency_key(),
                        "url": cx.parameters()["url"], "by": cx.metadata()["by"],
                        "config": cx.config(),
                    }))
                })
                .config(json!({"twice": ["{{ steps.count.output }}", "{{ workflow.job_id }}"]}))
                .dependencies([0]),
            );
        let metadata = json!({"by": "Ada"}).as_object().cloned();
        let created = engine
            .create_workflow(JobId(7), &definition, metadata)
            .await;
        let created = created.unwrap();
        let id = created.id;
        within(engine.execute_workflow(id, &definition))
            .await
            .unwrap();
        let effect = Effect {
            installation: INSTALLATION,
            workflow_id: id,
            created_at: created.created_at,
            task: 1,
            redo: 0,
        };
        let key = effect.idempotency_key();
        let told = json!({
            "workflow": id, "job": 7, "task": 1, "attempt": 1, "key": key,
            "url": "https://example.org", "by": "Ada", "config": {"twice": [2, 7]},
        });
        assert_eq!(output(&engine, id, 1).await, told);
        assert!(log(&engine, id, 1).await.contains(&"told".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn any_error_is_tried_again_and_the_key_of_the_effect_stays() {
    on_both(async |engine| {
        let keys = Arc::new(std::sync::Mutex::new(Vec::new()));
        let seen = Arc::clone(&keys);
        let flaky = WorkflowStep::new("Flaky", "a", move |cx| {
            seen.lock().unwrap().push(cx.idempotency_key());
            async move {
                let text = if cx.attempt() == 1 { "none" } else { "5" };
                // Any error will do.
                Ok(json!(text.parse::<u32>()?))
            }
        });
        let definition = WorkflowDefinition::new("Again").step(flaky.max_retries(1));
        let done = execute(&engine, &definition).await;
        assert_eq!(done.status, WorkflowStatus::Completed);
        let progress = engine.get_workflow_progress(done.id).await.unwrap();
        assert_eq!(
            (progress.tasks[0].attempt, progress.tasks[0].retry_count),
            (2, 1)
        );
        let keys = keys.lock().unwrap().clone();
        assert_eq!((keys.len(), keys[0]), (2, keys[1]));
        let lines = log(&engine, done.id, 0).await.join("\n");
        assert!(
            lines.contains("invalid digit found in string; next try in 1 s"),
            "{lines}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_permanent_failure_is_not_tried_again_and_an_unknown_end_of_a_once_step_is_none_either() {
    on_both(async |engine| {
        let definition = WorkflowDefinition::new("Gives up")
            .step(WorkflowStep::new("Permanent", "a", |_cx| async {
                Err::<(), _>(StepError::permanent("no such customer"))
            }))
            .step(
                WorkflowStep::new("Once", "b", |_cx| async {
                    Err::<(), _>(StepError::unknown("no answer came"))
                })
                .mode(Mode::Once),
            );
        let done = execute(&engine, &definition).await;
        assert_eq!(done.status, WorkflowStatus::Failed);
        assert_eq!(failure(&engine, done.id, 0).await, "no such customer");
        let why = failure(&engine, done.id, 1).await;
        assert!(why.contains("no answer came"), "{why}");
        let progress = engine.get_workflow_progress(done.id).await.unwrap();
        assert!(progress.tasks.iter().all(|task| task.attempt == 1));
    })
    .await;
}

#[tokio::test]
async fn a_closure_that_takes_too_long_is_told_to_stop_and_timed_out() {
    on_both(async |engine| {
        let was_told = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&was_told);
        let slow = WorkflowStep::new("Slow", "a", move |cx| {
            let told = Arc::clone(&told);
            async move {
                cx.stopped().await;
                told.store(true, Ordering::Relaxed);
                Err::<(), _>(StepError::Stopped)
            }
        });
        let slow = slow.timeout(Duration::from_millis(50)).max_retries(0);
        let done = execute(&engine, &WorkflowDefinition::new("Late").step(slow)).await;
        assert_eq!(done.status, WorkflowStatus::Failed);
        assert_eq!(failure(&engine, done.id, 0).await, "timed out after 0.05 s");
        assert!(was_told.load(Ordering::Relaxed));
    })
    .await;
}

#[tokio::test]
async fn a_panic_in_a_closure_or_in_its_future_fails_the_attempt_with_its_text() {
    on_both(async |engine| {
        let definition = WorkflowDefinition::new("Panics")
            .step(
                WorkflowStep::new("In its future", "a", |_cx| async {
                    if true {
                        panic!("the list is empty");
                    }
                    Ok(())
                })
                .max_retries(0),
            )
            .step(
                WorkflowStep::new("In itself", "b", |cx| {
                    assert_eq!(cx.task(), 0, "wrong step");
                    async { Ok(()) }
                })
                .max_retries(0),
            );
        let done = execute(&engine, &definition).await;
        assert_eq!(done.status, WorkflowStatus::Failed);
        assert_eq!(
            failure(&engine, done.id, 0).await,
            "panicked: the list is empty"
        );
        let why = failure(&engine, done.id, 1).await;
        assert!(why.contains("wrong step"), "{why}");
    })
    .await;
}

#[tokio::test]
async fn a_closure_wins_over_the_step_type_whose_name_it_carries() {
    on_both(async |engine| {
        // Both would be refused as steps of these types: a bad configuration, and programs are
        // switched off here.
        let definition = WorkflowDefinition::new("Wins")
            .step(
                WorkflowStep::new("Wait", "delay", |cx| async move { Ok(cx.config().clone()) })
                    .config(json!({"seconds": "soon", "bogus": 1})),
            )
            .step(WorkflowStep::new("Command", "command", |_cx| async {
                Ok(json!("mine"))
            }));
        let done = execute(&engine, &definition).await;
        assert_eq!(done.status, WorkflowStatus::Completed);
        let config = output(&engine, done.id, 0).await;
        assert_eq!(config, json!({"seconds": "soon", "bogus": 1}));
        assert_eq!(output(&engine, done.id, 1).await, json!("mine"));
        let progress = engine.get_workflow_progress(done.id).await.unwrap();
        assert_eq!(progress.tasks[0].task_type, "delay");
    })
    .await;
}

#[tokio::test]
async fn a_closure_may_wait_or_have_nothing_to_do_and_registered_types_stand_beside_it() {
    on_both(async |engine| {
        let definition = WorkflowDefinition::new("Answers")
            .step(WorkflowStep::new("Waits", "a", |_cx| async {
                Ok(StepOutput::Wait(Duration::from_millis(20)))
            }))
            .step(
                WorkflowStep::new("Idle", "b", |_cx| async { Ok(StepOutput::NothingToDo) })
                    .dependencies([0]),
            )
            .step(
                WorkflowStep::of_type("Rest", "delay", json!({"seconds": 0.01}))
                    .dependencies(["idle", "waits"]),
            )
            .step(
                WorkflowStep::new("Alarm", "c", |_cx| async { Ok(()) })
                    .dependencies([2])
                    .run_if(RunIf::Failed),
            );
        let done = execute(&engine, &definition).await;
        assert_eq!(done.status, WorkflowStatus::Completed);
        let progress = engine.get_workflow_progress(done.id).await.unwrap();
        let statuses: Vec<_> = progress.tasks.iter().map(|task| task.status).collect();
        use TaskStatus::{Completed, Skipped};
        assert_eq!(statuses, [Completed, Skipped, Completed, Skipped]);
        for skipped in [1, 3] {
            let reason = progress.tasks[skipped].skip_reason;
            assert_eq!(reason, Some(SkipReason::NotNeeded));
        }
    })
    .await;
}

#[tokio::test]
async fn a_closure_is_called_only_where_its_condition_is_true() {
    on_both(async |engine| {
        let called = Arc::new(AtomicU32::new(0));
        let counting = |name: &str| {
            let called = Arc::clone(&called);
            WorkflowStep::new(name, "count", move |_cx| {
                called.fetch_add(1, Ordering::SeqCst);
                async { Ok(()) }
            })
            .dependencies(["scan"])
        };
        let definition = WorkflowDefinition::new("Conditions")
            .step(WorkflowStep::new("Scan", "a", |_cx| async {
                Ok(json!({ "n": 1 }))
            }))
            .step(counting("Some").condition("steps.scan.output.n > 0"))
            .step(counting("Many").condition("steps.scan.output.n > 9"));
        let done = execute(&engine, &definition).await;
        assert_eq!(done.status, WorkflowStatus::Completed);
        let progress = engine.get_workflow_progress(done.id).await.unwrap();
        let statuses: Vec<_> = progress.tasks.iter().map(|task| task.status).collect();
        use TaskStatus::{Completed, Skipped};
        assert_eq!(statuses, [Completed, Completed, Skipped]);
        assert_eq!(called.load(Ordering::SeqCst), 1);
    })
    .await;
}

#[tokio::test]
async fn a_cancel_is_seen_by_the_closure_and_ends_it() {
    on_both(async |engine| {
        let ended = Arc::new(AtomicU32::new(0));
        let ends = Arc::clone(&ended);
        let patient = WorkflowStep::new("Patient", "a", move |cx| {
            let ends = Arc::clone(&ends);
            async move {
                cx.report_progress(0.25);
                cx.stopped().await;
                ends.fetch_add(1, Ordering::Relaxed);
                Err::<(), _>(StepError::Stopped)
            }
        });
        let definition = WorkflowDefinition::new("Cancelled").step(patient);
        let id = start(&engine, &definition).await;
        until(&engine, id, |progress| progress.tasks[0].progress == 0.25).await;
        engine.cancel_workflow(id).await.unwrap();
        let over = until(&engine, id, |progress| progress.status.is_terminal()).await;
        assert_eq!(over.status, WorkflowStatus::Cancelled);
        assert_eq!(over.tasks[0].status, TaskStatus::Cancelled);
        assert_eq!(ended.load(Ordering::Relaxed), 1);
    })
    .await;
}

#[test]
fn the_kinds_of_failure_have_their_words_here_too() {
    // What a program matches on in events comes from this crate alone.
    assert_ne!(FailureKind::Permanent, FailureKind::OutcomeUnknown);
}

#[tokio::test]
async fn whoever_waits_for_the_end_of_a_workflow_is_told_when_the_engine_stops() {
    on_both(async |engine| {
        let definition = WorkflowDefinition::new("Long").step(WorkflowStep::of_type(
            "Wait",
            "delay",
            json!({"seconds": 600}),
        ));
        let created = engine.create_workflow(JobId(1), &definition, None).await;
        let id = created.unwrap().id;
        let (waiter, waited_for) = (engine.clone(), definition.clone());
        let waiting = tokio::spawn(async move { waiter.execute_workflow(id, &waited_for).await });
        until(&engine, id, |progress| progress.running_tasks == 1).await;
        within(engine.shutdown()).await;
        let told = within(waiting).await.unwrap().unwrap_err();
        assert_eq!(told, JobOrchestratorError::Stopping);
    })
    .await;
}

#[tokio::test]
async fn a_closure_that_panics_fails_its_step_with_the_text_and_disables_nothing() {
    on_both(async |engine| {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let definition = WorkflowDefinition::new("Fragile").step(
            // Under the name of a step type, which others use as well.
            WorkflowStep::new("Breaks", "noop", |_cx| async {
                assert!(RUNS.fetch_add(1, Ordering::SeqCst) >= 5, "broken glass");
                Ok(())
            })
            .max_retries(0),
        );
        RUNS.store(0, Ordering::SeqCst);
        for _ in 0..5 {
            let failed = execute(&engine, &definition).await;
            assert_eq!(failed.status, WorkflowStatus::Failed);
            let progress = engine.get_workflow_progress(failed.id).await.unwrap();
            let told = progress.tasks[0].error_message.clone().unwrap();
            assert!(told.contains("panicked: broken glass"), "{told}");
        }
        // Whether the machine is slow just now is another matter.
        let slow = |one: &Trouble| one.kind == TroubleKind::DatabaseSlow;
        let troubles = engine.troubles();
        assert!(troubles.iter().all(slow), "{troubles:?}");
        let done = execute(&engine, &definition).await;
        assert_eq!(done.status, WorkflowStatus::Completed);
        let of_type = WorkflowStep::of_type("Any", "noop", json!({}));
        let of_type = WorkflowDefinition::new("Beside").step(of_type);
        let done = execute(&engine, &of_type).await;
        assert_eq!(done.status, WorkflowStatus::Completed);
    })
    .await;
}

#[tokio::test]
async fn a_closure_that_stops_although_nobody_told_it_to_is_charged_for_it() {
    on_both(async |engine| {
        let stops = |name: &str| {
            WorkflowStep::new(name, "a", |_cx| async { Err::<(), _>(StepError::Stopped) })
        };
        let definition = WorkflowDefinition::new("Stops")
            .step(stops("Again").max_retries(1))
            .step(stops("Once").mode(Mode::Once));
        let done = execute(&engine, &definition).await;
        assert_eq!(done.status, WorkflowStatus::Failed);
        let told = "it stopped although nobody here had told it to";
        assert_eq!(failure(&engine, done.id, 0).await, told);
        let why = failure(&engine, done.id, 1).await;
        assert!(why.starts_with(told), "{why}");
        assert!(why.contains("it may have taken effect"), "{why}");
        let progress = engine.get_workflow_progress(done.id).await.unwrap();
        let attempts: Vec<_> = progress.tasks.iter().map(|task| task.attempt).collect();
        assert_eq!(attempts, [2, 1]);
    })
    .await;
}

#[tokio::test]
async fn a_closure_may_wait_for_a_year_and_not_longer() {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    on_both(async |engine| {
        let waits = |wait| {
            let step = WorkflowStep::new("Waits", "a", move |_cx| async move {
                Ok(StepOutput::Wait(wait))
            });
            WorkflowDefinition::new(format!("Waits {wait:?}")).step(step)
        };
        for (wait, told) in [
            (YEAR + Duration::from_nanos(1), "more than 365 days"),
            (Duration::MAX, "more than 213503982334601 days"),
        ] {
            let done = execute(&engine, &waits(wait)).await;
            assert_eq!(done.status, WorkflowStatus::Failed);
            let why = failure(&engine, done.id, 0).await;
            let told = format!("it wants to wait for {told}; a step waits for 365 days at most");
            assert_eq!(why, told);
        }
        let id = start(&engine, &waits(YEAR)).await;
        until(&engine, id, |progress| {
            progress.tasks[0].waits_until.is_some()
        })
        .await;
        let told = serde_json::to_string(&events(&engine, id).await).unwrap();
        let read: Vec<runtime::EventRecord> = serde_json::from_str(&told).unwrap();
        assert_eq!(read, events(&engine, id).await);
        engine.cancel_workflow(id).await.unwrap();
        until(&engine, id, |progress| progress.status.is_terminal()).await;
        assert_eq!(engine.quarantined(), []);
    })
    .await;
}

#[tokio::test]
async fn the_words_of_a_failure_are_cut_off_where_they_are_kept_and_it_is_said_how_much_is_missing()
{
    on_both(async |engine| {
        let definition = WorkflowDefinition::new("Talks")
            .step(WorkflowStep::new("Says", "a", |_cx| async {
                Err::<(), _>(StepError::permanent("ü".repeat(1_000_000)))
            }))
            .step(
                WorkflowStep::new("Panics", "b", |_cx| async {
                    if true {
                        panic!("{}", "\u{1}".repeat(100_000));
                    }
                    Ok(())
                })
                .mode(Mode::Once),
            );
        let done = execute(&engine, &definition).await;
        assert_eq!(done.status, WorkflowStatus::Failed);
        let said = failure(&engine, done.id, 0).await;
        assert_eq!(
            said,
            format!("{}… (1995904 more bytes are not kept)", "ü".repeat(2048))
        );
        let panicked = failure(&engine, done.id, 1).await;
        assert!(
            panicked.contains(" more bytes are not kept); it is not tried again"),
            "{panicked}"
        );
        for record in events(&engine, done.id).await {
            let bytes = serde_json::to_string(&record).unwrap().len();
            assert!(
                bytes <= 8 * 1024,
                "{} has {bytes} bytes",
                record.event.kind()
            );
        }
        for task in [0, 1] {
            let detail = engine.task(&Actor::program(), done.id, task).await.unwrap();
            let bytes = serde_json::to_string(&detail).unwrap().len();
            assert!(bytes <= 24 * 1024, "task {task} has {bytes} bytes");
        }
    })
    .await;
}
