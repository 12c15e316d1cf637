//! Workflows as pages and the HTTP API need them; every call checks the actor's role.

use std::sync::Arc;

use async_trait::async_trait;
use engine::orchestrator::{
    ActionRequest, Answer, AttemptRecord, DefinitionSource, Findings, Hindrance, LogPage, Moves,
    NewWorkflowRequest, Page, TaskDetail, Trouble, WorkflowDetail, WorkflowFilter,
    WorkflowSelection,
};
use engine::problem::pointer_part;
use engine::progress::{Progress, WorkflowState};
use engine::{
    Actor, Attempt, DefinitionId, EventRecord, JobId, JobOrchestratorError, Mode, Problem, Role,
    Seq, StepIndex, WorkflowDefinition, WorkflowId, Workflows,
};
use serde_json::{Map, Value};

use super::latest::Checked;
use super::look::Look;
use super::{Runtime, read_fault, require, weight};
use crate::committer::{Creation, KeyedCommand, content_of_new, kept_command};
use crate::fault;
use crate::feed::News;
use crate::workflow_definition::Frozen;

impl Runtime {
    /// The definition a request names, checked; an inline one needs the role that writes
    /// definitions.
    async fn resolve(&self, actor: &Actor, source: &DefinitionSource) -> Answer<Checked> {
        match source {
            DefinitionSource::Saved(id) => self.latest(*id).await,
            DefinitionSource::Inline(json) => {
                require(actor, Role::Editor)?;
                let under = |problems: Vec<Problem>| {
                    problems
                        .into_iter()
                        .map(|p| p.under("/definition"))
                        .collect()
                };
                match self.checked(json).await {
                    Ok(definition) => Ok(self.settled(definition, None)),
                    Err(JobOrchestratorError::Invalid(problems)) => {
                        Err(JobOrchestratorError::Invalid(under(problems)))
                    }
                    Err(error) => Err(error),
                }
            }
        }
    }

    /// The latest version of a saved definition; read and checked once.
    async fn latest(&self, id: DefinitionId) -> Answer<Checked> {
        let latest = &self.inner.latest;
        if let Some(known) = latest.get(id) {
            return Ok(known);
        }
        let saves = latest.saves();
        let saved = self.saved(id, None).await?;
        let definition = self.checked(&saved.definition).await?;
        let checked = self.settled(definition, Some((id, saved.version)));
        latest.keep(id, checked.clone(), saves);
        Ok(checked)
    }

    /// The definition as workflows are made of it.
    fn settled(
        &self,
        definition: WorkflowDefinition,
        source: Option<(DefinitionId, u32)>,
    ) -> Checked {
        // What was sent or saved has no closures.
        let sent = Frozen::new(definition.into(), Arc::default());
        let settled = self.inner.handlers.settle(sent);
        Checked {
            definition: settled.definition,
            hash: settled.hash,
            source,
        }
    }
}

/// Workflows that are read from the store at once for a list.
const READ_AT_ONCE: usize = 51;
/// A page of a list ends early where its parameters and metadata come to more bytes of JSON than
/// this; the next one goes on there.
const PAGE_BYTES: usize = 4 << 20;

impl Runtime {
    /// A page of a list, and whether there is another one behind it.
    async fn page(&self, filter: &WorkflowFilter) -> Answer<(Vec<WorkflowState>, bool)> {
        let now = self.inner.moments.now();
        let mut items: Vec<WorkflowState> = Vec::new();
        let mut bytes = 0_usize;
        loop {
            // One more than asked for tells whether there is a next page.
            let missing = filter.limit + 1 - items.len();
            let part = WorkflowFilter {
                limit: missing.min(READ_AT_ONCE),
                before: items.last().map_or(filter.before, |last| Some(last.id)),
                ..filter.clone()
            };
            let found = self.inner.store.list(&part, now).await;
            let found = found.map_err(|cause| read_fault(&cause))?;
            let is_last = found.len() < part.limit;
            for state in found {
                let size = weight::of(&state.parameters) + weight::of(&state.metadata);
                bytes = bytes.saturating_add(size);
                let is_full = items.len() == filter.limit;
                if is_full || (bytes > PAGE_BYTES && !items.is_empty()) {
                    return Ok((items, true));
                }
                items.push(state);
            }
            if is_last {
                return Ok((items, false));
            }
        }
    }
}

