//! The form that starts a workflow of a definition.

#[cfg(feature = "ssr")]
use std::time::Duration;

use engine::orchestrator::SavedDefinition;
use engine::{DefinitionId, Problem, WorkflowId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::{Answer, ApiError};
#[cfg(feature = "ssr")]
use crate::api::{answer, current_user, now, service};
#[cfg(feature = "ssr")]
use engine::Role;

/// Everything the form is drawn from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StartPage {
    /// The definition's latest version.
    pub saved: SavedDefinition,
    /// What is typed for each parameter, by name.
    pub parameters: Vec<(String, String)>,
    /// What is typed as the job's number.
    pub job_id: String,
    /// What is typed as metadata.
    pub metadata: String,
    /// The id of the command that the form sends.
    pub command_id: String,
    /// What came of the form when it was sent before.
    pub sent_before: Option<WorkflowId>,
    /// Whether it came with the request, so that its URL is not the form's own.
    pub posted: bool,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// Why nothing was started.
    pub error: Option<ApiError>,
    /// The same as a call of the HTTP API, when somebody asked.
    pub api_call: Option<String>,
    /// The status of the response.
    pub status: u16,
}

/// The names of the form's fields.
pub mod names {
    /// The name of every button.
    pub const PRESS: &str = "press";
    /// The job's number.
    pub const JOB_ID: &str = "job_id";
    /// Metadata.
    pub const METADATA: &str = "metadata";
    /// What a parameter's name is put behind.
    pub const PARAMETER_PREFIX: &str = "parameter.";
    /// The button that starts.
    pub const START: &str = "start";
    /// The button that creates without starting.
    pub const CREATE: &str = "create";
    /// The button that shows the call of the HTTP API.
    pub const API_CALL: &str = "api_call";
}

/// For so long after a form was sent its address still shows it: somebody went back to it. Whoever opens
/// the address later has it as a bookmark, and wants a new form.
#[cfg(feature = "ssr")]
const GONE_BACK_TO: Duration = Duration::from_secs(10 * 60);

/// The form of one definition, with its defaults filled in; `form` is the id of one that was drawn
/// before.
#[server(prefix = "/fn", endpoint = "start-page", output = Answer)]
pub async fn open_start(id: DefinitionId, form: Option<String>) -> Result<StartPage, ApiError> {
    // A posted form brings its page along: what was typed, not the defaults.
    if let Some(crate::posted::PostedPage::Start(page)) = use_context() {
        return Ok(page);
    }
    let user = current_user()?;
    if !user.may(Role::Operator) {
        let needs = Role::Operator;
        return Err(ApiError::Forbidden { needs }.answered());
    }
    let service = service()?;
    let saved = answer(service.definition(&user, id, None).await)?;
    let known = form.filter(|form| engine::command_id::is_usable(form));
    let sent_before = match &known {
        Some(form) => answer(service.workflow_of_command(&user, form).await)?,
        None => None,
    };
    if let Some(workflow) = sent_before {
        let made = service.workflow(&user, workflow).await;
        if made.is_ok_and(|made| now().since(made.created_at) > GONE_BACK_TO) {
            return Ok(StartPage::of(saved, service.new_command_id()));
        }
    }
    let mut page = StartPage::of(saved, known.unwrap_or_else(|| service.new_command_id()));
    page.sent_before = sent_before;
    Ok(page)
}

impl StartPage {
    /// The form with the definition's defaults filled in.
    #[must_use]
    pub fn of(saved: SavedDefinition, command_id: String) -> Self {
        let defaults = saved.definition["parameters"].as_object();
        let parameters = defaults
            .into_iter()
            .flatten()
            .map(|(name, default)| {
                let text = engine::draft::parameters::default_text(default);
                (name.clone(), text)
            })
            .collect();
        Self {
            saved,
            parameters,
            job_id: String::new(),
            metadata: String::new(),
            command_id,
            sent_before: None,
            posted: false,
            problems: Vec::new(),
            error: None,
            api_call: None,
            status: 200,
        }
    }
}
