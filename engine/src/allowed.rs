//! Which actions fit a workflow now: the one place that draws every button and answers every
//! command.

use crate::command::{Action, Refusal};
use crate::progress::Summary;
use crate::workflow::WorkflowRecord;
use crate::workflow_status::{WorkflowStatus, WorkflowTrigger};

/// What an action that is not refused does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It changes the state.
    Go,
    /// It was already carried out: the answer is the present state.
    Same,
}

/// What is looked at to judge an action.
#[derive(Debug, Clone, Copy)]
struct Standing {
    status: WorkflowStatus,
    cancel_requested: bool,
    recovery_attempts: u32,
    max_recovery_attempts: u32,
}

/// Judges `action` by the stored workflow.
///
/// # Errors
/// The refusal with its reason.
pub fn verdict(record: &WorkflowRecord, action: Action) -> Result<Verdict, Refusal> {
    judge(
        Standing {
            status: record.status,
            cancel_requested: record.cancel_requested,
            recovery_attempts: record.recovery_attempts,
            max_recovery_attempts: record.max_recovery_attempts,
        },
        action,
    )
}

/// The actions a page offers, each with the reason when it is not possible now; it stands beside
/// the action's name, so it says only what is in the way. An action that would change nothing is
/// not possible either: its button would do nothing.
#[must_use]
pub fn allowed_actions(summary: &Summary) -> Vec<(Action, Result<(), String>)> {
    let standing = Standing {
        status: summary.status,
        cancel_requested: summary.cancel_requested,
        recovery_attempts: summary.recovery_attempts,
        max_recovery_attempts: summary.max_recovery_attempts,
    };
    let recover = Action::Recover {
        from_step: summary.current_step,
    };
    [
        Action::Start,
        Action::Pause,
        Action::Resume,
        Action::Cancel,
        recover,
    ]
    .into_iter()
    .map(|action| {
        let answer = match judge(standing, action) {
            Ok(Verdict::Go) => Ok(()),
            Ok(Verdict::Same) => Err(format!("it is already {}", standing.status)),
            Err(refusal) => Err(refusal.advice()),
        };
        (action, answer)
    })
    .collect()
}

/// The table of commands by state.
fn judge(standing: Standing, action: Action) -> Result<Verdict, Refusal> {
    use Verdict::{Go, Same};
    use WorkflowStatus::{Cancelled, Completed, Failed, Paused, Pending, Recovering, Running};
    let status = standing.status;
    if standing.cancel_requested {
        return if action == Action::Cancel {
            Ok(Same)
        } else {
            Err(Refusal::Cancelling)
        };
    }
    let refuse = |trigger, advice| {
        Err(Refusal::State {
            status,
            trigger,
            advice,
        })
    };
    match (action, status) {
        (Action::Start, Pending | Paused) | (Action::Resume, Paused) => Ok(Go),
        (Action::Start, Running) | (Action::Resume, Running | Recovering) => Ok(Same),
        (Action::Start, Failed) => refuse(WorkflowTrigger::Start, "recover it instead"),
        (Action::Start, Recovering) => refuse(WorkflowTrigger::Start, "it already runs"),
        (Action::Start, Completed | Cancelled) => refuse(WorkflowTrigger::Start, "it is over"),
        (Action::Resume, Pending) => refuse(WorkflowTrigger::Resume, "start it instead"),
        (Action::Resume, _) => refuse(WorkflowTrigger::Resume, "it is over"),
        (Action::Pause, Running | Recovering) => Ok(Go),
        (Action::Pause, Paused) => Ok(Same),
        (Action::Pause, Pending) => refuse(WorkflowTrigger::Pause, "it has not started"),
        (Action::Pause, _) => refuse(WorkflowTrigger::Pause, "it is over"),
        (Action::Cancel, Pending | Running | Paused | Recovering) => Ok(Go),
        (Action::Cancel, Cancelled) => Ok(Same),
        (Action::Cancel, _) => refuse(WorkflowTrigger::Cancel, "it is over"),
        (Action::Recover { .. }, Failed | Cancelled) => {
            let (used, budget) = (standing.recovery_attempts, standing.max_recovery_attempts);
            if used < budget {
                Ok(Go)
            } else {
                Err(Refusal::BudgetSpent { used, budget })
            }
        }
        (Action::Recover { .. }, Pending) => refuse(WorkflowTrigger::Recover, "it has not started"),
        (Action::Recover { .. }, Completed) => {
            refuse(WorkflowTrigger::Recover, "everything in it is done")
        }
        (Action::Recover { .. }, _) => refuse(
            WorkflowTrigger::Recover,
            "it is still going on; cancel it or wait until it ends",
        ),
    }
}
