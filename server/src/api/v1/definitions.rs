//! `/definitions`

use axum::extract::State;
use axum::response::Response;
use engine::DefinitionId;
use serde_json::Value;

use super::answer;
use crate::api::body::{Fields, Json};
use crate::api::command_id::CommandId;
use crate::api::number::Numbers;
use crate::api::query::Query;
use crate::caller::Caller;
use crate::paths::v1 as at;
use crate::problem::ApiProblem;
use crate::shared::Shared;

/// The latest version of each, newest first.
pub async fn list(
    State(shared): State<Shared>,
    caller: Caller,
    query: Query,
) -> Result<Response, ApiProblem> {
    query.only(&["limit", "cursor"])?;
    let (limit, cursor) = (query.limit()?, query.cursor()?);
    let cursor = cursor.map(DefinitionId);
    let page = shared
        .service
        .definitions(&caller.actor, limit, cursor)
        .await?;
    let items: Vec<Value> = page.items.into_iter().map(answer::definition).collect();
    Ok(answer::list(&items, page.next.map(|next| next.to_string())))
}

/// Saves a new one.
pub async fn create(
    State(shared): State<Shared>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Json(definition): Json,
) -> Result<Response, ApiProblem> {
    let saved = shared
        .service
        .save(&caller.actor, None, &definition, command_id.as_deref())
        .await?;
    let id = saved.definition_id.0;
    Ok(answer::created(
        at::DEFINITION,
        id,
        answer::definition(saved),
    ))
}

/// The latest version of one, or the one asked for.
pub async fn get(
    State(shared): State<Shared>,
    caller: Caller,
    numbers: Numbers,
    query: Query,
) -> Result<Response, ApiProblem> {
    let id = numbers.of("id", "definition").map(DefinitionId)?;
    query.only(&["version"])?;
    let version = query.whole("version", "from 1")?;
    let saved = shared
        .service
        .definition(&caller.actor, id, version)
        .await?;
    Ok(answer::thing(answer::definition(saved)))
}

/// Saves the next version of one. `version` names the one it was based on; `definition_id` may be
/// there, as it is in an answer, and then has to be the one of the path.
pub async fn replace(
    State(shared): State<Shared>,
    caller: Caller,
    numbers: Numbers,
    CommandId(command_id): CommandId,
    Json(body): Json,
) -> Result<Response, ApiProblem> {
    let id = numbers.of("id", "definition").map(DefinitionId)?;
    let mut fields = Fields::new(body)?;
    let version = match fields.take("version") {
        None => {
            fields.wrong(
                "version",
                "is missing; name the version this one is based on",
            );
            0
        }
        Some(value) => {
            let version = value.as_u64().and_then(|v| u32::try_from(v).ok());
            version.filter(|version| *version > 0).unwrap_or_else(|| {
                fields.wrong("version", "must be a whole number from 1");
                0
            })
        }
    };
    if fields
        .take("definition_id")
        .is_some_and(|named| named.as_i64() != Some(id.0))
    {
        fields.wrong(
            "definition_id",
            format!("must be {id}, as in the path, or left out"),
        );
    }
    let definition = fields.rest()?;
    let replaces = Some((id, version));
    let saved = shared
        .service
        .save(&caller.actor, replaces, &definition, command_id.as_deref())
        .await?;
    Ok(answer::thing(answer::definition(saved)))
}
