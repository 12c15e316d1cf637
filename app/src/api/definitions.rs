//! What the pages ask about definitions.

pub mod builder;
#[cfg(feature = "ssr")]
pub mod save;
pub mod start;

use engine::orchestrator::SavedDefinition;
use engine::step_form::StepSpec;
use engine::{DefinitionId, Timestamp};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::workflows::WorkflowRow;
use super::{Answer, ApiError};
#[cfg(feature = "ssr")]
use super::{answer, current_user, now, service};
#[cfg(feature = "ssr")]
use crate::format::visible;

/// How many definitions one page of the list shows.
#[cfg(feature = "ssr")]
const ROWS: usize = 50;

/// One line of the list of definitions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DefinitionRow {
    /// Its number.
    pub id: DefinitionId,
    /// Its name.
    pub name: String,
    /// Its latest version.
    pub version: u32,
    /// How many steps it has.
    pub steps: usize,
    /// When the latest version was saved.
    pub saved_at: Timestamp,
    /// Who saved it.
    pub saved_by: String,
}

/// A part of the list of definitions, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DefinitionList {
    /// The lines.
    pub rows: Vec<DefinitionRow>,
    /// The number to go on from; none at the end.
    pub next: Option<i64>,
    /// What time it is.
    pub now: Timestamp,
}

/// One definition with what belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DefinitionOverview {
    /// Its latest version.
    pub saved: SavedDefinition,
    /// The step types, for their titles.
    pub specs: Vec<StepSpec>,
    /// Its newest workflows, newest first.
    pub workflows: Vec<WorkflowRow>,
    /// What time it is.
    pub now: Timestamp,
}

/// A part of the list of definitions; `cursor` is the last number seen.
#[server(prefix = "/fn", endpoint = "definitions", output = Answer)]
pub async fn list_definitions(cursor: Option<i64>) -> Result<DefinitionList, ApiError> {
    let user = current_user()?;
    let cursor = cursor.map(DefinitionId);
    let page = answer(service()?.definitions(&user, ROWS, cursor).await)?;
    Ok(DefinitionList {
        rows: page.items.iter().map(row).collect(),
        next: page.next,
        now: now(),
    })
}

#[cfg(feature = "ssr")]
fn row(saved: &SavedDefinition) -> DefinitionRow {
    let json = &saved.definition;
    DefinitionRow {
        id: saved.definition_id,
        name: visible(json["name"].as_str().unwrap_or_default()),
        version: saved.version,
        steps: json["steps"].as_array().map_or(0, Vec::len),
        saved_at: saved.saved_at,
        saved_by: visible(&saved.saved_by),
    }
}

/// One definition, its steps' types and its newest workflows.
#[server(prefix = "/fn", endpoint = "definition", output = Answer)]
pub async fn look_at_definition(id: DefinitionId) -> Result<DefinitionOverview, ApiError> {
    let user = current_user()?;
    let service = service()?;
    let saved = answer(service.definition(&user, id, None).await)?;
    let specs = answer(service.step_types(&user).await)?;
    let workflows = super::workflows::newest_of(service.as_ref(), &user, id).await?;
    Ok(DefinitionOverview {
        saved,
        specs,
        workflows,
        now: now(),
    })
}
