//! Results that come when nobody waits for them any more: after the time ran out, and after somebody
//! had the step done again. They are kept with their attempt and change nothing.

use std::sync::Arc;
use std::time::Duration;

use engine::{
    Action, Actor, AttemptOutcome, Event, EventRecord, JobOrchestrator, Mode, Recovery, TaskStatus,
    WorkflowId, WorkflowStatus, Workflows,
};
use runtime::{JobId, WorkflowDefinition, WorkflowStep};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::sync::Semaphore;

use crate::ailments::ailments;
use crate::examined::{Examined, roomy};
use crate::workbench::{Sound, until};

const LIMIT: Duration = Duration::from_secs(60);

struct Place {
    folder: Examined,
    runtime: Sound,
}

async fn open(folder: &Examined, definition: &WorkflowDefinition) -> Sound {
    let builder = roomy().sqlite(folder.path().join("jobs.db"));
    builder.register(definition).start().await.unwrap().into()
}

impl Place {
    async fn new(definition: &WorkflowDefinition) -> Self {
        let folder = Examined::new();
        let runtime = open(&folder, definition).await;
        Self { folder, runtime }
    }

    async fn reopened(self, definition: &WorkflowDefinition) -> Self {
        let Self { folder, runtime } = self;
        runtime.shutdown().await;
        drop(runtime);
        let runtime = open(&folder, definition).await;
        Self { folder, runtime }
    }

    async fn start(&self, definition: &WorkflowDefinition) -> WorkflowId {
        let created = self.runtime.create_workflow(JobId(1), definition, None);
        let id = created.await.unwrap().id;
        self.runtime.start_workflow(id).await.unwrap();
        id
    }

    async fn until(&self, id: WorkflowId, status: WorkflowStatus) {
        self.until_so(id, |progress| progress.summary.status == status)
            .await;
    }

    async fn until_so(&self, id: WorkflowId, is_so: impl Fn(&engine::Progress) -> bool) {
        until(&self.runtime, id, is_so).await;
    }

    /// Each attempt of the first step: how it stands, why it failed, what it gave too late.
    async fn attempts(&self, id: WorkflowId) -> Vec<(String, Option<String>, Option<Value>)> {
        let task = self.runtime.task(&Actor::program(), id, 0).await.unwrap();
        let attempts = task.attempts.into_iter();
        attempts.map(|a| (a.outcome, a.error, a.output)).collect()
    }

    async fn output(&self, id: WorkflowId) -> Option<Value> {
        let task = self.runtime.task(&Actor::program(), id, 0).await.unwrap();
        task.output
    }

    async fn events(&self, id: WorkflowId) -> Vec<EventRecord> {
        let events = self.runtime.events(&Actor::program(), id, 0, 1_000).await;
        events.unwrap()
    }
}

/// What the last word on the attempt says that it gave, and the kind of the event before.
fn last_word(events: &[EventRecord], number: u32) -> (&'static str, Option<Value>) {
    let place = events.iter().position(|record| {
        matches!(&record.event, Event::AttemptEnded { attempt, outcome, .. }
            if *attempt == number && *outcome == AttemptOutcome::Late)
    });
    let place = place.unwrap_or_else(|| panic!("nothing is told of attempt {number}: {events:#?}"));
    let Event::AttemptEnded { output, .. } = &events[place].event else {
        panic!("looked for above")
    };
    (events[place - 1].event.kind(), output.clone())
}

/// A step that ends well with the number of its attempt; the first takes no notice of being told to
/// stop but to end well.
fn stubborn() -> WorkflowStep {
    WorkflowStep::new("Stubborn", "work", |cx| async move {
        if cx.attempt() == 1 {
            cx.stopped().await;
        }
        Ok(json!({"attempt": cx.attempt()}))
    })
}

const TOO_LATE: &str = "timed out after 0.2 s; it ended well after that, too late to be used";

