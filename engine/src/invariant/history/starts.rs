//! I6, I7 and I10: who starts when.

use super::super::finding::{Findings, Invariant as I};
use super::super::movement::asks_for;
use crate::definition::RunIf;
use crate::id::{Attempt, StepIndex};
use crate::workflow::Workflow;

/// Judges the start of an attempt by the workflow as it stood before. When an operator settled a
/// task `by_hand`, a step that was queued because of a failure runs although it is mended: the
/// tables have no way back for it.
pub(super) fn judge(
    before: &Workflow,
    task: StepIndex,
    attempt: Attempt,
    by_hand: bool,
    found: &mut Findings,
) {
    let Some(known) = before.task(task) else {
        return;
    };
    let (status, asked) = (before.status(), before.record().cancel_requested);
    found.hold_for(task, I::I7, status.starts_tasks() && !asked, || {
        let cancelling = if asked { " and being cancelled" } else { "" };
        format!("attempt {attempt} starts while the workflow is {status}{cancelling}")
    });
    let last = known.record().attempt;
    found.hold_for(task, I::I10, attempt == last.saturating_add(1), || {
        format!("attempt {attempt} follows attempt {last}")
    });
    let answers_failure = before.definition().steps()[task].run_if != RunIf::Ok;
    let may = (answers_failure && by_hand) || asks_for(before, task);
    found.hold_for(task, I::I6, may && !before.is_blocked(task), || {
        format!("attempt {attempt} starts and what it depends on does not ask for it")
    });
}
