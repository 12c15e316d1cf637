//! What can be done to a workflow and its tasks. Each answers the workflow as it is then, takes a
//! `reason` and an `expected_rev`, and has one effect however often it comes under one
//! `Idempotency-Key`.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::Response;
use engine::orchestrator::ActionRequest;
use engine::{Action, Instead, JobOrchestratorError, Recovery, Refusal, StepIndex, WorkflowId};
use serde_json::Value;

use super::answer;
use crate::api::body::{Fields, OptionalFields};
use crate::api::command_id::CommandId;
use crate::api::number::Numbers;
use crate::caller::Caller;
use crate::problem::ApiProblem;
use crate::shared::Shared;

/// Starts it; a paused one goes on.
pub async fn start(
    shared: State<Shared>,
    asked: Asked,
    OptionalFields(fields): OptionalFields,
) -> Result<Response, ApiProblem> {
    asked.carry_out(&shared, fields, Action::Start).await
}

/// Starts nothing new until it is resumed; with `interrupt`, what runs is stopped.
pub async fn pause(
    shared: State<Shared>,
    asked: Asked,
    OptionalFields(mut fields): OptionalFields,
) -> Result<Response, ApiProblem> {
    let action = if fields.truth("interrupt") {
        Action::PauseAndInterrupt
    } else {
        Action::Pause
    };
    asked.carry_out(&shared, fields, action).await
}

/// Lets it go on.
pub async fn resume(
    shared: State<Shared>,
    asked: Asked,
    OptionalFields(fields): OptionalFields,
) -> Result<Response, ApiProblem> {
    asked.carry_out(&shared, fields, Action::Resume).await
}

/// Stops what runs and starts nothing more. The answer comes at once; the state follows when nothing
/// of it is alive. A cancelled workflow can be recovered.
pub async fn cancel(
    shared: State<Shared>,
    asked: Asked,
    OptionalFields(fields): OptionalFields,
) -> Result<Response, ApiProblem> {
    asked.carry_out(&shared, fields, Action::Cancel).await
}

/// Does the step `from_step` again, and everything that needs it.
pub async fn recover(
    shared: State<Shared>,
    asked: Asked,
    OptionalFields(mut fields): OptionalFields,
) -> Result<Response, ApiProblem> {
    let recovery = Recovery {
        from_step: from_step(&mut fields),
        force: fields.truth("force"),
        instead: instead(&mut fields),
    };
    let action = Action::Recover(recovery);
    asked.carry_out(&shared, fields, action).await
}

/// Lets a step be, as if it were not needed.
pub async fn skip(
    shared: State<Shared>,
    asked: Asked,
    OptionalFields(fields): OptionalFields,
) -> Result<Response, ApiProblem> {
    let task = asked.task()?;
    asked
        .carry_out(&shared, fields, Action::Skip { task })
        .await
}

/// Takes a step for done, with the `output` that later steps see.
pub async fn mark_done(
    shared: State<Shared>,
    asked: Asked,
    OptionalFields(mut fields): OptionalFields,
) -> Result<Response, ApiProblem> {
    let task = asked.task()?;
    let output = fields.given("output").unwrap_or_else(|| {
        let detail = "is missing; give what later steps see, null if there is nothing";
        fields.wrong("output", detail);
        Value::Null
    });
    let action = Action::MarkDone { task, output };
    asked.carry_out(&shared, fields, action).await
}

/// Does not wait any longer before a step's next try.
pub async fn try_now(
    shared: State<Shared>,
    asked: Asked,
    OptionalFields(fields): OptionalFields,
) -> Result<Response, ApiProblem> {
    let task = asked.task()?;
    asked
        .carry_out(&shared, fields, Action::TryNow { task })
        .await
}

/// Allows more recoveries.
pub async fn raise_budget(
    shared: State<Shared>,
    asked: Asked,
    OptionalFields(mut fields): OptionalFields,
) -> Result<Response, ApiProblem> {
    let name = "max_recovery_attempts";
    let given = fields.take(name).as_ref().and_then(Value::as_u64);
    let budget = given.and_then(|budget| u32::try_from(budget).ok());
    let max_recovery_attempts = budget.unwrap_or_else(|| {
        fields.wrong(name, "must be the new budget, a whole number up to 100");
        0
    });
    let action = Action::RaiseBudget {
        max_recovery_attempts,
    };
    asked.carry_out(&shared, fields, action).await
}

/// Removes it with its history. The answer is how it stood at the end.
pub async fn delete(
    shared: State<Shared>,
    asked: Asked,
    OptionalFields(fields): OptionalFields,
) -> Result<Response, ApiProblem> {
    asked.carry_out(&shared, fields, Action::Delete).await
}

fn from_step(fields: &mut Fields) -> StepIndex {
    let Some(value) = fields.take("from_step") else {
        let detail = "is missing; give the position of a step, from 0";
        fields.wrong("from_step", detail);
        return 0;
    };
    let step = value.as_u64().and_then(|step| usize::try_from(step).ok());
    step.unwrap_or_else(|| {
        fields.wrong("from_step", "must be the position of a step, from 0");
        0
    })
}

/// `"skip"` or `{"output": …}`.
fn instead(fields: &mut Fields) -> Option<Instead> {
    let value = fields.take("instead").filter(|value| !value.is_null())?;
    let read = serde_json::from_value(value).ok();
    if read.is_none() {
        fields.wrong("instead", "must be \"skip\" or {\"output\": …}");
    }
    read
}

/// Who asks, of which workflow, under which id.
pub struct Asked {
    caller: Caller,
    numbers: Numbers,
    command_id: CommandId,
}

impl FromRequestParts<Shared> for Asked {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, ApiProblem> {
        let Ok(numbers) = Numbers::from_request_parts(parts, shared).await;
        Ok(Self {
            caller: Caller::from_request_parts(parts, shared).await?,
            numbers,
            command_id: CommandId::from_request_parts(parts, shared).await?,
        })
    }
}

impl Asked {
    fn task(&self) -> Result<StepIndex, ApiProblem> {
        self.numbers.index("index", "step")
    }

    /// Ends the reading of the body with what every command takes, and does it.
    async fn carry_out(
        self,
        shared: &Shared,
        mut fields: Fields,
        action: Action,
    ) -> Result<Response, ApiProblem> {
        let id = self.numbers.of("id", "workflow").map(WorkflowId)?;
        let reason = fields.text("reason");
        let expected_rev = fields.whole("expected_rev", 0).map(i64::unsigned_abs);
        let trigger = action.as_str();
        let request = ActionRequest {
            action,
            reason,
            expected_rev,
            command_id: self.command_id.0,
        };
        // Told beside what is wrong with the other fields; the service would tell it alone.
        if let Some(problem) = request.problem_of_reason() {
            fields.note(problem);
        }
        fields.end()?;
        let actor = &self.caller.actor;
        match shared.service.act(actor, id, request).await {
            Ok(state) => Ok(answer::thing(state)),
            Err(JobOrchestratorError::Refused(refusal)) => {
                let state = match &refusal {
                    Refusal::State { status, .. } | Refusal::NotDeletable { status, .. } => {
                        Some(*status)
                    }
                    _ => {
                        let now = shared.service.workflow(actor, id).await;
                        now.ok().map(|workflow| workflow.summary.status)
                    }
                };
                let state = state.map(|state| state.as_str());
                Err(ApiProblem::refused(&refusal, state, trigger))
            }
            Err(error) => Err(error.into()),
        }
    }
}
