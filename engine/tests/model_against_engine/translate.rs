//! The engine's words for the model's, and the other way round.

use engine::action::{Action, Instead as EngineInstead, Recovery};
use engine::{Command, FailureKind, Outcome, Refusal, Timestamp};
use serde_json::{Value, json};

use crate::reference_model::{Ask, End, Input, Instead, Verb};

pub const fn failure_word(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Error => "error",
        FailureKind::Permanent => "permanent",
        FailureKind::TimedOut => "timeout",
        FailureKind::Poison => "poison",
        FailureKind::OutcomeUnknown => "outcome_unknown",
    }
}

/// The model's word for a refusal.
pub const fn word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::State { .. }
        | Refusal::NotActive { .. }
        | Refusal::NotExecutable { .. }
        | Refusal::NotDeletable { .. } => "state",
        Refusal::Cancelling => "cancelling",
        Refusal::BudgetSpent { .. } => "budget spent",
        Refusal::NoSuchStep { .. } => "no such step",
        Refusal::StaleView { .. } => "stale view",
        Refusal::TaskState { .. } => "task state",
        Refusal::NotRaised { .. } => "not a raise",
        Refusal::Superseded { .. } => "late",
        Refusal::NotStartable { .. } => "not startable",
        Refusal::NotDue { .. } => "not due",
        Refusal::CommandIdReused => "id reused",
        _ => "other",
    }
}

pub fn command(input: &Input) -> Command {
    match *input {
        Input::Create => Command::Create,
        Input::Ask(Ask { verb, .. }) => Command::Act(action(verb)),
        Input::Claim { task } => Command::StartTask { task },
        Input::Wait {
            task,
            attempt,
            until,
        } => {
            let until = Timestamp::from_micros(until);
            Command::Wait {
                task,
                attempt,
                until,
            }
        }
        Input::Progress {
            task,
            attempt,
            share,
        } => {
            let progress = share;
            Command::Progress {
                task,
                attempt,
                progress,
            }
        }
        Input::End { task, attempt, end } => {
            let outcome = outcome(end);
            Command::Report {
                task,
                attempt,
                outcome,
            }
        }
        Input::Due { task, moment } => Command::Due {
            task,
            due_at: Timestamp::from_micros(moment),
        },
    }
}

fn action(verb: Verb) -> Action {
    match verb {
        // What executing begins with, where it is not refused.
        Verb::Start | Verb::Execute => Action::Start,
        Verb::Resume => Action::Resume,
        Verb::Pause { interrupt: false } => Action::Pause,
        Verb::Pause { interrupt: true } => Action::PauseAndInterrupt,
        Verb::Cancel => Action::Cancel,
        Verb::Recover {
            from,
            force,
            instead,
        } => Action::Recover(Recovery {
            from_step: from,
            force,
            instead: instead.map(|instead| match instead {
                Instead::Skip => EngineInstead::Skip,
                Instead::Output => EngineInstead::Output(json!("by hand")),
            }),
        }),
        Verb::Skip { task } => Action::Skip { task },
        Verb::MarkDone { task } => Action::MarkDone {
            task,
            output: json!("by hand"),
        },
        Verb::TryNow { task } => Action::TryNow { task },
        Verb::RaiseBudget { to } => Action::RaiseBudget {
            max_recovery_attempts: to,
        },
        Verb::Delete => Action::Delete,
    }
}

fn outcome(end: End) -> Outcome {
    let failed = |failure| Outcome::Failed {
        failure,
        error: "it broke".into(),
    };
    match end {
        End::Success => Outcome::Succeeded(Value::Null),
        End::NothingToDo => Outcome::NothingToDo,
        End::ConditionNotMet => Outcome::ConditionNotMet,
        End::Error => failed(FailureKind::Error),
        End::Permanent => failed(FailureKind::Permanent),
        End::Timeout => failed(FailureKind::TimedOut),
        End::Late => Outcome::Late {
            error: "it was too slow".into(),
            output: Value::Null,
        },
        End::Unknown => failed(FailureKind::OutcomeUnknown),
        End::Interrupted => Outcome::Interrupted,
        End::Lost => Outcome::Lost,
        End::Poison => failed(FailureKind::Poison),
    }
}
