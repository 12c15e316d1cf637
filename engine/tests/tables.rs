//! The tables of states and the table of commands, printed whole: `docs/states.md` shows exactly
//! what the code does. `UPDATE_DOCS=1 cargo test -p engine --test tables` writes it anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "these are tests"
)]

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use engine::allowed::{Execution, TaskVerb, Verdict, execution, judge_task, verdict};
use engine::task_status::TaskTrigger;
use engine::workflow::{NewWorkflow, WorkflowRecord};
use engine::workflow_status::WorkflowTrigger;
use engine::{
    Action, Instead, JobId, Recovery, Refusal, StepDefinition, TaskId, TaskStatus, Timestamp,
    Workflow, WorkflowDefinition, WorkflowId, WorkflowStatus,
};
use serde_json::Map;

/// A Markdown table: a heading cell, one column per word of `columns`, one row per entry.
fn table(corner: &str, columns: &[&str], rows: &[(String, Vec<String>)]) -> String {
    let mut lines = vec![Vec::from([corner.to_owned()])];
    lines[0].extend(columns.iter().map(ToString::to_string));
    for (name, cells) in rows {
        let mut line = vec![name.clone()];
        line.extend(cells.iter().cloned());
        lines.push(line);
    }
    let width = |column: usize| {
        let cells = lines.iter().map(|line| line[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..lines[0].len()).map(width).collect();
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        let cells = line
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        writeln!(text, "| {} |", cells.collect::<Vec<_>>().join(" | ")).unwrap();
        if index == 0 {
            let rules: Vec<_> = widths.iter().map(|width| "-".repeat(*width)).collect();
            writeln!(text, "| {} |", rules.join(" | ")).unwrap();
        }
    }
    text
}

fn workflow_table() -> String {
    let columns = WorkflowStatus::ALL.map(WorkflowStatus::as_str);
    let rows: Vec<_> = WorkflowTrigger::ALL
        .into_iter()
        .map(|trigger| {
            let cell = |from: WorkflowStatus| {
                let to = from.next(trigger);
                to.map_or("·".into(), |to| to.to_string())
            };
            let name = match trigger {
                WorkflowTrigger::AskCancel => "ask to cancel",
                other => other.as_str(),
            };
            (name.to_owned(), WorkflowStatus::ALL.map(cell).to_vec())
        })
        .collect();
    table("trigger \\ from", &columns, &rows)
}

fn task_table() -> String {
    let columns = TaskStatus::ALL.map(TaskStatus::as_str);
    let rows: Vec<_> = TaskTrigger::ALL
        .into_iter()
        .map(|trigger| {
            let cell = |from: TaskStatus| {
                let to = from.next(trigger);
                to.map_or("·".into(), |to| to.to_string())
            };
            let cells = TaskStatus::ALL.map(cell).to_vec();
            (trigger.to_string(), cells)
        })
        .collect();
    table("trigger \\ from", &columns, &rows)
}

const FORCED: Recovery = Recovery {
    from_step: 0,
    force: true,
    instead: None,
};

const ACTIONS: [(&str, Action); 9] = [
    ("start", Action::Start),
    ("resume", Action::Resume),
    ("pause", Action::Pause),
    ("pause and interrupt", Action::PauseAndInterrupt),
    ("cancel", Action::Cancel),
    ("recover", Action::recover(0)),
    ("recover with force", Action::Recover(FORCED)),
    (
        "raise the budget",
        Action::RaiseBudget {
            max_recovery_attempts: 50,
        },
    ),
    ("delete", Action::Delete),
];

/// A stored workflow in `status`, with budget left.
fn record(status: WorkflowStatus) -> WorkflowRecord {
    let definition = WorkflowDefinition::new("W", &[StepDefinition::new("a", "noop")]).unwrap();
    let new = NewWorkflow {
        id: WorkflowId(1),
        job_id: JobId(1),
        first_task_id: TaskId(1),
        definition: Arc::new(definition),
        metadata: Map::new(),
        parameters: Map::new(),
    };
    let mut record = Workflow::new(new, Timestamp::default()).record().clone();
    record.status = status;
    record
}

/// `ok`, `same` or `409`.
fn answer(record: &WorkflowRecord, action: &Action) -> &'static str {
    match verdict(record, false, action) {
        Ok(Verdict::Go) => "ok",
        Ok(Verdict::Same) => "same",
        Err(_) => "409",
    }
}