/// The definition's parameters with the caller's values in them.
fn fill_in(
    definition: &WorkflowDefinition,
    given: &Map<String, Value>,
) -> Answer<Map<String, Value>> {
    let mut parameters = definition.parameters().clone();
    let mut problems = Vec::new();
    for (name, value) in given {
        if parameters.contains_key(name) {
            parameters.insert(name.clone(), value.clone());
        } else {
            let pointer = format!("#/parameters/{}", pointer_part(name));
            problems.push(Problem::new(
                pointer,
                "the definition has no such parameter",
            ));
        }
    }
    if problems.is_empty() {
        Ok(parameters)
    } else {
        Err(JobOrchestratorError::Invalid(problems))
    }
}

#[async_trait]
impl Workflows for Runtime {
    async fn submit(&self, actor: &Actor, request: NewWorkflowRequest) -> Answer<WorkflowState> {
        require(actor, Role::Operator)?;
        let command = request.command_id.as_ref().map(|id| KeyedCommand {
            id: id.clone(),
            content: content_of_new(&request),
        });
        // Before anything is judged: what the definition and the switches say may have changed.
        let answered = self.answered_before(actor, command.as_ref(), &request);
        if let Some(answer) = answered.await {
            return answer;
        }
        let checked = self.resolve(actor, &request.definition).await?;
        if request.start
            && let Err(refused) = self.may_start(&checked.definition)
        {
            // The same command may have been carried out since it was looked for.
            let answered = self.answered_before(actor, command.as_ref(), &request);
            return answered.await.unwrap_or(Err(refused));
        }
        let creation = Creation {
            job_id: request.job_id,
            source: checked.source,
            definition_hash: checked.hash,
            parameters: fill_in(&checked.definition, &request.parameters)?,
            metadata: request.metadata,
            start: request.start,
            command,
            definition: checked.definition,
        };
        self.create(creation, actor).await
    }

    async fn act(
        &self,
        actor: &Actor,
        id: WorkflowId,
        request: ActionRequest,
    ) -> Answer<WorkflowState> {
        self.command(id, request, actor).await
    }

    async fn workflow(&self, actor: &Actor, id: WorkflowId) -> Answer<WorkflowState> {
        require(actor, Role::Viewer)?;
        self.state_now(id).await
    }

    fn new_command_id(&self) -> String {
        uuid::Uuid::now_v7().to_string()
    }

    async fn workflow_of_command(
        &self,
        actor: &Actor,
        command_id: &str,
    ) -> Answer<Option<WorkflowId>> {
        require(actor, Role::Viewer)?;
        let known = kept_command(self.inner.store.as_ref(), actor, command_id).await;
        let Some(known) = known.map_err(|cause| read_fault(&cause))? else {
            return Ok(None);
        };
        let state: WorkflowState = serde_json::from_str(&known.answer)
            .map_err(|cause| fault::log("reading the answer of a command", &cause))?;
        Ok(Some(state.id))
    }

    async fn last_event(&self, actor: &Actor, id: WorkflowId) -> Answer<Seq> {
        require(actor, Role::Viewer)?;
        match self.inner.store.rev(id).await {
            Ok(Some(rev)) => Ok(rev),
            Ok(None) => Err(JobOrchestratorError::NotFound {
                what: "workflow",
                id: id.0,
            }),
            // Looked at as a whole it is put aside, and what remains of it is shown.
            Err(fault) if fault.is_of_a_row() => Ok(self.workflow(actor, id).await?.summary.events),
            Err(fault) => Err(read_fault(&fault)),
        }
    }

    async fn workflow_of_job(&self, actor: &Actor, job_id: JobId) -> Answer<WorkflowState> {
        require(actor, Role::Viewer)?;
        let latest = self.inner.store.latest_of_job(job_id).await;
        match latest.map_err(|cause| read_fault(&cause))? {
            Some(id) => self.workflow(actor, id).await,
            None => Err(JobOrchestratorError::NotFound {
                what: "job",
                id: job_id.0,
            }),
        }
    }

    async fn detail(&self, actor: &Actor, id: WorkflowId) -> Answer<WorkflowDetail> {
        require(actor, Role::Viewer)?;
        self.detail_now(id).await
    }

    async fn progress(&self, actor: &Actor, id: WorkflowId) -> Answer<Progress> {
        require(actor, Role::Viewer)?;
        self.progress_now(id).await
    }