#[tokio::test]
async fn a_success_after_the_timeout_is_kept_as_late_and_the_step_is_tried_again() {
    let step = stubborn().timeout(Duration::from_millis(200));
    let definition = WorkflowDefinition::new("Late").step(step);
    let place = Place::new(&definition).await;
    let id = place.start(&definition).await;
    place.until(id, WorkflowStatus::Completed).await;
    let expected = [
        (
            "late".to_owned(),
            Some(TOO_LATE.to_owned()),
            Some(json!({"attempt": 1})),
        ),
        ("succeeded".to_owned(), None, None),
    ];
    assert_eq!(place.attempts(id).await, expected);
    assert_eq!(place.output(id).await, Some(json!({"attempt": 2})));
    let told = last_word(&place.events(id).await, 1);
    assert_eq!(told, ("TaskRetryScheduled", Some(json!({"attempt": 1}))));
    // The rows are what the events give, also when they are read again.
    let place = place.reopened(&definition).await;
    assert_eq!(place.attempts(id).await, expected);
    assert_eq!(place.runtime.quarantined(), []);
}

#[tokio::test]
async fn a_doctor_compares_what_came_too_late_with_what_events_tell_of_it() {
    let step = stubborn()
        .timeout(Duration::from_millis(200))
        .max_retries(0);
    let definition = WorkflowDefinition::new("Looked at").step(step);
    let Place { folder, runtime } = Place::new(&definition).await;
    let created = runtime.create_workflow(JobId(1), &definition, None).await;
    let id = created.unwrap().id;
    runtime.execute_workflow(id, &definition).await.unwrap();
    runtime.shutdown().await;
    drop(runtime);
    let file = folder.path().join("jobs.db");
    assert_eq!(ailments(&file).await, [""; 0]);
    let database = SqliteConnectOptions::new().filename(&file);
    let mut connection = database.connect().await.unwrap();
    let changed = sqlx::query("UPDATE attempts SET output = '{}'");
    changed.execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    folder.is_damaged("a row is changed, for the doctor to find");
    let found = ailments(&file).await;
    assert!(found[0].contains("attempt 1 is "), "{found:#?}");
    assert_eq!(found.len(), 1, "{found:#?}");
}

#[tokio::test]
async fn a_step_that_gives_nothing_too_late_is_no_difference_to_a_doctor() {
    let step = WorkflowStep::new("Nothing", "work", |cx| async move {
        cx.stopped().await;
        Ok(Value::Null)
    });
    let step = step.timeout(Duration::from_millis(200)).max_retries(0);
    let definition = WorkflowDefinition::new("Nothing").step(step);
    let place = Place::new(&definition).await;
    let id = place.start(&definition).await;
    place.until(id, WorkflowStatus::Failed).await;
    let attempts = place.attempts(id).await;
    assert_eq!((attempts[0].0.as_str(), &attempts[0].2), ("late", &None));
    let Place { folder, runtime } = place;
    runtime.shutdown().await;
    drop(runtime);
    assert_eq!(ailments(&folder.path().join("jobs.db")).await, [""; 0]);
}

#[tokio::test]
async fn a_step_that_may_run_once_fails_although_it_ended_well_too_late_and_shows_what_it_gave() {
    let step = stubborn().timeout(Duration::from_millis(200));
    let definition = WorkflowDefinition::new("Once").step(step.mode(Mode::Once));
    let place = Place::new(&definition).await;
    let id = place.start(&definition).await;
    place.until(id, WorkflowStatus::Failed).await;
    let attempts = place.attempts(id).await;
    let [(outcome, error, output)] = &attempts[..] else {
        panic!("{attempts:?}")
    };
    assert_eq!(
        (outcome.as_str(), output),
        ("late", &Some(json!({"attempt": 1})))
    );
    let error = error.as_deref().unwrap();
    assert!(
        error.starts_with(TOO_LATE) && error.ends_with("because it may have taken effect"),
        "{error}"
    );
    assert_eq!(place.output(id).await, None, "it is not applied");
    let told = last_word(&place.events(id).await, 1);
    assert_eq!(told, ("TaskFailed", Some(json!({"attempt": 1}))));
}

