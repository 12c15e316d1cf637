//! What happens once a batch is on disk, and how each of its members is answered.

use engine::progress::{Progress, WorkflowState};
use engine::{Command, Event, FailureKind, JobOrchestratorError, Mode, Timestamp, WorkflowId};
use tracing::debug;

use super::batch::{Answered, Batch, Member};
use super::{Committer, Message};
use crate::crash_point;
use crate::fault;
use crate::feed::News;
use crate::store::{Change, StoreError};

impl Committer {
    pub(super) fn committed(&mut self, batch: Batch, changes: &[Change]) {
        crash_point::reach("c7");
        for change in changes {
            self.carry_out_effects(change);
        }
        let looked_at: Vec<_> = batch
            .members
            .iter()
            .filter_map(|member| member.message.workflow())
            .collect();
        self.answer(batch);
        crash_point::reach("c8");
        looked_at.into_iter().for_each(|id| self.evict(id));
        for change in changes {
            let id = change.record.id;
            self.evict(id);
            self.publish(change);
        }
        self.tell_idle();
    }

    /// Wakes whoever waits for what a change brought.
    pub(super) fn publish(&self, change: &Change) {
        let news = News {
            rev: change.record.rev,
            is_over: change.record.status.is_terminal(),
            is_aside: false,
        };
        self.feed.publish(change.record.id, news);
    }

    /// Starts and stops attempts as the events say, and writes into the log what a reader of the
    /// log should know.
    pub(super) fn carry_out_effects(&mut self, change: &Change) {
        let id = change.record.id;
        for record in &change.events {
            match &record.event {
                Event::TaskStarted { task, attempt } => {
                    let Some(active) = self.active.get(&id) else {
                        continue;
                    };
                    crash_point::reach("c1");
                    let hash = &active.header.definition_hash;
                    self.attempts.start(&active.workflow, hash, *task, *attempt);
                }
                Event::CancelRequested | Event::WorkflowPaused { interrupt: true } => {
                    self.attempts.stop_workflow(id);
                }
                Event::TaskReset { task, .. } => self.attempts.stop(id, *task),
                Event::TaskRetryScheduled {
                    task,
                    attempt,
                    error,
                    due_at,
                    ..
                } => {
                    let wait = due_at.since(record.at).as_secs();
                    let text = format!("attempt {attempt} failed: {error}; next try in {wait} s");
                    self.note(id, *task, *attempt, &text);
                }
                Event::TaskFailed {
                    task,
                    attempt,
                    error,
                    failure,
                    ..
                } => {
                    let why = self.why_no_next_try(id, *task, *failure);
                    let text = format!("attempt {attempt} failed: {error}{why}");
                    self.note(id, *task, *attempt, &text);
                }
                Event::TaskLost { task, attempt, .. } => {
                    let text = "the server went down while this attempt ran; it is tried again";
                    self.note(id, *task, *attempt, text);
                }
                Event::TaskInterrupted { task, attempt } => {
                    let text = "interrupted by a pause or a stop of the server; it is tried again";
                    self.note(id, *task, *attempt, text);
                }
                _ => {}
            }
        }
    }

    /// Why a step that failed for good is not tried again, unless its error says so already.
    fn why_no_next_try(&self, id: WorkflowId, task: usize, failure: FailureKind) -> String {
        let active = self.active.get(&id);
        let Some(step) = active.and_then(|active| active.workflow.definition().steps().get(task))
        else {
            return String::new();
        };
        let why = match failure {
            FailureKind::Poison => return String::new(),
            FailureKind::OutcomeUnknown if step.mode == Some(Mode::Once) => return String::new(),
            FailureKind::Permanent => "another try would come to the same".to_owned(),
            FailureKind::Error | FailureKind::TimedOut | FailureKind::OutcomeUnknown => {
                match step.max_retries {
                    0 => "the step has no retries".to_owned(),
                    1 => "its only retry was used".to_owned(),
                    all => format!("all {all} retries were used"),
                }
            }
        };
        format!("; not tried again: {why}")
    }

    pub(super) fn note(&self, id: WorkflowId, task: usize, attempt: u32, text: &str) {
        self.attempts.log().task_log(id, task, attempt).note(text);
    }

    /// Answers every member with the state as it is now, which is the one on disk.
    pub(super) fn answer(&mut self, batch: Batch) {
        let at = batch.answered_at;
        for Member { message, answer } in batch.members {
            let (Message::Create { reply, .. } | Message::Act { reply, .. }) = message else {
                continue;
            };
            let answer = answer.and_then(|answered| match answered {
                Answered::Before(state) => Ok(*state),
                Answered::Now(id) => self.state(id, at).ok_or(JobOrchestratorError::NotFound {
                    what: "workflow",
                    id: id.0,
                }),
            });
            // A caller who went away does not want the answer.
            drop(reply.send(answer));
        }
    }

    /// How the workflow stands at that moment, or now.
    pub(super) fn state(&self, id: WorkflowId, at: Option<Timestamp>) -> Option<WorkflowState> {
        let active = self.active.get(&id)?;
        let at = at.unwrap_or_else(|| self.moments.now());
        let record = active.workflow.record();
        Some(WorkflowState {
            id,
            summary: Progress::of(&active.workflow, at).summary,
            name: active.workflow.definition().name().to_owned(),
            definition_id: active.header.source.map(|(id, _)| id),
            metadata: record.metadata.clone(),
            parameters: record.parameters.clone(),
            created_at: record.created_at,
        })
    }

    /// A message that cannot be carried out now; without a cause, because nothing can be. Commands
    /// and whoever looks are answered; what an attempt reported is kept and tried again, because it
    /// happened.
    pub(super) fn give_up(&mut self, message: Message, cause: Option<&StoreError>) {
        let message = match message.asked() {
            Ok((ask, reply)) => {
                let why = match cause {
                    Some(cause) => fault::of_store("writing a workflow", cause),
                    None => self.hindrance(ask),
                };
                // A caller who went away does not want the answer.
                drop(reply.send(Err(why)));
                return;
            }
            Err(other) => other,
        };
        let command = match message {
            Message::Report { ref command, .. } => command,
            // Whoever looks is not kept waiting for a store that cannot be read: they look again.
            Message::Adopt { reply, .. } => return drop(reply.send(Vec::new())),
            _ => return,
        };
        let is_told_again = match command {
            Command::Progress { .. } => true,
            // It was decided and not written, so its workflow is read back, which sets its timers.
            Command::Due { .. } => cause.is_some(),
            _ => false,
        };
        if !is_told_again {
            // Only its end is not written down yet: nothing of it is alive.
            if let Message::Report { id, command, .. } = &message {
                debug!(
                    workflow = id.0,
                    "what an attempt reported is held until it can be written"
                );
                self.forget_attempt(*id, command);
            }
            self.held.keep(message, self.clock.steady());
        }
    }

    /// The slots of attempts that a change starts, when the claim that took them was forgotten.
    pub(super) fn take_up_slots(&mut self, change: &Change) {
        let id = change.record.id;
        for record in &change.events {
            let Event::TaskStarted { task, .. } = record.event else {
                continue;
            };
            if let Some(active) = self.active.get(&id) {
                let starts_program = self.attempts.starts_program(&active.workflow, task);
                self.lanes.hold(starts_program, (id, task));
            }
        }
    }
}
