//! Workflows that somebody deletes: each in a transaction of its own, in the order in which it was asked
//! among everything else. A batch is made of events, and of what is deleted none is left.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use engine::orchestrator::ActionRequest;
use engine::progress::WorkflowState;
use engine::{
    Action, Actor, Command, JobOrchestratorError, Origin, Refusal, Seq, WorkflowId, advance,
};
use tracing::{error, info};

use super::batch::{Answered, Batch};
use super::roll_back::Part;
use super::{Committer, Message};
use crate::crash_point;
use crate::fault;
use crate::feed::News;
use crate::store::{AnsweredCommand, Concern, Deletion, StoreError, command_key};

/// A workflow that may be deleted, as it stands.
struct Doomed {
    state: WorkflowState,
    /// Where it must stand in the store; none where its rows may say anything.
    rev: Option<Seq>,
}

/// A deletion of which nobody knows whether it was written: its workflow, and the number of its last
/// event.
pub(super) type DeletionInDoubt = (WorkflowId, Seq);

impl Message {
    /// Whether somebody deletes a workflow with it.
    pub(super) fn deletes(&self) -> bool {
        matches!(self, Self::Act { request, .. } if request.action == Action::Delete)
    }
}

/// What is decided together, in the order in which it came: what deletes stands alone.
pub(super) fn parts_of(messages: Vec<Message>) -> VecDeque<Part> {
    let mut parts = VecDeque::new();
    let mut together = Vec::new();
    for message in messages {
        if message.deletes() {
            if !together.is_empty() {
                parts.push_back(Part::Together(std::mem::take(&mut together)));
            }
            parts.push_back(Part::Message(message));
        } else {
            together.push(message);
        }
    }
    parts.push_back(Part::Together(together));
    parts
}

impl Committer {
    /// Carries out and answers a message that deletes.
    pub(super) async fn delete(&mut self, message: Message) {
        if !self.can_decide().await {
            return self.put_off(vec![message]).await;
        }
        let before = self.answered_before(&message, &Batch::default()).await;
        let Message::Act {
            id,
            request,
            actor,
            reply,
        } = message
        else {
            return;
        };
        let answer = match before {
            Some(Ok(Answered::Before(state))) => Ok(*state),
            Some(Err(refused)) => Err(refused),
            _ => self.deleted(id, &request, &actor).await,
        };
        // A caller who went away does not want the answer.
        drop(reply.send(answer));
        crash_point::reach("c8");
        self.evict(id);
    }

    async fn deleted(
        &mut self,
        id: WorkflowId,
        request: &ActionRequest,
        actor: &Actor,
    ) -> Result<WorkflowState, JobOrchestratorError> {
        let Doomed { state, rev } = self.doomed(id, request, actor).await?;
        let deletion = Deletion {
            workflow: id,
            rev,
            at: self.clock.now(),
            actor: actor.name.clone(),
            reason: request.reason.clone(),
        };
        let command = self.answer_of(actor, id, request, &state);
        let command = command.map_err(|cause| fault::of_store("deleting a workflow", &cause))?;
        let last = state.summary.events;
        match self.write_deletion(&deletion, command.as_ref(), last).await {
            Ok(()) => {
                crash_point::reach("c7");
                self.gone(id, last);
                Ok(state)
            }
            Err(cause) => Err(fault::of_store("deleting a workflow", &cause)),
        }
    }

