//! Which actions fit a workflow now: the one place that draws every button and answers every
//! command.

mod execute;

use crate::action::Action;
use crate::command::Refusal;
use crate::definition::limits;
use crate::id::StepIndex;
use crate::progress::Summary;
use crate::task_status::TaskStatus;
use crate::workflow::WorkflowRecord;
use crate::workflow_status::{WorkflowStatus, WorkflowTrigger};

pub use execute::{Execution, execution};

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
    /// Whether an attempt is under way that can be told to stop.
    is_busy: bool,
}

/// Judges `action` by the stored workflow; `is_busy` says whether an attempt is under way.
///
/// # Errors
/// The refusal with its reason.
pub fn verdict(
    record: &WorkflowRecord,
    is_busy: bool,
    action: &Action,
) -> Result<Verdict, Refusal> {
    judge(
        Standing {
            status: record.status,
            cancel_requested: record.cancel_requested,
            recovery_attempts: record.recovery_attempts,
            max_recovery_attempts: record.max_recovery_attempts,
            is_busy,
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
        is_busy: summary.running_tasks > 0,
    };
    let recover = Action::recover(summary.current_step);
    [
        Action::Start,
        Action::Pause,
        Action::Resume,
        Action::Cancel,
        recover,
        Action::Delete,
    ]
    .into_iter()
    .map(|action| {
        let answer = match judge(standing, &action) {
            // Whoever cannot mend it gets rid of it.
            _ if summary.quarantine.is_some() && action != Action::Delete => {
                Err("it is in quarantine".to_owned())
            }
            Ok(Verdict::Go) => Ok(()),
            Ok(Verdict::Same) if standing.cancel_requested => {
                Err("it is already being cancelled".to_owned())
            }
            Ok(Verdict::Same) => Err(format!("it is already {}", standing.status)),
            Err(refusal) => Err(beside_the_button(&refusal)),
        };
        (action, answer)
    })
    .collect()
}

/// Why a button is off. No page offers to recover with force, so it is advised to programs only.
fn beside_the_button(refusal: &Refusal) -> String {
    use WorkflowStatus::{Paused, Running};
    match refusal {
        Refusal::State {
            trigger: WorkflowTrigger::Recover,
            status: Running,
            ..
        } => "it is still going on; wait until it ends, or cancel it".to_owned(),
        Refusal::State {
            trigger: WorkflowTrigger::Recover,
            status: Paused,
            ..
        } => "it is not over; resume it or cancel it".to_owned(),
        Refusal::BudgetSpent { .. } => {
            format!("{refusal}; an operator can raise it through the HTTP API (raise-budget)")
        }
        _ => refusal.advice(),
    }
}

/// The table of commands by state.
fn judge(standing: Standing, action: &Action) -> Result<Verdict, Refusal> {
    use Verdict::{Go, Same};
    use WorkflowStatus::{Cancelled, Completed, Failed, Paused, Pending, Recovering, Running};
    let status = standing.status;
    if standing.cancel_requested {
        return match action {
            Action::Cancel => Ok(Same),
            _ => Err(Refusal::Cancelling),
        };
    }
    let refuse = |trigger, advice| refused(status, trigger, advice);
    match (action, status) {
        (Action::Start, Pending | Paused) | (Action::Resume, Paused) => Ok(Go),
        (Action::Start, Running) | (Action::Resume, Running | Recovering) => Ok(Same),
        (Action::Start, Failed) => refuse(WorkflowTrigger::Start, "recover it instead"),
        (Action::Start, Recovering) => refuse(WorkflowTrigger::Start, "it already runs"),
        (Action::Start, Completed | Cancelled) => refuse(WorkflowTrigger::Start, "it is over"),
        (Action::Resume, Pending) => refuse(WorkflowTrigger::Resume, "start it instead"),
        (Action::Resume, _) => refuse(WorkflowTrigger::Resume, "it is over"),
        (Action::Pause | Action::PauseAndInterrupt, Running | Recovering) => Ok(Go),
        // Whoever does not want to wait until what runs has ended.
        (Action::PauseAndInterrupt, Paused) if standing.is_busy => Ok(Go),
        (Action::Pause | Action::PauseAndInterrupt, Paused) => Ok(Same),
        (Action::Pause | Action::PauseAndInterrupt, Pending) => {
            refuse(WorkflowTrigger::Pause, "it has not started")
        }
        (Action::Pause | Action::PauseAndInterrupt, _) => {
            refuse(WorkflowTrigger::Pause, "it is over")
        }
        (Action::Cancel, Pending | Running | Paused | Recovering) => Ok(Go),
        (Action::Cancel, Cancelled) => Ok(Same),
        (Action::Cancel, _) => refuse(WorkflowTrigger::Cancel, "it is over"),
        (Action::Recover(recovery), _) => judge_recovery(standing, recovery.force),
        (
            Action::RaiseBudget {
                max_recovery_attempts,
            },
            _,
        ) => judge_budget(standing, *max_recovery_attempts),
        // What is over is quiet: nothing of it is alive.
        (Action::Delete, Pending | Failed | Completed | Cancelled) => Ok(Go),
        (Action::Delete, Running | Paused | Recovering) => Err(Refusal::NotDeletable {
            status,
            advice: "cancel it first, or wait until it ends",
        }),
        // Their row is in the table of tasks.
        (Action::Skip { .. } | Action::MarkDone { .. } | Action::TryNow { .. }, _) => Ok(Go),
    }
}

fn refused(
    status: WorkflowStatus,
    trigger: WorkflowTrigger,
    advice: &'static str,
) -> Result<Verdict, Refusal> {
    Err(Refusal::State {
        status,
        trigger,
        advice,
    })
}

fn judge_recovery(standing: Standing, force: bool) -> Result<Verdict, Refusal> {
    use WorkflowStatus::{Cancelled, Completed, Failed, Paused, Pending, Recovering, Running};
    let refuse = |advice| refused(standing.status, WorkflowTrigger::Recover, advice);
    match standing.status {
        Failed | Cancelled => {}
        Running | Paused if force => {}
        Running | Paused => {
            return refuse(
                "it is still going on; wait until it ends, cancel it, or recover it with force, \
                 which stops what runs",
            );
        }
        Recovering => return refuse("it is being recovered; wait, pause it or cancel it"),
        Pending => return refuse("it has not started"),
        Completed => return refuse("everything in it is done"),
    }
    let (used, budget) = (standing.recovery_attempts, standing.max_recovery_attempts);
    if used < budget {
        Ok(Verdict::Go)
    } else {
        Err(Refusal::BudgetSpent { used, budget })
    }
}

fn judge_budget(standing: Standing, raised: u32) -> Result<Verdict, Refusal> {
    use WorkflowStatus::{Completed, Pending};
    let trigger = WorkflowTrigger::RaiseBudget;
    match standing.status {
        Pending => return refused(standing.status, trigger, "it has not started"),
        Completed => return refused(standing.status, trigger, "everything in it is done"),
        _ => {}
    }
    let (budget, most) = (standing.max_recovery_attempts, limits::COUNT_MAX);
    if raised > budget && raised <= most {
        Ok(Verdict::Go)
    } else {
        Err(Refusal::NotRaised { budget, most })
    }
}

/// What an operator does to one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskVerb {
    /// Let it be.
    Skip,
    /// Take it for done.
    MarkDone,
    /// Do not wait for its next try.
    TryNow,
}

