//! Each message through the engine. What is refused is answered like everything else: after the
//! batch, so that an answer never runs ahead of the disk.

use std::time::Duration;

use engine::event::EventRecord;
use engine::orchestrator::ActionRequest;
use engine::workflow::NewWorkflow;
use engine::{
    Action, Actor, Command, Event, JobId, JobOrchestratorError, Origin, Refusal, SkipReason,
    StepIndex, TaskId, TaskStatus, Timestamp, Workflow, WorkflowId, advance,
};
use tracing::{debug, error, warn};

use super::aside::Blame;
use super::batch::{Answered, Batch, Member};
use super::load::Loaded;
use super::timers::Wait;
use super::{Active, Committer, Creation, Message};
use crate::crash_point;
use crate::fault;
use crate::health::Ask;
use crate::quarantine::refused;
use crate::store::Header;

impl Committer {
    pub(super) async fn decide(&mut self, message: Message, batch: &mut Batch) {
        if let Some(answer) = self.answered_before(&message, batch).await {
            batch.members.push(Member { message, answer });
            return;
        }
        // It may have waited here since before the disk was full.
        let hindrance = message.ask().and_then(|ask| self.health.hinders(ask));
        if let Some(hindrance) = hindrance {
            let answer = Err(hindrance.into());
            batch.members.push(Member { message, answer });
            return;
        }
        let now = self.moments.now();
        let answer = match &message {
            Message::Create {
                creation, actor, ..
            } => self.create(creation, actor, now, batch),
            Message::Act {
                id, request, actor, ..
            } => self.act(*id, request, actor, now, batch).await,
            Message::Report {
                id,
                command,
                waits_until,
                ..
            } => {
                let counted = self.counted_anew(command, *waits_until, now);
                let command = counted.as_ref().unwrap_or(command);
                let (id, is_read) = (*id, self.report(*id, command, now, batch).await);
                if !is_read {
                    self.give_up(message, None);
                    return;
                }
                Ok(id)
            }
            Message::Examine { id, .. } => match self.examine(*id).await {
                Some(blame) => {
                    batch.blame = Some(blame);
                    Ok(*id)
                }
                None => return self.carry_out(message).await,
            },
            Message::Adopt { .. }
            | Message::Registered { .. }
            | Message::Quiesce { .. }
            | Message::Interrupt
            | Message::InterruptAgain
            | Message::ClockWasSet
            | Message::LookAgain
            | Message::Exit { .. } => return self.carry_out(message).await,
        };
        if let Ok(id) = &answer {
            Self::remember(&message, *id, batch);
        }
        let answer = answer.map(Answered::Now);
        batch.members.push(Member { message, answer });
    }

