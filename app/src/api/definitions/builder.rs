//! What the builder asks: a draft to begin with, its problems, to save it.

use engine::draft::DefinitionDraft;
use engine::step_form::StepSpec;
use engine::{DefinitionId, Problem, Timestamp};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

use crate::api::{Answer, ApiError};
#[cfg(feature = "ssr")]
use crate::api::{answer, current_user, service};

/// Everything the builder is drawn from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BuilderPage {
    /// What is edited and which version it is based on; none for a new definition.
    pub replaces: Option<(DefinitionId, u32)>,
    /// What is typed.
    pub draft: DefinitionDraft,
    /// The step whose form is open.
    pub shown: usize,
    /// The step types.
    pub specs: Vec<StepSpec>,
    /// What is wrong, when somebody asked.
    pub problems: Vec<Problem>,
    /// What was done or refused.
    pub notice: Option<BuilderNotice>,
    /// What is typed as JSON, when that is open.
    pub json: Option<String>,
    /// What is looked for in the list of steps.
    pub find: String,
    /// The id of the command that saves.
    pub command_id: String,
    /// Whether the draft came with the request, so that the browser need not offer an older one.
    pub posted: bool,
    /// The status of the response.
    pub status: u16,
}

/// What the builder says at its top.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum BuilderNotice {
    /// A check found nothing.
    NoProblems,
    /// It was not saved because of problems.
    Problems,
    /// Somebody else saved meanwhile.
    Conflict {
        /// Their version.
        version: u32,
        /// Who saved it.
        saved_by: String,
        /// When.
        saved_at: Timestamp,
        /// What theirs has otherwise, in words.
        differences: Vec<String>,
    },
    /// It was saved but no workflow was started.
    NotStarted {
        /// The version that was saved.
        version: u32,
        /// Why nothing was started.
        error: ApiError,
    },
    /// It was refused or failed for another reason.
    Error(ApiError),
    /// The JSON cannot be read, or not as a definition.
    JsonRefused(Vec<Problem>),
    /// The draft was replaced by the JSON.
    JsonUsed,
}

/// What is to be saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaveRequest {
    /// What was typed.
    pub draft: DefinitionDraft,
    /// What is replaced and the version the draft is based on; none for a new definition.
    pub replaces: Option<(DefinitionId, u32)>,
    /// Whether a workflow of it is started.
    pub start: bool,
    /// The id of the command.
    pub command_id: Option<String>,
}

/// What came of saving.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SaveAnswer {
    /// It is saved; where to go now.
    GoTo(String),
    /// It is not saved, or not started.
    Stay {
        /// Why.
        notice: BuilderNotice,
        /// What is wrong, field by field.
        problems: Vec<Problem>,
        /// What the draft replaces from now on.
        replaces: Option<(DefinitionId, u32)>,
    },
}

/// The builder with a definition in it, or with nothing.
#[server(prefix = "/fn", endpoint = "builder", output = Answer)]
pub async fn open_builder(id: Option<DefinitionId>) -> Result<BuilderPage, ApiError> {
    // A posted form brings its page along: what was typed, not what is saved.
    if let Some(crate::posted::PostedPage::Builder(page)) = use_context() {
        return Ok(page);
    }
    let user = current_user()?;
    super::save::must_edit(&user)?;
    let service = service()?;
    let specs = answer(service.step_types(&user).await)?;
    let command_id = service.new_command_id();
    let mut page = BuilderPage::of(DefinitionDraft::default(), specs, command_id);
    if let Some(id) = id {
        let saved = answer(service.definition(&user, id, None).await)?;
        page.replaces = Some((id, saved.version));
        page.draft = DefinitionDraft::from_json(&saved.definition, &page.specs)
            .map_err(|problems| ApiError::Invalid(problems).answered())?;
    }
    Ok(page)
}

/// Every problem of a draft.
#[server(prefix = "/fn", endpoint = "check-definition", input = Json, output = Answer)]
pub async fn check_definition(draft: DefinitionDraft) -> Result<Vec<Problem>, ApiError> {
    let user = current_user()?;
    super::save::must_edit(&user)?;
    let service = service()?;
    let specs = answer(service.step_types(&user).await)?;
    let problems = super::save::problems(service.as_ref(), &draft, &specs).await;
    problems.map_err(ApiError::answered)
}

/// Saves a draft as a new definition or a new version, and starts a workflow of it if asked to.
#[server(prefix = "/fn", endpoint = "save-definition", input = Json, output = Answer)]
pub async fn save_definition(request: SaveRequest) -> Result<SaveAnswer, ApiError> {
    let user = current_user()?;
    let service = service()?;
    super::save::save(service.as_ref(), &user, request)
        .await
        .map_err(ApiError::answered)
}

impl BuilderPage {
    /// The builder with a draft in it and nothing to say.
    #[must_use]
    pub fn of(draft: DefinitionDraft, specs: Vec<StepSpec>, command_id: String) -> Self {
        Self {
            replaces: None,
            draft,
            shown: 0,
            specs,
            problems: Vec::new(),
            notice: None,
            json: None,
            find: String::new(),
            command_id,
            posted: false,
            status: 200,
        }
    }
}