/// The order of the columns in the design.
const COLUMNS: [WorkflowStatus; 7] = [
    WorkflowStatus::Pending,
    WorkflowStatus::Running,
    WorkflowStatus::Paused,
    WorkflowStatus::Recovering,
    WorkflowStatus::Failed,
    WorkflowStatus::Completed,
    WorkflowStatus::Cancelled,
];

fn command_table() -> String {
    let mut columns = COLUMNS.map(WorkflowStatus::as_str).to_vec();
    columns.push("while cancelling");
    let rows: Vec<_> = ACTIONS
        .into_iter()
        .map(|(name, action)| {
            let mut cells = COLUMNS
                .map(|status| answer(&record(status), &action).to_owned())
                .to_vec();
            let mut cancelling = record(WorkflowStatus::Running);
            cancelling.cancel_requested = true;
            cells.push(answer(&cancelling, &action).to_owned());
            (name.to_owned(), cells)
        })
        .chain([execution_row()])
        .collect();
    table("command \\ state", &columns, &rows)
}

/// Executing is no action: it is answered only at the end.
fn execution_row() -> (String, Vec<String>) {
    let cell = |status, cancelling| match execution(status, cancelling) {
        Ok(Execution::Start) => "starts, waits".to_owned(),
        Ok(Execution::Wait) => "waits".to_owned(),
        Ok(Execution::Over) => "same".to_owned(),
        Err(_) => "409".to_owned(),
    };
    let mut cells = COLUMNS.map(|status| cell(status, false)).to_vec();
    cells.push(cell(WorkflowStatus::Running, true));
    ("execute".into(), cells)
}

#[test]
fn every_pair_of_workflow_state_and_trigger_is_as_the_snapshot_says() {
    insta::assert_snapshot!("workflow_table", workflow_table());
}

#[test]
fn every_pair_of_task_state_and_trigger_is_as_the_snapshot_says() {
    insta::assert_snapshot!("task_table", task_table());
}

#[test]
fn a_pair_that_no_row_names_is_refused_with_the_state_and_the_trigger() {
    for from in WorkflowStatus::ALL {
        for trigger in WorkflowTrigger::ALL {
            if let Err(refusal) = from.next(trigger) {
                assert_eq!((refusal.from, refusal.trigger), (from, trigger));
                let text = refusal.to_string();
                assert!(text.contains(from.as_str()) && text.contains(trigger.as_str()));
            }
        }
    }
    for from in TaskStatus::ALL {
        for trigger in TaskTrigger::ALL {
            if let Err(refusal) = from.next(trigger) {
                assert_eq!((refusal.from, refusal.trigger), (from, trigger));
                let text = refusal.to_string();
                assert!(text.contains(from.as_str()) && text.contains(trigger.as_str()));
            }
        }
    }
}

#[test]
fn only_a_recovery_or_a_raised_budget_leads_out_of_a_state_that_is_over() {
    for from in WorkflowStatus::ALL.into_iter().filter(|s| s.is_terminal()) {
        for trigger in WorkflowTrigger::ALL {
            let allowed = from.next(trigger).is_ok();
            let expected = from != WorkflowStatus::Completed
                && matches!(
                    trigger,
                    WorkflowTrigger::Recover | WorkflowTrigger::RaiseBudget
                );
            assert_eq!(allowed, expected, "{from} × {trigger}");
        }
    }
}

