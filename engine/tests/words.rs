//! The words for everything: each is one word, in JSON as in tables and URLs, and what is refused or
//! wrong is said in sentences.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "these are tests"
)]

use std::fmt::Debug;

use engine::action::Recovery;
use engine::allowed::verdict;
use engine::orchestrator::{ActionRequest, Hindrance, SwitchedOff, WorkflowSelection};
use engine::workflow::NewWorkflow;
use engine::workflow_status::WorkflowTrigger;
use engine::{
    Action, Actor, AttemptOutcome, DefinitionId, JobId, JobOrchestratorError, Mode, Problem,
    Refusal, Role, SkipReason, StepDefinition, TaskId, TaskStatus, Timestamp, TroubleKind,
    WaitsFor, Workflow, WorkflowDefinition, WorkflowId, WorkflowStatus,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, json};

/// Each word is the one in JSON, is read back, and means one thing.
#[track_caller]
fn are_words<T>(all: &[T], word: impl Fn(T) -> &'static str)
where
    T: Copy + Debug + PartialEq + Serialize + DeserializeOwned,
{
    for one in all {
        let told = word(*one);
        assert_eq!(serde_json::to_value(one).unwrap(), json!(told));
        assert_eq!(serde_json::from_value::<T>(json!(told)).unwrap(), *one);
        let same = all.iter().filter(|other| word(**other) == told).count();
        assert_eq!(same, 1, "{told} means {one:?} and something else");
    }
    assert!(serde_json::from_value::<T>(json!("nothing")).is_err());
}

#[test]
fn a_word_is_the_same_in_json_in_tables_and_in_urls() {
    are_words(&Role::ALL, Role::as_str);
    are_words(&WorkflowStatus::ALL, WorkflowStatus::as_str);
    are_words(&TaskStatus::ALL, TaskStatus::as_str);
    are_words(&AttemptOutcome::ALL, AttemptOutcome::as_str);
    are_words(&TroubleKind::ALL, TroubleKind::as_str);
    let hindrances = [
        Hindrance::DatabaseAway,
        Hindrance::DiskFull,
        Hindrance::DiskNearlyFull,
    ];
    are_words(&hindrances, Hindrance::as_str);
}

#[test]
fn words_are_read_back_and_others_are_refused_with_those_there_are() {
    for role in Role::ALL {
        assert_eq!(role.to_string().parse(), Ok(role));
    }
    for status in WorkflowStatus::ALL {
        assert_eq!(status.to_string().parse(), Ok(status));
    }
    for status in TaskStatus::ALL {
        assert_eq!(status.to_string().parse(), Ok(status));
    }
    let unknown = "Owner".parse::<Role>().unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "no such role; the roles are viewer, operator, editor and owner"
    );
    assert!("RUNNING".parse::<WorkflowStatus>().is_err());
    assert!("".parse::<TaskStatus>().is_err());
}

#[test]
fn a_list_is_asked_for_by_its_name_or_by_a_state() {
    use WorkflowSelection as S;
    let asked = ["active", "recoverable", "failed", "paused", "cancelled"];
    assert_eq!(
        asked.map(WorkflowSelection::from_word),
        [
            Some(S::Active),
            Some(S::Recoverable),
            Some(S::Failed),
            Some(S::Status(WorkflowStatus::Paused)),
            Some(S::Status(WorkflowStatus::Cancelled)),
        ]
    );
    assert_eq!(WorkflowSelection::from_word("all of them"), None);
}

#[test]
fn numbers_are_read_and_written_plainly_and_a_job_has_one_that_every_reader_keeps() {
    assert_eq!("42".parse(), Ok(WorkflowId(42)));
    assert_eq!("-1".parse(), Ok(JobId(-1)));
    assert!("4.2".parse::<DefinitionId>().is_err());
    assert_eq!(format!("{:>4}", TaskId(7)), "   7");
    for (number, is_usable) in [
        (0, false),
        (1, true),
        (JobId::LARGEST, true),
        (JobId::LARGEST + 1, false),
        (-1, false),
    ] {
        assert_eq!(JobId(number).is_usable(), is_usable, "{number}");
    }
    #[expect(clippy::cast_precision_loss, reason = "that it is exact is the point")]
    let as_float = JobId::LARGEST as f64;
    assert_eq!(format!("{as_float:.0}"), JobId::LARGEST.to_string());
}

