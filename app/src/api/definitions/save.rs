//! Checking and saving a draft: the same for the server function and for a posted form.

use engine::draft::difference::differences;
use engine::draft::{DefinitionDraft, merged};
use engine::orchestrator::{DefinitionSource, NewWorkflowRequest, SavedDefinition};
use engine::problem::first_of;
use engine::step_form::StepSpec;
use engine::{Actor, DefinitionId, JobOrchestratorError, Problem, Role, Service};
use serde_json::{Map, Value};

use super::builder::{BuilderNotice, SaveAnswer, SaveRequest};
use crate::api::ApiError;
use crate::api::command_id;
use crate::paths;

/// Refuses whoever may not write definitions.
///
/// # Errors
/// When the role is too low.
pub fn must_edit(user: &Actor) -> Result<(), ApiError> {
    if user.may(Role::Editor) {
        Ok(())
    } else {
        let needs = Role::Editor;
        Err(ApiError::Forbidden { needs }.answered())
    }
}

/// Every problem of a draft: of its text, and of what the text means.
///
/// # Errors
/// When the service cannot judge it.
pub async fn problems(
    service: &dyn Service,
    draft: &DefinitionDraft,
    specs: &[StepSpec],
) -> Result<Vec<Problem>, ApiError> {
    let (json, _) = draft.to_json(specs);
    let found = service.check(&json).await?;
    Ok(first_of(merged(draft.check(specs), found)))
}

/// Saves a draft, and starts a workflow of it if asked to.
///
/// # Errors
/// When the role is too low, or the service cannot answer. What is wrong with the draft is no
/// error but an answer that says to stay.
pub async fn save(
    service: &dyn Service,
    user: &Actor,
    request: SaveRequest,
) -> Result<SaveAnswer, ApiError> {
    must_edit(user)?;
    let id = command_id::given(request.command_id)?;
    let specs = service.step_types(user).await.map_err(ApiError::from)?;
    let (json, unreadable) = request.draft.to_json(&specs);
    if !unreadable.is_empty() {
        let problems = problems(service, &request.draft, &specs).await?;
        return Ok(stay(BuilderNotice::Problems, problems, request.replaces));
    }
    if request.start
        && let Some(saved) = same_as_saved(service, user, request.replaces, &json).await
    {
        return Ok(start(service, user, &saved, id).await);
    }
    let (replaces, sent) = (request.replaces, &json);
    let saved = command_id::carry_out(id.clone(), |id| async move {
        service.save(user, replaces, sent, id.as_deref()).await
    });
    match saved.await {
        Ok(saved) if request.start => Ok(start(service, user, &saved, id).await),
        Ok(saved) => Ok(SaveAnswer::GoTo(paths::definition(saved.definition_id))),
        Err(JobOrchestratorError::Invalid(found)) => {
            let problems = first_of(merged(request.draft.check(&specs), found));
            Ok(stay(BuilderNotice::Problems, problems, request.replaces))
        }
        Err(JobOrchestratorError::Conflict(_)) if request.replaces.is_some() => {
            let notice = conflict(service, user, request.replaces, &json).await?;
            Ok(stay(notice, Vec::new(), request.replaces))
        }
        Err(error) => Err(error.into()),
    }
}

/// The saved version that a draft is based on, if it is the latest one and says the same: a start
/// that was refused and is tried again makes no further version.
async fn same_as_saved(
    service: &dyn Service,
    user: &Actor,
    replaces: Option<(DefinitionId, u32)>,
    json: &Value,
) -> Option<SavedDefinition> {
    let (id, base) = replaces?;
    let saved = service.definition(user, id, None).await.ok()?;
    let written = engine::WorkflowDefinition::from_json(json).ok()?.to_json();
    (saved.version == base && saved.definition == written).then_some(saved)
}

fn stay(
    notice: BuilderNotice,
    problems: Vec<Problem>,
    replaces: Option<(DefinitionId, u32)>,
) -> SaveAnswer {
    SaveAnswer::Stay {
        notice,
        problems,
        replaces,
    }
}

/// Says whose version is newer and what it has otherwise.
async fn conflict(
    service: &dyn Service,
    user: &Actor,
    replaces: Option<(DefinitionId, u32)>,
    yours: &Value,
) -> Result<BuilderNotice, ApiError> {
    let (id, _) = replaces.unwrap_or((DefinitionId(0), 0));
    let theirs = service.definition(user, id, None).await?;
    // With its defaults written out, so that only what differs is told.
    let yours = engine::WorkflowDefinition::from_json(yours)
        .map_or_else(|_| yours.clone(), |definition| definition.to_json());
    Ok(BuilderNotice::Conflict {
        version: theirs.version,
        saved_by: theirs.saved_by,
        saved_at: theirs.saved_at,
        differences: differences(&yours, &theirs.definition),
    })
}

/// Starts what was saved. Another version is another command, also when it comes from the same page.
async fn start(
    service: &dyn Service,
    user: &Actor,
    saved: &SavedDefinition,
    id: Option<String>,
) -> SaveAnswer {
    let (definition, version) = (saved.definition_id, saved.version);
    let request = NewWorkflowRequest {
        definition: DefinitionSource::Saved(definition),
        job_id: None,
        parameters: Map::new(),
        metadata: Map::new(),
        start: true,
        command_id: id.map(|id| command_id::followed_by(&id, &format!(".{definition}.{version}"))),
    };
    match service.submit(user, request).await {
        Ok(workflow) => SaveAnswer::GoTo(paths::workflow(workflow.id)),
        Err(error) => {
            let error = ApiError::from(error);
            let replaces = Some((definition, version));
            stay(
                BuilderNotice::NotStarted { version, error },
                Vec::new(),
                replaces,
            )
        }
    }
}
