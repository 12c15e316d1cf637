//! Commands that carry an id: the same id has one effect and the same answer, also when it comes
//! five times at once, or again after a crash. What is refused has no effect and is not remembered;
//! sent again, it is judged anew.

use std::collections::BTreeMap;

use engine::orchestrator::{DefinitionSource, NewWorkflowRequest};
use engine::progress::WorkflowState;
use engine::{Action, Actor, JobOrchestratorError, Refusal, WorkflowId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::batch::{Answered, Batch};
use super::{Committer, Message};
use crate::fault;
use crate::health::Health;
use crate::store::{AnsweredCommand, Store, StoreError, command_key};

/// Before every hash of what is asked. A hash without it is of an older version, of which some hashed
/// a new workflow with what its definition had added.
const AS_SENT: &str = "2:";

/// Whose id it is, and what it is kept under.
type Key = (String, String);

/// A command of this batch that carries an id.
pub(super) struct Remembered {
    content: String,
    workflow: WorkflowId,
}

/// The commands of one batch that carry an id and are not refused.
pub(super) type RememberedCommands = BTreeMap<Key, Remembered>;

fn key_of(actor: &Actor, id: &str) -> Key {
    (actor.name.clone(), command_key::of(actor.kind, id))
}

impl Message {
    /// The id it carries, with whose it is, and the hash of what it asks for.
    fn identity(&self) -> Option<(&Actor, &str, String)> {
        let (actor, id, content) = match self {
            Self::Create {
                creation, actor, ..
            } => {
                let command = creation.command.as_ref()?;
                (actor, &command.id, command.content.clone())
            }
            Self::Act {
                id, request, actor, ..
            } => (
                actor,
                request.command_id.as_ref()?,
                content_of_act(*id, &request.action),
            ),
            _ => return None,
        };
        Some((actor, id, content))
    }
}

/// The hash of a new workflow as it was asked for: what the definition adds may change before the
/// same command comes again.
pub(crate) fn content_of_new(request: &NewWorkflowRequest) -> String {
    let (saved, inline) = match &request.definition {
        DefinitionSource::Saved(id) => (Some(id), None),
        DefinitionSource::Inline(json) => (None, Some(json)),
    };
    hash(&json!({
        "source": saved,
        "definition": inline,
        "job_id": request.job_id,
        "parameters": request.parameters,
        "metadata": request.metadata,
        "start": request.start,
    }))
}

/// The hash of what is asked of a workflow.
pub(crate) fn content_of_act(id: WorkflowId, action: &Action) -> String {
    hash(&json!({ "workflow": id, "action": action }))
}

fn hash(content: &Value) -> String {
    let digest = Sha256::digest(content.to_string().as_bytes());
    let hex = digest.iter().map(|byte| format!("{byte:02x}"));
    AS_SENT.to_owned() + &hex.collect::<String>()
}

/// A command under its id, as it comes now.
pub(crate) struct Asked<'a> {
    pub(crate) id: &'a str,
    /// The hash of what the caller sent.
    pub(crate) content: &'a str,
    /// What it asks for, when it is a new workflow.
    pub(crate) request: Option<&'a NewWorkflowRequest>,
}

/// What is kept under an actor's id, also by a version that did not tell kinds of actors apart.
pub(crate) async fn kept_command(
    store: &dyn Store,
    actor: &Actor,
    id: &str,
) -> Result<Option<AnsweredCommand>, StoreError> {
    let key = command_key::of(actor.kind, id);
    match store.command(&actor.name, &key).await? {
        Some(known) => Ok(Some(known)),
        None => store.command(&actor.name, id).await,
    }
}

