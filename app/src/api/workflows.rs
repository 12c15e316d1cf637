//! What the pages ask about workflows and have done to them: one short server function each.

mod log_part;
mod look;

use engine::orchestrator::{LogLine, LogPage};
use engine::{DefinitionId, Progress, Seq, StepIndex, WorkflowId};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::command_id;
use super::{Answer, ApiError};
#[cfg(feature = "ssr")]
use super::{answer, current_user, go_back_to, go_back_with, service};
#[cfg(feature = "ssr")]
use crate::paths;
#[cfg(feature = "ssr")]
use engine::orchestrator::ActionRequest;
#[cfg(feature = "ssr")]
use engine::{JobOrchestratorError, Refusal};

pub use log_part::LogPart;
#[cfg(feature = "ssr")]
pub(crate) use look::newest_of;
pub use look::{
    Failure, Overview, StepFacts, StepPanel, TypeTitles, WorkflowRow, WorkflowRows, WorkflowView,
};

/// Lines of a log that stand in a page at once, unless the whole log is asked for.
pub const LOG_LINES: usize = 500;
/// Lines of a log that a page shows at most, even when the whole log is asked for.
pub const LOG_LINES_MAX: usize = 20_000;

/// What is said when a command was meant for a workflow as it stood before.
#[cfg(feature = "ssr")]
const MOVED_ON: &str = "the workflow has changed since this page was drawn, so nothing was done; the \
    page shows now how it stands";

/// What needs a person, what runs, what ended last.
#[server(prefix = "/fn", endpoint = "overview", output = Answer)]
pub async fn read_overview() -> Result<Overview, ApiError> {
    let user = current_user()?;
    look::overview(service()?.as_ref(), &user).await
}

/// Workflows, newest first: `status` is a tab or a state (empty for all), `text` a part of the
/// name or a number, `definition` a saved definition, `cursor` the last number of the page before.
#[server(prefix = "/fn", endpoint = "workflows", output = Answer)]
pub async fn list_workflows(
    status: String,
    text: String,
    definition: Option<DefinitionId>,
    cursor: Option<i64>,
) -> Result<WorkflowRows, ApiError> {
    let user = current_user()?;
    let service = service()?;
    look::rows(service.as_ref(), &user, &status, &text, definition, cursor).await
}

/// One workflow with everything its page shows; `step` names the selected step by position or
/// key, `log` a part of its log as [`LogPart::of`] reads it.
#[server(prefix = "/fn", endpoint = "workflow", output = Answer)]
pub async fn read_workflow(
    id: WorkflowId,
    step: Option<String>,
    log: Option<String>,
) -> Result<WorkflowView, ApiError> {
    let user = current_user()?;
    let part = LogPart::of(log.as_deref());
    look::view(service()?.as_ref(), &user, id, step.as_deref(), part).await
}

/// What a workflow's page shows of the selected step; `log` as in [`read_workflow`].
#[server(prefix = "/fn", endpoint = "workflow/step", output = Answer)]
pub async fn read_step(
    id: WorkflowId,
    step: StepIndex,
    log: Option<String>,
) -> Result<StepPanel, ApiError> {
    let user = current_user()?;
    let part = LogPart::of(log.as_deref());
    look::panel(service()?.as_ref(), &user, id, step, part).await
}

/// How far a workflow is: for a page that cannot follow the stream.
#[server(prefix = "/fn", endpoint = "workflow/progress", output = Answer)]
pub async fn read_progress(id: WorkflowId) -> Result<Progress, ApiError> {
    let user = current_user()?;
    Ok(answer(service()?.detail(&user, id).await)?.progress)
}

/// Lines of a step's log after the one with the number `after`.
#[server(prefix = "/fn", endpoint = "workflow/log", output = Answer)]
pub async fn read_log(id: WorkflowId, step: StepIndex, after: u64) -> Result<LogPage, ApiError> {
    let user = current_user()?;
    answer(service()?.log(&user, id, step, after, LOG_LINES).await)
}

/// The last few lines of a step's log, for the card that says what failed.
#[server(prefix = "/fn", endpoint = "workflow/log/end", output = Answer)]
pub async fn read_log_end(id: WorkflowId, step: StepIndex) -> Result<Vec<LogLine>, ApiError> {
    let user = current_user()?;
    look::log_end(service()?.as_ref(), &user, id, step).await
}

/// Starts a pending workflow. `command_id` as in the HTTP API, here and below.
#[server(prefix = "/fn", endpoint = "workflow/start", output = Answer)]
pub async fn start_workflow(
    id: WorkflowId,
    #[server(default)] command_id: Option<String>,
) -> Result<(), ApiError> {
    act(id, engine::Action::Start, command_id).await?;
    go_back_to(&paths::workflow(id));
    Ok(())
}

/// Pauses a workflow: what runs may finish, nothing new starts.
#[server(prefix = "/fn", endpoint = "workflow/pause", output = Answer)]
pub async fn pause_workflow(
    id: WorkflowId,
    #[server(default)] command_id: Option<String>,
) -> Result<(), ApiError> {
    act(id, engine::Action::Pause, command_id).await?;
    go_back_to(&paths::workflow(id));
    Ok(())
}