    /// The workflow, if it may be deleted. One in quarantine may: whoever cannot mend it gets rid of it.
    async fn doomed(
        &mut self,
        id: WorkflowId,
        request: &ActionRequest,
        actor: &Actor,
    ) -> Result<Doomed, JobOrchestratorError> {
        let unread = |cause: &StoreError| fault::of_store("reading a workflow", cause);
        let missing = JobOrchestratorError::NotFound {
            what: "workflow",
            id: id.0,
        };
        self.take_in(id, None)
            .await
            .map_err(|cause| unread(&cause))?;
        let doomed = if let Some(active) = self.active.get_mut(&id) {
            let origin = Origin {
                actor: Some(&actor.name),
                expected_rev: request.expected_rev,
                ..Origin::default()
            };
            let command = Command::Act(Action::Delete);
            advance(&mut active.workflow, &command, origin, self.moments.now())?;
            let rev = Some(active.workflow.rev());
            let state = self.state(id, None).ok_or(missing)?;
            Doomed { state, rev }
        } else if let Some(cause) = self.quarantine.cause(id) {
            let remains = self.store.remains(id, &cause).await;
            let state = remains.map_err(|cause| unread(&cause))?.ok_or(missing)?;
            let rev = state.summary.events;
            if let Some(expected) = request.expected_rev.filter(|expected| *expected != rev) {
                return Err(Refusal::StaleView { expected, rev }.into());
            }
            Doomed { state, rev: None }
        } else {
            return Err(missing);
        };
        if self.attempts.is_any_live(id) {
            return Err(Refusal::NotDeletable {
                status: doomed.state.summary.status,
                advice: "a step of it is still being stopped; try again in a moment",
            }
            .into());
        }
        Ok(doomed)
    }

    /// The answer as it is kept for a command that carries an id.
    fn answer_of(
        &self,
        actor: &Actor,
        workflow: WorkflowId,
        request: &ActionRequest,
        state: &WorkflowState,
    ) -> Result<Option<AnsweredCommand>, StoreError> {
        let Some(id) = &request.command_id else {
            return Ok(None);
        };
        let answer = serde_json::to_string(state).map_err(|error| StoreError::Corrupt {
            what: "an answer".into(),
            cause: error.to_string(),
        })?;
        Ok(Some(AnsweredCommand {
            actor: actor.name.clone(),
            id: command_key::of(actor.kind, id),
            at: self.clock.now(),
            content: super::repeated::content_of_act(workflow, &request.action),
            answer,
        }))
    }

    /// One transaction. On a full disk the room that is kept may be used for it: it makes room.
    async fn write_deletion(
        &mut self,
        deletion: &Deletion,
        command: Option<&AnsweredCommand>,
        last: Seq,
    ) -> Result<(), StoreError> {
        let id = deletion.workflow;
        let mut written = self.store.delete(deletion, command).await;
        let is_full = written
            .as_ref()
            .is_err_and(|fault| fault.concern() == Concern::Disk);
        if is_full && self.health.make_room() {
            written = self.store.delete(deletion, command).await;
        }
        let Err(fault) = written else {
            return Ok(());
        };
        self.health.store_failed(&fault);
        error!(%fault, workflow = id.0, "a workflow could not be deleted");
        if !fault.may_be_written() {
            return Err(fault);
        }
        match self.is_gone(id).await {
            Ok(true) => {
                info!(
                    workflow = id.0,
                    "a workflow was deleted although the store failed"
                );
                Ok(())
            }
            Ok(false) => Err(fault),
            Err(_) => {
                self.deletions_in_doubt.push((id, last));
                Err(fault)
            }
        }
    }

    /// Whether a workflow that was there is not there any more.
    async fn is_gone(&self, id: WorkflowId) -> Result<bool, StoreError> {
        // What is read from a file that was taken away is no answer.
        self.store.probe(false).await?;
        Ok(self.store.rev(id).await?.is_none())
    }

    /// Finds out about every deletion in doubt. False while that cannot be known.
    pub(super) async fn settle_deletions(&mut self) -> bool {
        while let Some((id, last)) = self.deletions_in_doubt.first().copied() {
            match self.is_gone(id).await {
                Ok(was_written) => {
                    self.deletions_in_doubt.remove(0);
                    if was_written {
                        info!(workflow = id.0, "a deletion in doubt was written");
                        self.gone(id, last);
                    }
                }
                Err(fault) => {
                    self.health.store_failed(&fault);
                    return false;
                }
            }
        }
        true
    }

    /// Nothing is left of a workflow but what is removed behind this.
    fn gone(&mut self, id: WorkflowId, last: Seq) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.evict(id);
        self.quarantine.take(id);
        self.held.forget(id);
        self.feed.tell_deleted();
        // No event has this number: whoever looks finds that there is nothing any more.
        let news = News {
            rev: last + 1,
            is_over: true,
            is_aside: false,
        };
        self.feed.publish(id, news);
    }
}
