//! What each row says by itself: numbers that can have come about, and fields that belong together.
//! Whoever decides on a row that is not sound could do anything, so this is looked at first.

use super::finding::{Findings, Invariant as I};
use crate::definition::limits;
use crate::id::StepIndex;
use crate::task_status::{SkipReason, TaskStatus};
use crate::workflow::{TaskRecord, Workflow};
use crate::workflow_status::WorkflowStatus;

/// No count gets here in the life of a machine, and the next one still fits.
const COUNT_MAX: u32 = u32::MAX / 2;
/// The same for long numbers.
const NUMBER_MAX: i64 = i64::MAX / 2;

/// I9, and what goes with a workflow's state.
pub(super) fn workflow(workflow: &Workflow, found: &mut Findings) {
    let record = workflow.record();
    let numbers = [record.id.0, record.job_id.0];
    let is_numbered = numbers.iter().all(|n| (1..=NUMBER_MAX).contains(n));
    found.hold(I::Rows, is_numbered, || {
        format!("its number or its job's cannot be: {numbers:?}")
    });
    let rev = i64::try_from(record.rev).unwrap_or(i64::MAX);
    found.hold(I::Rows, (0..=NUMBER_MAX).contains(&rev), || {
        format!("its last event cannot have the number {}", record.rev)
    });
    found.hold(I::Rows, record.epoch <= COUNT_MAX, || {
        format!("its epoch cannot be {}", record.epoch)
    });
    let (used, budget) = (record.recovery_attempts, record.max_recovery_attempts);
    found.hold(I::I9, used <= budget, || {
        format!("it was recovered {used} times of {budget}")
    });
    found.hold(I::I9, budget <= limits::COUNT_MAX, || {
        format!("its recovery budget is {budget}")
    });
    let status = record.status;
    let is_paused = status == WorkflowStatus::Paused;
    found.hold(I::Rows, record.paused_at.is_some() == is_paused, || {
        format!("it is {status} and paused at {:?}", record.paused_at)
    });
    let is_over = status.is_terminal();
    found.hold(I::Rows, record.completed_at.is_some() == is_over, || {
        format!("it is {status} and over at {:?}", record.completed_at)
    });
    found.hold(I::Rows, !(is_over && record.cancel_requested), || {
        format!("it is {status} and somebody still asks to cancel it")
    });
    recovering(workflow, found);
}

/// The step a recovery started from is kept until it is past.
fn recovering(workflow: &Workflow, found: &mut Findings) {
    let record = workflow.record();
    let from = record.recovering_from;
    let is_past = from
        .and_then(|from| workflow.task(from))
        .map(|task| matches!(task.status(), TaskStatus::Completed | TaskStatus::Skipped));
    let fits = match record.status {
        // An unknown step is neither past nor open. With nothing but an old attempt left that has to
        // die, the recovery ends together with the workflow.
        WorkflowStatus::Recovering => match is_past {
            Some(is_past) => {
                record.cancel_requested || !is_past || workflow.tally().has_superseded()
            }
            None => false,
        },
        WorkflowStatus::Paused => from.is_none() || is_past.is_some(),
        _ => from.is_none(),
    };
    found.hold(I::Rows, fits, || {
        format!("it is {} and recovering from {from:?}", record.status)
    });
}

/// I5, I8, and what goes with a task's state.
pub(super) fn task(workflow: &Workflow, index: StepIndex, found: &mut Findings) {
    let Some(known) = workflow.task(index) else {
        return;
    };
    let record = known.record();
    numbers(record, index, found);
    let step = &workflow.definition().steps()[index];
    let (retries, most) = (record.retry_count, step.max_retries);
    found.hold_for(index, I::I8, retries <= most, || {
        format!("it was charged {retries} retries of {most}")
    });
    let (lost, most) = (record.lost_count, step.max_lost);
    found.hold_for(index, I::I8, lost < most, || {
        format!("it was lost {lost} times, and {most} times end it")
    });
    let resets = (record.generation, workflow.record().epoch);
    found.hold_for(index, I::Rows, resets.0 <= resets.1, || {
        format!("its generation is {} in epoch {}", resets.0, resets.1)
    });
    let status = record.status;
    let runs = status == TaskStatus::Running;
    found.hold_for(index, I::I5, !(runs && record.superseded.is_some()), || {
        format!("it runs while attempt {:?} is alive", record.superseded)
    });
    let is_unmet = record.skip_reason == Some(SkipReason::ConditionNotMet);
    found.hold_for(
        index,
        I::Rows,
        !is_unmet || step.condition.is_some(),
        || "it is skipped because of its condition and has none".into(),
    );
    fields(record, index, found);
}

fn numbers(record: &TaskRecord, index: StepIndex, found: &mut Findings) {
    let (attempt, generation, redo) = (record.attempt, record.generation, record.redo);
    let can_be = attempt <= COUNT_MAX && generation <= COUNT_MAX && redo <= generation;
    found.hold_for(index, I::Rows, can_be, || {
        format!("attempt {attempt}, generation {generation} and redo {redo} cannot be")
    });
    found.hold_for(
        index,
        I::Rows,
        (1..=NUMBER_MAX).contains(&record.id.0),
        || format!("its number cannot be {}", record.id),
    );
    let superseded = record.superseded.unwrap_or(0);
    found.hold_for(index, I::Rows, superseded <= attempt, || {
        format!("attempt {superseded} was superseded and {attempt} is the last")
    });
    found.hold_for(index, I::I14, (0.0..=1.0).contains(&record.share), || {
        format!("the share done is {}", record.share)
    });
}

fn fields(record: &TaskRecord, index: StepIndex, found: &mut Findings) {
    use TaskStatus::{Completed, Failed, Retrying, Running, Skipped};
    let status = record.status;
    let runs = status == Running;
    found.hold_for(index, I::Rows, runs || !record.waiting, || {
        format!("it waits for a moment and is {status}")
    });
    let has_run = record.attempt > 0 && record.started_at.is_some();
    found.hold_for(index, I::Rows, !runs || has_run, || {
        "it runs and no attempt of it ever started".into()
    });
    let needs_due = status == Retrying || record.waiting;
    found.hold_for(index, I::Rows, record.due_at.is_some() == needs_due, || {
        format!("it is {status} and due at {:?}", record.due_at)
    });
    let is_skipped = status == Skipped;
    found.hold_for(
        index,
        I::Rows,
        record.skip_reason.is_some() == is_skipped,
        || {
            format!(
                "it is {status} and skipped because {:?}",
                record.skip_reason
            )
        },
    );
    let has_output = record.output.is_some();
    found.hold_for(index, I::Rows, has_output == (status == Completed), || {
        let has = if has_output { "has" } else { "has no" };
        format!("it is {status} and {has} output")
    });
    let needs_failure = matches!(status, Failed | Retrying);
    let has_failure = record.failure.is_some() && record.error_message.is_some();
    found.hold_for(index, I::Rows, has_failure || !needs_failure, || {
        format!("it is {status} and nothing says why")
    });
}