#[test]
fn commands_are_answered_by_state_as_designed() {
    // The order of the states is that of COLUMNS.
    let designed = [
        ("start", ["ok", "same", "ok", "409", "409", "409", "409"]),
        ("resume", ["409", "same", "ok", "same", "409", "409", "409"]),
        ("pause", ["409", "ok", "same", "ok", "409", "409", "409"]),
        (
            "pause and interrupt",
            ["409", "ok", "same", "ok", "409", "409", "409"],
        ),
        ("cancel", ["ok", "ok", "ok", "ok", "409", "409", "same"]),
        ("recover", ["409", "409", "409", "409", "ok", "409", "ok"]),
        (
            "recover with force",
            ["409", "ok", "ok", "409", "ok", "409", "ok"],
        ),
        (
            "raise the budget",
            ["409", "ok", "ok", "ok", "ok", "409", "ok"],
        ),
        ("delete", ["ok", "409", "409", "409", "ok", "ok", "ok"]),
    ];
    assert_eq!(designed.len(), ACTIONS.len());
    for ((label, action), (name, cells)) in ACTIONS.into_iter().zip(designed) {
        assert_eq!(label, name);
        for (status, cell) in COLUMNS.into_iter().zip(cells) {
            assert_eq!(
                answer(&record(status), &action),
                cell,
                "{name} when {status}"
            );
        }
    }
}

#[test]
fn executing_is_answered_by_state_as_designed() {
    let designed = [
        "starts, waits",
        "waits",
        "409",
        "waits",
        "409",
        "same",
        "same",
        "409",
    ];
    assert_eq!(execution_row().1, designed);
}

#[test]
fn what_still_runs_after_a_pause_can_be_interrupted() {
    let judge = |is_busy, action| verdict(&record(WorkflowStatus::Paused), is_busy, &action);
    assert_eq!(judge(true, Action::PauseAndInterrupt), Ok(Verdict::Go));
    assert_eq!(judge(false, Action::PauseAndInterrupt), Ok(Verdict::Same));
    assert_eq!(judge(true, Action::Pause), Ok(Verdict::Same));
}

#[test]
fn while_a_cancel_is_asked_only_cancel_is_answered_and_changes_nothing() {
    for status in COLUMNS.into_iter().filter(|status| status.is_active()) {
        let mut record = record(status);
        record.cancel_requested = true;
        for (_, action) in ACTIONS {
            let answer = verdict(&record, false, &action);
            match (action, answer) {
                (Action::Cancel, answer) => assert_eq!(answer, Ok(Verdict::Same)),
                (_, answer) => assert_eq!(answer, Err(Refusal::Cancelling)),
            }
        }
    }
}

/// What an operator may do to one task: the states of the task in which it is answered `ok`.
fn task_command_table() -> String {
    let columns = TaskStatus::ALL.map(TaskStatus::as_str);
    let verbs = [
        ("skip", TaskVerb::Skip),
        ("mark done", TaskVerb::MarkDone),
        ("try now", TaskVerb::TryNow),
    ];
    let rows: Vec<_> = verbs
        .into_iter()
        .map(|(name, verb)| {
            let cell = |status| {
                let answer = judge_task(WorkflowStatus::Running, false, 0, status, false, verb);
                if answer.is_ok() { "ok" } else { "409" }.to_owned()
            };
            (name.to_owned(), TaskStatus::ALL.map(cell).to_vec())
        })
        .collect();
    table("command \\ task", &columns, &rows)
}

#[test]
fn an_operator_acts_on_a_task_only_while_its_workflow_is_active_and_not_being_cancelled() {
    let judge = |workflow, cancelling, verb| {
        judge_task(workflow, cancelling, 0, TaskStatus::Retrying, false, verb)
    };
    for status in WorkflowStatus::ALL {
        for verb in [TaskVerb::Skip, TaskVerb::MarkDone, TaskVerb::TryNow] {
            assert_eq!(judge(status, true, verb), Err(Refusal::Cancelling));
            let may = status.is_active()
                && (verb != TaskVerb::TryNow || status != WorkflowStatus::Paused);
            assert_eq!(
                judge(status, false, verb).is_ok(),
                may,
                "{verb:?} when {status}"
            );
        }
    }
}