    fn create(
        &mut self,
        creation: &Creation,
        actor: &Actor,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<WorkflowId, JobOrchestratorError> {
        if self.is_stopping {
            return Err(JobOrchestratorError::Stopping);
        }
        let id = WorkflowId(self.numbers.workflow + 1);
        let job_id = creation
            .job_id
            .unwrap_or(JobId(self.numbers.job.saturating_add(1)));
        let new = NewWorkflow {
            id,
            job_id,
            first_task_id: TaskId(self.numbers.task + 1),
            definition: self
                .store
                .shared(&creation.definition_hash, &creation.definition),
            metadata: creation.metadata.clone(),
            parameters: creation.parameters.clone(),
        };
        let mut workflow = Workflow::new(new, now);
        let origin = Origin {
            actor: Some(&actor.name),
            actor_kind: Some(actor.kind),
            command_id: creation.command.as_ref().map(|command| command.id.as_str()),
            ..Origin::default()
        };
        let mut events = advance(&mut workflow, &Command::Create, origin, now)?;
        if creation.start {
            let start = Command::Act(Action::Start);
            events.extend(advance(&mut workflow, &start, origin, now)?);
        }
        // A number that is given out is never given out again, even if the batch fails.
        self.numbers.workflow = id.0;
        self.numbers.job = self.numbers.job.max(job_id.0);
        self.numbers.task += i64::try_from(workflow.tasks().len()).unwrap_or(0);
        let header = Header {
            source: creation.source,
            definition_hash: creation.definition_hash.clone(),
        };
        self.active.insert(id, Active { header, workflow });
        self.queue(id, &events);
        batch.add(id, events);
        Ok(id)
    }

    async fn act(
        &mut self,
        id: WorkflowId,
        request: &ActionRequest,
        actor: &Actor,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<WorkflowId, JobOrchestratorError> {
        match self.load(id).await {
            Ok(Loaded::Here) => {}
            Ok(Loaded::Unknown) => {
                return Err(JobOrchestratorError::NotFound {
                    what: "workflow",
                    id: id.0,
                });
            }
            Ok(Loaded::Aside(cause)) => return Err(refused(cause)),
            Err(cause) => {
                self.health.store_failed(&cause);
                return Err(fault::of_store("reading a workflow", &cause));
            }
        }
        let Some(active) = self.active.get_mut(&id) else {
            return Err(JobOrchestratorError::NotFound {
                what: "workflow",
                id: id.0,
            });
        };
        let origin = Origin {
            actor: Some(&actor.name),
            actor_kind: Some(actor.kind),
            reason: request.reason.as_deref(),
            command_id: request.command_id.as_deref(),
            expected_rev: request.expected_rev,
        };
        let command = Command::Act(request.action.clone());
        let decided = advance(&mut active.workflow, &command, origin, now);
        if let Err(Refusal::Fault(fault)) = &decided {
            batch.blame = Some(Blame::contradiction(id, fault));
        }
        let events = decided?;
        self.queue(id, &events);
        batch.add(id, events);
        Ok(id)
    }

    /// False when its workflow cannot be read now.
    async fn report(
        &mut self,
        id: WorkflowId,
        command: &Command,
        now: Timestamp,
        batch: &mut Batch,
    ) -> bool {
        if let Some(task) = self.forget_attempt(id, command) {
            self.lanes.release((id, task));
        }
        if matches!(command, Command::Due { .. }) && self.is_read_back_soon(id) {
            return true;
        }
        match self.load(id).await {
            Ok(Loaded::Here) => {}
            Ok(Loaded::Unknown) => return true,
            Ok(Loaded::Aside(_)) => {
                if let Command::Report { task, attempt, .. } = command {
                    warn!(
                        workflow = id.0,
                        task, attempt, "an attempt of a workflow in quarantine ended"
                    );
                }
                return true;
            }
            Err(fault) => {
                error!(%fault, workflow = id.0, "a report waits: its workflow cannot be read");
                self.health.store_failed(&fault);
                return false;
            }
        }
        let Some(active) = self.active.get_mut(&id) else {
            return true;
        };
        match advance(&mut active.workflow, command, None, now) {
            Ok(events) => {
                self.queue(id, &events);
                batch.add(id, events);
                crash_point::reach("c5");
            }
            Err(Refusal::Fault(fault)) => {
                batch.blame = Some(Blame::contradiction(id, &fault));
            }
            Err(refusal) => debug!(%refusal, workflow = id.0, "a report comes too late"),
        }
        true
    }

    /// Nothing is under way any more of an attempt that tells its end; the task it was of.
    pub(super) fn forget_attempt(
        &mut self,
        id: WorkflowId,
        command: &Command,
    ) -> Option<StepIndex> {
        let (Command::Report { task, attempt, .. } | Command::Wait { task, attempt, .. }) = command
        else {
            return None;
        };
        self.attempts.ended(id, *task, *attempt);
        Some(*task)
    }

    /// Whether a workflow was forgotten because it could not be written. Reading it back sets its
    /// timers anew; until then an entry that comes due would only read it and fail once more.
    fn is_read_back_soon(&self, id: WorkflowId) -> bool {
        !self.active.contains_key(&id) && self.held.is_unread(id)
    }

    /// Puts into the lanes and the timers what the events made ready.
    fn queue(&mut self, id: WorkflowId, events: &[EventRecord]) {
        let mut again = false;
        for record in events {
            match &record.event {
                Event::TaskQueued { task }
                | Event::TaskLost { task, .. }
                | Event::TaskInterrupted { task, .. } => self.wait_for_slot(id, *task),
                Event::TaskRetryScheduled { task, .. } | Event::TaskWaiting { task, .. } => {
                    self.wait_for_moment(id, *task);
                }
                // The last of what a recovery stopped held back the whole reset set, those before it
                // change nothing.
                Event::AttemptEnded { .. } => again |= !self.has_superseded(id),
                // A failure that is settled by hand no longer holds back what `stop` had blocked.
                Event::WorkflowResumed { .. }
                | Event::TaskMarkedDone { .. }
                | Event::TaskSkipped {
                    reason: SkipReason::Operator,
                    ..
                } => again = true,
                _ => {}
            }
        }
        if again {
            self.queue_again(id);
        }
    }

    fn has_superseded(&self, id: WorkflowId) -> bool {
        let active = self.active.get(&id);
        active.is_some_and(|active| active.workflow.tally().has_superseded())
    }

    pub(super) fn wait_for_slot(&mut self, id: WorkflowId, task: StepIndex) {
        if let Some(active) = self.active.get(&id) {
            let starts_program = self.attempts.starts_program(&active.workflow, task);
            self.lanes.wait(starts_program, (id, task));
        }
    }

    /// Queues again what waits for its step type to be allowed.
    fn look_again(&mut self) {
        for (id, task) in std::mem::take(&mut self.disabled) {
            self.wait_for_slot(id, task);
        }
    }

    fn wait_for_moment(&mut self, id: WorkflowId, task: StepIndex) {
        let Some(active) = self.active.get(&id) else {
            return;
        };
        let Some(record) = active.workflow.task(task).map(|known| known.record()) else {
            return;
        };
        if let Some(due_at) = record.due_at {
            let length = record.wait_micros.map(Duration::from_micros);
            let wait = Wait { id, task, due_at };
            self.timers.add(wait, length, &*self.clock);
        }
    }

    /// Everything of the workflow that waits for a slot or a moment: after it was read, after a
    /// resume (claims that were refused meanwhile, retries that moved), or once what a recovery
    /// stopped is dead.
    pub(super) fn queue_again(&mut self, id: WorkflowId) {
        let Some(active) = self.active.get(&id) else {
            return;
        };
        let tasks = active.workflow.tasks().iter();
        let statuses: Vec<_> = tasks.map(engine::workflow::Task::status).collect();
        for (task, status) in statuses.into_iter().enumerate() {
            match status {
                TaskStatus::Queued => self.wait_for_slot(id, task),
                _ => self.wait_for_moment(id, task),
            }
        }
    }

    /// What concerns the committer itself and writes nothing.
    pub(super) async fn carry_out(&mut self, message: Message) {
        match message {
            Message::Adopt { ids, reply } => drop(reply.send(self.take_up(ids).await)),
            Message::Examine { done, .. } => drop(done.send(())),
            Message::Registered { definition_hash } => self.unpark(&definition_hash),
            Message::Quiesce { idle } => {
                self.is_stopping = true;
                self.idle.push(idle);
            }
            Message::InterruptAgain => self.attempts.stop_before_once(),
            Message::Interrupt => {
                self.is_hurried = true;
                self.attempts.stop_all();
            }
            Message::LookAgain => self.look_again(),
            Message::ClockWasSet => {
                self.timers.clock_was_set(&*self.clock);
                self.watch.clock_was_set();
            }
            _ => {}
        }
        self.tell_idle();
    }

    /// Tells whoever stops the service that nothing is under way any more.
    pub(super) fn tell_idle(&mut self) {
        // What waits to be written is waited for as long as for steps, and not once more.
        let is_written = self.held.is_empty() || (self.is_hurried && self.nothing_is_written());
        if self.is_stopping && self.attempts.count() == 0 && is_written {
            for idle in self.idle.drain(..) {
                let _ = idle.send(());
            }
        }
    }

    fn nothing_is_written(&self) -> bool {
        self.health.hinders(Ask::Change).is_some()
    }
}