    async fn list(&self, actor: &Actor, filter: &WorkflowFilter) -> Answer<Page<WorkflowState>> {
        require(actor, Role::Viewer)?;
        let (mut items, has_more) = self.page(filter).await?;
        let next = items.last().filter(|_| has_more).map(|last| last.id.0);
        self.mark(&mut items);
        if filter.selection == WorkflowSelection::Recoverable {
            items.retain(|state| state.is_recoverable());
        }
        Ok(Page { items, next })
    }

    async fn events(
        &self,
        actor: &Actor,
        id: WorkflowId,
        after: Seq,
        limit: usize,
    ) -> Answer<Vec<EventRecord>> {
        require(actor, Role::Viewer)?;
        let events = self.inner.store.events(id, after, limit).await;
        events.map_err(|cause| read_fault(&cause))
    }

    fn is_running(&self) -> bool {
        !self.inner.outbox.is_closed()
    }

    fn troubles(&self) -> Vec<Trouble> {
        self.inner.health.troubles()
    }

    fn findings(&self) -> Findings {
        Findings {
            breaches: self.breaches(),
            quarantined: self.quarantined().len(),
        }
    }

    fn is_aside(&self, id: WorkflowId) -> bool {
        self.inner.quarantine.cause(id).is_some()
    }

    async fn changed(&self, id: WorkflowId, after: Seq) {
        // Subscribed before looking, so that nothing falls between the two.
        let feed = &self.inner.feed;
        let mut news = feed.subscribe(id);
        let was_aside = self.is_aside(id);
        // Who watches beside others knows what they were told, and need not ask the store.
        if news.borrow().rev == 0 {
            match self.inner.store.rev(id).await {
                Ok(Some(rev)) => feed.was_read(id, rev),
                Ok(None) => return,
                // What cannot be read now would be asked for again at once.
                Err(_) => {}
            }
        }
        let is_new = |news: &News| news.rev > after || (news.is_aside && !was_aside);
        drop(news.wait_for(is_new).await);
    }

    async fn moved(&self, after: Option<u64>) -> Moves {
        self.inner.feed.moved(after).await
    }

    async fn task(&self, actor: &Actor, id: WorkflowId, task: StepIndex) -> Answer<TaskDetail> {
        require(actor, Role::Viewer)?;
        let (mode, output) = match self.look(id).await? {
            Look::Sound(stored)
            | Look::Aside {
                stored: Some(stored),
                ..
            } => {
                let known = stored.workflow.task(task).ok_or_else(|| no_step(task))?;
                let step = stored.workflow.definition().steps().get(task);
                let mode = step.and_then(|step| step.mode).unwrap_or_default();
                (mode, known.record().output.as_deref().cloned())
            }
            Look::Aside { stored: None, .. } => (Mode::default(), None),
        };
        let attempts = self.inner.store.attempts(id, task).await;
        Ok(TaskDetail {
            task,
            mode,
            output,
            attempts: attempts.map_err(|cause| read_fault(&cause))?,
        })
    }

    async fn attempt(
        &self,
        actor: &Actor,
        id: WorkflowId,
        task: StepIndex,
        attempt: Attempt,
    ) -> Answer<AttemptRecord> {
        require(actor, Role::Viewer)?;
        let found = self.inner.store.attempt(id, task, attempt).await;
        found
            .map_err(|cause| read_fault(&cause))?
            .ok_or(JobOrchestratorError::NotFound {
                what: "attempt",
                id: i64::from(attempt),
            })
    }

    async fn log(
        &self,
        actor: &Actor,
        id: WorkflowId,
        task: StepIndex,
        after: u64,
        limit: usize,
    ) -> Answer<LogPage> {
        require(actor, Role::Viewer)?;
        if let Look::Sound(stored) = self.look(id).await?
            && stored.workflow.task(task).is_none()
        {
            return Err(no_step(task));
        }
        // Lines wait a moment for others; who sees a task ended has to see all it wrote.
        self.inner.log.flush().await;
        let lines = self.inner.log.read(id, task, after, limit).await;
        let health = &self.inner.health;
        health.log_was_read(lines.as_ref().map(drop));
        lines.map_err(|_| Hindrance::LogAway.into())
    }
}

fn no_step(task: StepIndex) -> JobOrchestratorError {
    JobOrchestratorError::NotFound {
        what: "step",
        id: i64::try_from(task).unwrap_or(i64::MAX),
    }
}