#[test]
fn what_is_advised_about_a_running_task_is_possible_and_helps() {
    let active = WorkflowStatus::ALL.into_iter().filter(|s| s.is_active());
    for status in active {
        let record = record(status);
        let forced = Action::Recover(Recovery {
            from_step: 0,
            force: true,
            instead: Some(Instead::Skip),
        });
        for verb in [TaskVerb::Skip, TaskVerb::MarkDone] {
            let refusal = judge_task(status, false, 0, TaskStatus::Running, false, verb);
            let said = refusal.unwrap_err().to_string();
            assert_eq!(said.matches("running").count(), 1, "{said}");
            // It would let the step finish.
            assert!(!said.contains("pause"), "{said}");
            assert!(said.contains("wait") && said.contains("cancel"), "{said}");
            assert_eq!(verdict(&record, false, &Action::Cancel), Ok(Verdict::Go));
            let helps = verdict(&record, false, &forced) == Ok(Verdict::Go);
            assert_eq!(said.contains("force"), helps, "{status}: {said}");
        }
    }
}

#[test]
fn a_retry_that_stop_holds_back_cannot_be_tried_now() {
    let judge = |is_blocked| {
        judge_task(
            WorkflowStatus::Running,
            false,
            0,
            TaskStatus::Retrying,
            is_blocked,
            TaskVerb::TryNow,
        )
    };
    assert!(judge(false).is_ok());
    assert!(
        judge(true)
            .unwrap_err()
            .to_string()
            .contains("nothing else starts")
    );
}

#[test]
fn a_budget_is_only_raised_and_only_up_to_the_limit() {
    let record = record(WorkflowStatus::Failed);
    let raise = |max_recovery_attempts| {
        let action = Action::RaiseBudget {
            max_recovery_attempts,
        };
        verdict(&record, false, &action)
    };
    let budget = record.max_recovery_attempts;
    assert_eq!(raise(budget + 1), Ok(Verdict::Go));
    assert_eq!(raise(100), Ok(Verdict::Go));
    let not_raised = Err(Refusal::NotRaised { budget, most: 100 });
    assert_eq!(raise(budget), not_raised);
    assert_eq!(raise(101), not_raised);
}

#[test]
fn a_spent_recovery_budget_is_named_with_its_numbers() {
    for status in [WorkflowStatus::Failed, WorkflowStatus::Cancelled] {
        let mut record = record(status);
        (record.recovery_attempts, record.max_recovery_attempts) = (2, 2);
        let refusal = verdict(&record, false, &Action::recover(0));
        assert_eq!(refusal, Err(Refusal::BudgetSpent { used: 2, budget: 2 }));
    }
}

fn document() -> String {
    format!(
        "# What may happen to a workflow and its tasks\n\n\
         Printed by `engine/tests/tables.rs` from the code that decides, and compared with it by \
         `cargo xtask test`.\nA dot means that the state does not know the trigger: it is refused, \
         and the refusal names both.\n\n\
         ## Workflow: the state that follows\n\n{}\n\
         Running, paused and recovering are *active*. Completed, failed and cancelled are over; \
         completed is final.\n\n\
         ## Task: the state that follows\n\n{}\n\
         Completed, failed, skipped and cancelled are *settled*; only a recovery resets them.\n\n\
         ## Commands by state of the workflow\n\n{}\n\
         `ok` changes the state, `same` answers with the present state and changes nothing, `409` \
         is refused.\nRecover also needs budget left, else 409. Pause and interrupt is `ok` when \
         paused while an attempt still runs: it is stopped. Executing is answered once the workflow \
         is over. Once deleted, nothing is left of it: every command is answered 404.\n\n\
         ## What an operator may do to a task, by its state\n\n{}\n\
         The workflow is active and not being cancelled, else 409; a retry is tried now only while \
         it runs.\n",
        workflow_table(),
        task_table(),
        command_table(),
        task_command_table()
    )
}

#[test]
fn the_document_shows_the_tables_as_they_are() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/states.md");
    let wanted = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/states.md differs from the code; UPDATE_DOCS=1 writes it anew"
    );
}