/// Lets a paused workflow go on.
#[server(prefix = "/fn", endpoint = "workflow/resume", output = Answer)]
pub async fn resume_workflow(
    id: WorkflowId,
    #[server(default)] command_id: Option<String>,
) -> Result<(), ApiError> {
    act(id, engine::Action::Resume, command_id).await?;
    go_back_to(&paths::workflow(id));
    Ok(())
}

/// Stops a workflow for good, then shows it.
#[server(prefix = "/fn", endpoint = "workflow/cancel", output = Answer)]
pub async fn cancel_workflow(
    id: WorkflowId,
    #[server(default)] command_id: Option<String>,
) -> Result<(), ApiError> {
    act(id, engine::Action::Cancel, command_id).await?;
    leptos_axum::redirect(&paths::workflow(id));
    Ok(())
}

/// Does a step again and everything that needs it, then shows the workflow. What is done again depends
/// on how the workflow stands: the page says which event it has seen last, and nothing is done when
/// there are later ones.
#[server(prefix = "/fn", endpoint = "workflow/recover", output = Answer)]
pub async fn recover_workflow(
    id: WorkflowId,
    from_step: StepIndex,
    #[server(default)] command_id: Option<String>,
    #[server(default)] expected_rev: Option<Seq>,
    #[server(default)] reason: Option<String>,
) -> Result<(), ApiError> {
    let request = ActionRequest {
        reason: reason.filter(|reason| !reason.trim().is_empty()),
        expected_rev,
        command_id,
        ..engine::Action::recover(from_step).into()
    };
    let typed = request.reason.clone();
    let done = act_on(id, request).await;
    if let Err(error) = &done {
        // Without scripts the page is drawn anew: with the step that was chosen and what was typed.
        let page = match typed {
            Some(reason) => paths::recover_workflow_because(id, from_step, &reason),
            None => paths::recover_workflow(id, Some(from_step)),
        };
        go_back_with::<RecoverWorkflow>(&page, error);
        return done;
    }
    leptos_axum::redirect(&paths::workflow(id));
    Ok(())
}

/// Deletes a workflow with its history, then shows the others. `name` is its name as somebody typed it;
/// nothing is done when it is another one's, or when there are later events than the page has seen.
#[server(prefix = "/fn", endpoint = "workflow/delete", output = Answer)]
pub async fn delete_workflow(
    id: WorkflowId,
    #[server(default)] name: String,
    #[server(default)] command_id: Option<String>,
    #[server(default)] expected_rev: Option<Seq>,
) -> Result<(), ApiError> {
    let request = ActionRequest {
        expected_rev,
        command_id,
        ..engine::Action::Delete.into()
    };
    let done = match is_name_of(id, &name).await {
        Ok(()) => act_on(id, request).await,
        not_it => not_it,
    };
    if let Err(error) = &done {
        // Without scripts the page is drawn anew, with what was typed.
        go_back_with::<DeleteWorkflow>(&paths::delete_workflow_named(id, &name), error);
        return done;
    }
    leptos_axum::redirect(&paths::workflows_without(id));
    Ok(())
}

/// Refuses a name that is not the workflow's. Of one that is gone the command itself is asked: it may be
/// the same one once more.
#[cfg(feature = "ssr")]
async fn is_name_of(id: WorkflowId, typed: &str) -> Result<(), ApiError> {
    let user = current_user()?;
    let known = match service()?.workflow(&user, id).await {
        Err(JobOrchestratorError::NotFound { .. }) => return Ok(()),
        known => answer(known)?.name,
    };
    // As it is, or as the page shows it.
    let shown = crate::format::visible(&known);
    if [known.trim(), shown.trim()].contains(&typed.trim()) {
        return Ok(());
    }
    let told = "that is not the name of this workflow, so nothing was deleted";
    Err(ApiError::Refused(told.to_owned()).answered())
}

/// Has a page's command carried out, whatever happened since the page was drawn: a step that ended
/// meanwhile must keep nobody from pausing or cancelling.
#[cfg(feature = "ssr")]
async fn act(
    id: WorkflowId,
    action: engine::Action,
    command_id: Option<String>,
) -> Result<(), ApiError> {
    let request = ActionRequest {
        command_id,
        ..action.into()
    };
    act_on(id, request).await
}

/// Has a page's command carried out, while the workflow's last event is `expected_rev` if one is named.
#[cfg(feature = "ssr")]
async fn act_on(id: WorkflowId, request: ActionRequest) -> Result<(), ApiError> {
    let user = current_user()?;
    let service = service()?;
    let command_id = command_id::given(request.command_id.clone()).map_err(ApiError::answered)?;
    let (service, user, request) = (service.as_ref(), &user, &request);
    let done = command_id::carry_out(command_id, |command_id| async move {
        let request = ActionRequest {
            command_id,
            ..request.clone()
        };
        service.act(user, id, request).await
    });
    match done.await {
        Err(JobOrchestratorError::Refused(Refusal::StaleView { .. })) => {
            Err(ApiError::Conflict(MOVED_ON.to_owned()).answered())
        }
        done => answer(done).map(drop),
    }
}