fn actions() -> Vec<Action> {
    let output = json!(null);
    vec![
        Action::Start,
        Action::Pause,
        Action::PauseAndInterrupt,
        Action::Resume,
        Action::Cancel,
        Action::recover(2),
        Action::Skip { task: 2 },
        Action::MarkDone { task: 2, output },
        Action::TryNow { task: 2 },
        Action::RaiseBudget {
            max_recovery_attempts: 9,
        },
    ]
}

#[test]
fn every_action_has_its_word_and_is_for_operators_and_those_above_them() {
    let words: Vec<_> = actions().iter().map(Action::as_str).collect();
    assert_eq!(
        words,
        [
            "start",
            "pause",
            "pause",
            "resume",
            "cancel",
            "recover",
            "skip",
            "mark-done",
            "try-now",
            "raise-budget",
        ]
    );
    for action in actions() {
        let may = Role::ALL.map(|role| {
            let name = String::new();
            Actor::person(name, role).may(action.needs())
        });
        assert_eq!(may, [false, true, true, true], "{action:?}");
        assert!(Actor::program().may(action.needs()));
        let about_a_step = matches!(
            action.as_str(),
            "recover" | "skip" | "mark-done" | "try-now"
        );
        assert_eq!(action.task(), about_a_step.then_some(2), "{action:?}");
        let request = ActionRequest::from(action.clone());
        assert_eq!(request.action, action);
        let beside = (request.reason, request.expected_rev, request.command_id);
        assert_eq!(beside, (None, None, None));
    }
    let settling: Vec<_> = actions().into_iter().filter(Action::needs_reason).collect();
    let words: Vec<_> = settling.iter().map(Action::as_str).collect();
    assert_eq!(words, ["skip", "mark-done"]);
    let forced = json!({"action": "recover", "from_step": 1, "force": true, "instead": "skip"});
    let read: Action = serde_json::from_value(forced.clone()).unwrap();
    assert!(matches!(
        &read,
        Action::Recover(Recovery {
            from_step: 1,
            force: true,
            instead: Some(_)
        })
    ));
    assert_eq!(serde_json::to_value(&read).unwrap(), forced);
    assert!(read.needs_reason(), "it settles the step");
}

/// A workflow of one step in this state, with one recovery of three made.
fn workflow(status: WorkflowStatus) -> Workflow {
    let steps = [StepDefinition::new("Only", "noop")];
    let definition = WorkflowDefinition::new("Words", &steps).unwrap();
    let new = NewWorkflow {
        id: WorkflowId(1),
        job_id: JobId(1),
        first_task_id: TaskId(1),
        definition: definition.into(),
        metadata: Map::new(),
        parameters: Map::new(),
    };
    let workflow = Workflow::new(new, Timestamp::default());
    let (mut record, task) = (
        workflow.record().clone(),
        workflow.tasks()[0].record().clone(),
    );
    record.status = status;
    record.recovery_attempts = 1;
    Workflow::restore(record, workflow.definition().clone(), vec![task])
}