impl TaskVerb {
    const fn participle(self) -> &'static str {
        match self {
            Self::Skip => "skipped",
            Self::MarkDone => "marked done",
            Self::TryNow => "tried now",
        }
    }
}

/// Judges what an operator does to one task: the operator's rows of the tasks' table. `is_blocked`
/// says whether the task no longer runs unless somebody acts.
///
/// # Errors
/// The refusal with its reason.
pub fn judge_task(
    workflow: WorkflowStatus,
    cancel_requested: bool,
    task: StepIndex,
    status: TaskStatus,
    is_blocked: bool,
    verb: TaskVerb,
) -> Result<(), Refusal> {
    use TaskStatus::{Failed, Pending, Queued, Retrying};
    if cancel_requested {
        return Err(Refusal::Cancelling);
    }
    let not_active = |advice| {
        Err(Refusal::NotActive {
            task,
            status: workflow,
            verb: verb.participle(),
            advice,
        })
    };
    match workflow {
        WorkflowStatus::Pending => return not_active("start it first"),
        WorkflowStatus::Completed => return not_active("everything in it is done"),
        WorkflowStatus::Failed | WorkflowStatus::Cancelled => {
            return not_active("recover it from this step instead");
        }
        WorkflowStatus::Paused if verb == TaskVerb::TryNow => return not_active("resume it first"),
        _ => {}
    }
    let advice = match (verb, status) {
        (TaskVerb::TryNow, Retrying) if is_blocked => {
            "another step failed, and the definition says that nothing else starts then"
        }
        (TaskVerb::TryNow, Retrying) => return Ok(()),
        (TaskVerb::TryNow, _) => "it does not wait for a next try",
        (_, Pending | Queued | Retrying | Failed) => return Ok(()),
        // A pause lets it finish, so it would not help; nor does force while it is being recovered.
        (_, TaskStatus::Running) if workflow == WorkflowStatus::Recovering => {
            "wait until it ends, or cancel the workflow"
        }
        (_, TaskStatus::Running) => {
            "wait until it ends, cancel the workflow, or recover it from this step with force and \
             instead, which stops what runs"
        }
        (_, _) => "it has ended",
    };
    Err(Refusal::TaskState {
        task,
        status,
        verb: verb.participle(),
        advice,
    })
}