/// The answer that is kept under an actor's id, with what was asked under it, if it is known.
pub(crate) async fn kept_answer(
    store: &dyn Store,
    health: &Health,
    actor: &Actor,
    asked: Asked<'_>,
) -> Option<Result<WorkflowState, JobOrchestratorError>> {
    match kept_command(store, actor, asked.id).await {
        Ok(None) => None,
        Ok(Some(known)) => Some(same_command(&known, &asked).and_then(|()| {
            serde_json::from_str(&known.answer)
                .map_err(|cause| fault::log("reading the answer of a command", &cause))
        })),
        Err(cause) => {
            health.store_failed(&cause);
            Some(Err(fault::of_store("looking up a command's id", &cause)))
        }
    }
}

impl Committer {
    /// The answer that was given under the message's id, if it carries one that is known.
    pub(super) async fn answered_before(
        &self,
        message: &Message,
        batch: &Batch,
    ) -> Option<Result<Answered, JobOrchestratorError>> {
        let (actor, id, content) = message.identity()?;
        if let Some(known) = batch.remembered.get(&key_of(actor, id)) {
            let answer = Answered::Now(known.workflow);
            return Some(same_content(&known.content, &content).map(|()| answer));
        }
        let asked = Asked {
            id,
            content: &content,
            request: None,
        };
        let kept = kept_answer(self.store.as_ref(), &self.health, actor, asked).await?;
        Some(kept.map(|state| Answered::Before(Box::new(state))))
    }

    /// Keeps what the batch has to remember of a message that was not refused.
    pub(super) fn remember(message: &Message, workflow: WorkflowId, batch: &mut Batch) {
        if let Some((actor, id, content)) = message.identity() {
            let remembered = Remembered { content, workflow };
            batch.remembered.insert(key_of(actor, id), remembered);
        }
    }

    /// The rows of what the batch has to remember, with the answers as they will be given.
    pub(super) fn answers_to_keep(
        &self,
        batch: &Batch,
    ) -> Result<Vec<AnsweredCommand>, StoreError> {
        let at = self.clock.now();
        let mut rows = Vec::with_capacity(batch.remembered.len());
        for ((actor, key), remembered) in &batch.remembered {
            let Some(state) = self.state(remembered.workflow, batch.answered_at) else {
                continue;
            };
            rows.push(AnsweredCommand {
                actor: actor.clone(),
                id: key.clone(),
                at,
                content: remembered.content.clone(),
                answer: serde_json::to_string(&state).map_err(|error| StoreError::Corrupt {
                    what: "an answer".into(),
                    cause: error.to_string(),
                })?,
            });
        }
        Ok(rows)
    }
}

/// What is kept under the id was asked for as it is asked now.
fn same_command(known: &AnsweredCommand, asked: &Asked<'_>) -> Result<(), JobOrchestratorError> {
    let is_older = !known.content.starts_with(AS_SENT);
    if is_older
        && let Some(request) = asked.request
        && let Ok(made) = serde_json::from_str(&known.answer)
        && is_of(&made, request)
    {
        return Ok(());
    }
    let content = match asked.content.strip_prefix(AS_SENT) {
        Some(hash) if is_older => hash,
        _ => asked.content,
    };
    same_content(&known.content, content)
}

/// Whether a workflow that was just made is one as asked for: what the request does not say follows
/// from its definition.
fn is_of(made: &WorkflowState, request: &NewWorkflowRequest) -> bool {
    let of_definition = match &request.definition {
        DefinitionSource::Saved(id) => made.definition_id == Some(*id),
        DefinitionSource::Inline(json) => {
            made.definition_id.is_none()
                && json.get("name").and_then(Value::as_str) == Some(&made.name)
        }
    };
    let mut parameters = request.parameters.iter();
    of_definition
        && request.job_id.is_none_or(|job| job == made.summary.job_id)
        && request.start == made.summary.started_at.is_some()
        && request.metadata == made.metadata
        && parameters.all(|(name, value)| made.parameters.get(name) == Some(value))
}

fn same_content(known: &str, asked: &str) -> Result<(), JobOrchestratorError> {
    if known == asked {
        Ok(())
    } else {
        Err(Refusal::CommandIdReused.into())
    }
}