#[tokio::test]
async fn what_is_told_too_late_while_the_workflow_is_cancelled_is_kept_and_cancels_it() {
    let gate = Arc::new(Semaphore::new(0));
    let open = Arc::clone(&gate);
    let step = WorkflowStep::new("Slow", "work", move |cx| {
        let gate = Arc::clone(&gate);
        async move {
            cx.stopped().await;
            cx.log().stdout("told to stop");
            gate.acquire().await.unwrap().forget();
            Ok(json!({"large": "x".repeat(20_000)}))
        }
    });
    let definition =
        WorkflowDefinition::new("Cancelled").step(step.timeout(Duration::from_millis(200)));
    let place = Place::new(&definition).await;
    let id = place.start(&definition).await;
    let told_to_stop = async {
        while place
            .runtime
            .log(&Actor::program(), id, 0, 0, 10)
            .await
            .unwrap()
            .last
            == 0
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, told_to_stop).await.unwrap();
    place.runtime.cancel_workflow(id).await.unwrap();
    open.add_permits(1);
    place.until(id, WorkflowStatus::Cancelled).await;
    let attempts = place.attempts(id).await;
    let large = json!({"large": "x".repeat(20_000)});
    let stands = engine::event::stand_in(large.to_string().len());
    assert_eq!(attempts, [("late".to_owned(), None, Some(stands))]);
    let alone = place.runtime.attempt(&Actor::program(), id, 0, 1).await;
    assert_eq!(alone.unwrap().output, Some(large));
    let (before, in_event) = last_word(&place.events(id).await, 1);
    assert_eq!(before, "TaskCancelled");
    let bytes = engine::event::stands_for(&in_event.unwrap());
    assert!(bytes.is_some(), "an event stays small");
}

#[tokio::test]
async fn a_success_after_a_recovery_with_force_is_kept_as_late_and_changes_nothing() {
    let gate = Arc::new(Semaphore::new(0));
    let open = Arc::clone(&gate);
    let step = WorkflowStep::new("Deaf", "work", move |cx| {
        let gate = Arc::clone(&gate);
        async move {
            if cx.attempt() == 1 {
                gate.acquire().await.unwrap().forget();
            }
            Ok(json!({"attempt": cx.attempt()}))
        }
    });
    let definition = WorkflowDefinition::new("Fenced").step(step);
    let place = Place::new(&definition).await;
    let id = place.start(&definition).await;
    place
        .until_so(id, |progress| {
            progress.tasks[0].status == TaskStatus::Running
        })
        .await;
    let recover = Action::Recover(Recovery {
        from_step: 0,
        force: true,
        instead: None,
    });
    let actor = Actor::program();
    let state = place.runtime.act(&actor, id, recover.into()).await.unwrap();
    assert_eq!(state.summary.status, WorkflowStatus::Recovering);
    let before = place.runtime.get_workflow_progress(id).await.unwrap();
    assert_eq!(before.tasks[0].status, TaskStatus::Queued);
    assert_eq!(
        place.attempts(id).await,
        [("superseded".to_owned(), None, None)]
    );
    open.add_permits(1);
    place.until(id, WorkflowStatus::Completed).await;
    let expected = [
        ("late".to_owned(), None, Some(json!({"attempt": 1}))),
        ("succeeded".to_owned(), None, None),
    ];
    assert_eq!(place.attempts(id).await, expected);
    assert_eq!(place.output(id).await, Some(json!({"attempt": 2})));
    let events = place.events(id).await;
    let (_, output) = last_word(&events, 1);
    assert_eq!(output, Some(json!({"attempt": 1})));
    let kinds: Vec<_> = events.iter().map(|record| record.event.kind()).collect();
    let word = kinds
        .iter()
        .position(|kind| *kind == "AttemptEnded")
        .unwrap();
    assert_eq!(
        kinds[word - 1..=word + 1],
        ["TaskQueued", "AttemptEnded", "TaskStarted"]
    );
}