#[test]
fn a_refused_command_says_what_was_asked_in_which_state_and_what_to_do_instead() {
    use WorkflowStatus::{Cancelled, Completed, Failed, Paused, Pending, Recovering, Running};
    let raise = |max_recovery_attempts| Action::RaiseBudget {
        max_recovery_attempts,
    };
    for (status, action, sentence) in [
        (
            Failed,
            Action::Start,
            "a failed workflow cannot be started: recover it instead",
        ),
        (
            Completed,
            Action::Pause,
            "a completed workflow cannot be paused: it is over",
        ),
        (
            Pending,
            Action::Resume,
            "a pending workflow cannot be resumed: start it instead",
        ),
        (
            Failed,
            Action::Cancel,
            "a failed workflow cannot be cancelled: it is over",
        ),
        (
            Recovering,
            Action::recover(0),
            "a recovering workflow cannot be recovered: it is being recovered; wait, pause it or \
             cancel it",
        ),
        (
            Completed,
            raise(9),
            "a completed workflow cannot be given a larger recovery budget: everything in it is \
             done",
        ),
        (
            Cancelled,
            raise(3),
            "the recovery budget is 3; a raised one is larger, and at most 100",
        ),
        (
            Running,
            Action::recover(0),
            "a running workflow cannot be recovered: it is still going on; wait until it ends, \
             cancel it, or recover it with force, which stops what runs",
        ),
        (
            Paused,
            raise(101),
            "the recovery budget is 3; a raised one is larger, and at most 100",
        ),
    ] {
        let refusal = verdict(workflow(status).record(), false, &action).unwrap_err();
        assert_eq!(refusal.to_string(), sentence);
    }
    let asked = WorkflowTrigger::ALL.map(|trigger| {
        let refusal = Refusal::State {
            status: Running,
            trigger,
            advice: "no",
        };
        assert_eq!(refusal.advice(), "no");
        refusal.to_string()
    });
    let is_sentence =
        |text: &String| text.starts_with("a running workflow cannot be ") && text.ends_with(": no");
    assert!(asked.iter().all(is_sentence), "{asked:#?}");
    assert!(Refusal::Cancelling.advice().contains("being cancelled"));
}

#[test]
fn a_deletion_that_is_refused_says_what_to_do_first() {
    let running = workflow(WorkflowStatus::Running);
    let refusal = verdict(running.record(), false, &Action::Delete).unwrap_err();
    let sentence = "a running workflow cannot be deleted: cancel it first, or wait until it ends";
    assert_eq!(refusal.to_string(), sentence);
    assert_eq!(refusal.advice(), "cancel it first, or wait until it ends");
}

#[test]
fn what_the_service_says_no_with_is_a_sentence() {
    use JobOrchestratorError as E;
    let problem = Problem::new("#/name", "is missing");
    let off = SwitchedOff {
        task: 0,
        name: "Build".into(),
        why: "command steps are switched off",
    };
    for (error, sentence) in [
        (
            E::Invalid(vec![problem.clone()]),
            "one problem in what was sent: #/name: is missing",
        ),
        (
            E::Invalid(vec![problem; 4]),
            "4 problems in what was sent: #/name: is missing; #/name: is missing; #/name: is missing; \
             and 1 more",
        ),
        (
            E::NotFound {
                what: "workflow",
                id: 7,
            },
            "there is no workflow 7",
        ),
        (
            E::Forbidden {
                needs: Role::Editor,
            },
            "this needs the role editor",
        ),
        (E::Refused(Refusal::NotDue { task: 2 }), "step 2 is not due"),
        (
            E::SwitchedOff(vec![off]),
            "\"Build\" cannot run here: command steps are switched off",
        ),
        (
            E::Stopping,
            "the service is stopping; try again in a moment",
        ),
    ] {
        assert_eq!(error.to_string(), sentence);
    }
    let hindered = E::from(Hindrance::DiskFull).to_string();
    assert!(
        hindered.starts_with("the disk of the server is full"),
        "{hindered}"
    );
}

#[test]
fn what_a_step_waits_for_is_said_and_read_back() {
    for (waits_for, word) in [
        (WaitsFor::Handler, "handler"),
        (WaitsFor::StepType, "step_type"),
    ] {
        assert_eq!(serde_json::to_value(waits_for).unwrap(), json!(word));
        let sentence = waits_for.sentence();
        assert!(sentence.starts_with("waits for its "), "{sentence}");
        assert!(!sentence.ends_with('.'));
    }
    let modes = Mode::ALL.map(|mode| serde_json::to_value(mode).unwrap());
    assert_eq!(modes, Mode::ALL.map(|mode| json!(mode.as_str())));
    let reasons = [
        SkipReason::NotNeeded,
        SkipReason::ConditionNotMet,
        SkipReason::Operator,
    ];
    assert!(reasons.into_iter().all(SkipReason::is_for_good));
}
