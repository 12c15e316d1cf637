//! The store for tests and for programs that need nothing kept: the same promises, without a file.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use engine::orchestrator::{AttemptRecord, SavedDefinition, WorkflowFilter, WorkflowSelection};
use engine::progress::{Progress, WorkflowState};
use engine::workflow::{TaskRecord, WorkflowRecord};
use engine::{
    Attempt, DefinitionId, EventRecord, JobId, Seq, StepIndex, Timestamp, Workflow,
    WorkflowDefinition, WorkflowId, WorkflowStatus,
};

use super::attempt_row::{AttemptRow, in_a_list};
use super::definition_cache::DefinitionCache;
use super::memory_deleted::{self, Gone};
use super::{
    AnsweredCommand, Boot, Change, Header, LastNumbers, QuarantineStore, Quarantined, SettingStore,
    Standing, StoreError, StoredWorkflow, WorkflowStore, attempt_row, memory_checks, state_of,
};

pub(super) struct Kept {
    header: Header,
    definition: Arc<WorkflowDefinition>,
    pub(super) record: WorkflowRecord,
    pub(super) tasks: BTreeMap<StepIndex, TaskRecord>,
    attempts: BTreeMap<(StepIndex, u32), AttemptRecord>,
    events: Vec<EventRecord>,
}

impl Kept {
    fn stored(&self) -> StoredWorkflow {
        let tasks = self.tasks.values().cloned().collect();
        let workflow = Workflow::restore(self.record.clone(), self.definition.clone(), tasks);
        StoredWorkflow {
            header: self.header.clone(),
            workflow,
        }
    }

    pub(super) fn has_attempt(&self, task: StepIndex, attempt: Attempt) -> bool {
        self.attempts.contains_key(&(task, attempt))
    }

    fn standing(&self) -> Standing {
        Standing {
            header: self.header.clone(),
            status: self.record.status,
            cancel_requested: self.record.cancel_requested,
            rev: self.record.rev,
        }
    }
}

#[derive(Default)]
pub(super) struct Contents {
    pub(super) workflows: BTreeMap<WorkflowId, Kept>,
    pub(super) definitions: BTreeMap<(DefinitionId, u32), SavedDefinition>,
    /// What was saved under an id, by whose it is.
    pub(super) saves: BTreeMap<(String, String), (DefinitionId, u32)>,
    settings: BTreeMap<String, String>,
    pub(super) commands: BTreeMap<(String, String), AnsweredCommand>,
    /// Oldest first.
    pub(super) boots: Vec<Boot>,
    pub(super) aside: BTreeMap<WorkflowId, Quarantined>,
    pub(super) deleted: BTreeMap<WorkflowId, Gone>,
    frozen: DefinitionCache,
}

/// Everything in memory.
#[derive(Default)]
pub struct MemoryStore(Mutex<Contents>);

impl MemoryStore {
    pub(super) fn contents(&self) -> MutexGuard<'_, Contents> {
        // A panic elsewhere cannot leave half a change here: each is checked before it is written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl WorkflowStore for MemoryStore {
    async fn commit(
        &self,
        changes: &[Change],
        commands: &[AnsweredCommand],
    ) -> Result<(), StoreError> {
        let mut contents = self.contents();
        memory_checks::check(&contents, changes, commands)?;
        for change in changes {
            let id = change.record.id;
            let kept = contents.workflows.entry(id).or_insert_with(|| Kept {
                header: change.header.clone(),
                definition: change.definition.clone(),
                record: change.record.clone(),
                tasks: BTreeMap::new(),
                attempts: BTreeMap::new(),
                events: Vec::new(),
            });
            kept.record = change.record.clone();
            attempt_row::resets(change).for_each(|task| keep_output(kept, task));
            kept.tasks.extend(change.tasks.iter().cloned());
            kept.events.extend(change.events.iter().cloned());
            for attempt in attempt_row::attempts(change) {
                remember_attempt(kept, &attempt);
            }
        }
        for command in commands {
            let key = (command.actor.clone(), command.id.clone());
            contents.commands.insert(key, command.clone());
        }
        Ok(())
    }

    fn shared(&self, hash: &str, definition: &Arc<WorkflowDefinition>) -> Arc<WorkflowDefinition> {
        self.contents().frozen.share(hash, definition)
    }

    async fn command(&self, actor: &str, id: &str) -> Result<Option<AnsweredCommand>, StoreError> {
        let key = (actor.to_owned(), id.to_owned());
        Ok(self.contents().commands.get(&key).cloned())
    }

    async fn forget_commands(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut contents = self.contents();
        let known = contents.commands.len();
        contents.commands.retain(|_, command| command.at >= before);
        Ok((known - contents.commands.len()) as u64)
    }

    async fn load(&self, id: WorkflowId) -> Result<Option<StoredWorkflow>, StoreError> {
        Ok(self.contents().workflows.get(&id).map(Kept::stored))
    }

    async fn standing(&self, id: WorkflowId) -> Result<Option<Standing>, StoreError> {
        Ok(self.contents().workflows.get(&id).map(Kept::standing))
    }

    async fn active(&self) -> Result<Vec<WorkflowId>, StoreError> {
        let contents = self.contents();
        let active = contents
            .workflows
            .iter()
            .filter(|(_, kept)| kept.record.status.is_active());
        Ok(active.map(|(id, _)| *id).collect())
    }

    async fn rev(&self, id: WorkflowId) -> Result<Option<Seq>, StoreError> {
        Ok(self
            .contents()
            .workflows
            .get(&id)
            .map(|kept| kept.record.rev))
    }

    async fn events(
        &self,
        id: WorkflowId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<EventRecord>, StoreError> {
        let contents = self.contents();
        let events = contents
            .workflows
            .get(&id)
            .map_or(&[][..], |kept| &kept.events);
        let skip = usize::try_from(after).unwrap_or(usize::MAX);
        Ok(events.iter().skip(skip).take(limit).cloned().collect())
    }

    async fn attempts(
        &self,
        id: WorkflowId,
        task: StepIndex,
    ) -> Result<Vec<AttemptRecord>, StoreError> {
        let contents = self.contents();
        let kept = contents.workflows.get(&id).into_iter();
        let of_task = kept.flat_map(|kept| kept.attempts.range((task, 0)..=(task, u32::MAX)));
        Ok(of_task.map(|(_, attempt)| in_a_list(attempt)).collect())
    }

    async fn attempt(
        &self,
        id: WorkflowId,
        task: StepIndex,
        attempt: Attempt,
    ) -> Result<Option<AttemptRecord>, StoreError> {
        let contents = self.contents();
        let kept = contents.workflows.get(&id);
        Ok(kept.and_then(|kept| kept.attempts.get(&(task, attempt)).cloned()))
    }

    async fn latest_of_job(&self, job: JobId) -> Result<Option<WorkflowId>, StoreError> {
        let contents = self.contents();
        let mut newest_first = contents.workflows.iter().rev();
        Ok(newest_first
            .find(|(_, kept)| kept.record.job_id == job)
            .map(|(id, _)| *id))
    }

    async fn list(
        &self,
        filter: &WorkflowFilter,
        now: Timestamp,
    ) -> Result<Vec<WorkflowState>, StoreError> {
        let contents = self.contents();
        let found = contents
            .workflows
            .values()
            .rev()
            .filter(|kept| matches(kept, kept.record.status, filter));
        let states = found.take(filter.limit).map(|kept| {
            let stored = kept.stored();
            let summary = Progress::of(&stored.workflow, now).summary;
            state_of(&stored, summary)
        });
        Ok(states.collect())
    }

    async fn last_numbers(&self) -> Result<LastNumbers, StoreError> {
        let contents = self.contents();
        let kept = || contents.workflows.values();
        let found = LastNumbers {
            workflow: kept().map(|k| k.record.id.0).max().unwrap_or(0),
            job: kept().map(|k| k.record.job_id.0).max().unwrap_or(0),
            task: kept()
                .flat_map(|k| k.tasks.values())
                .map(|t| t.id.0)
                .max()
                .unwrap_or(0),
        };
        Ok(found.or(memory_deleted::last_numbers(&contents)))
    }
}

fn keep_output(kept: &mut Kept, task: StepIndex) {
    if let Some(record) = kept.tasks.get(&task)
        && let Some(attempt) = kept.attempts.get_mut(&(task, record.attempt))
    {
        attempt_row::keep_output(record, attempt);
    }
}

fn remember_attempt(kept: &mut Kept, change: &AttemptRow) {
    let place = (change.task, change.attempt);
    let attempt = kept.attempts.entry(place);
    change.write_to(attempt.or_insert_with(|| change.fresh()));
}

fn matches(kept: &Kept, status: WorkflowStatus, filter: &WorkflowFilter) -> bool {
    let record = &kept.record;
    let is_selected = match filter.selection {
        WorkflowSelection::All => true,
        WorkflowSelection::Active => status.is_active(),
        WorkflowSelection::Failed => status == WorkflowStatus::Failed,
        WorkflowSelection::Recoverable => {
            status == WorkflowStatus::Failed
                && record.recovery_attempts < record.max_recovery_attempts
        }
        WorkflowSelection::Status(wanted) => status == wanted,
    };
    let text = filter
        .query
        .as_deref()
        .map(|text| text.trim().to_lowercase());
    let is_found = text
        .as_deref()
        .filter(|text| !text.is_empty())
        .is_none_or(|text| {
            let number: Option<i64> = text.parse().ok();
            kept.definition.name().to_lowercase().contains(text)
                || number.is_some_and(|n| n == record.id.0 || n == record.job_id.0)
        });
    let is_of_definition = filter.definition.is_none_or(|wanted| {
        let source = kept.header.source;
        source.is_some_and(|(id, _)| id == wanted)
    });
    is_selected
        && is_found
        && is_of_definition
        && filter.before.is_none_or(|before| record.id < before)
}

#[async_trait]
impl QuarantineStore for MemoryStore {
    async fn put_aside(&self, workflow: &Quarantined) -> Result<(), StoreError> {
        let mut contents = self.contents();
        if let Some(kept) = contents.workflows.get_mut(&workflow.workflow) {
            kept.record.put_aside();
        }
        let place = contents.aside.entry(workflow.workflow);
        place.or_insert_with(|| workflow.clone());
        Ok(())
    }

    async fn aside(&self) -> Result<Vec<Quarantined>, StoreError> {
        Ok(self.contents().aside.values().cloned().collect())
    }

    async fn remains(
        &self,
        id: WorkflowId,
        cause: &str,
    ) -> Result<Option<WorkflowState>, StoreError> {
        // Nothing here can be unreadable.
        let contents = self.contents();
        Ok(contents.workflows.get(&id).map(|kept| {
            let stored = kept.stored();
            let mut summary = Progress::of(&stored.workflow, kept.record.created_at).summary;
            summary.put_aside(cause.to_owned());
            state_of(&stored, summary)
        }))
    }
}

#[async_trait]
impl SettingStore for MemoryStore {
    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.contents().settings.get(name).cloned())
    }

    async fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.contents()
            .settings
            .insert(name.to_owned(), value.to_owned());
        Ok(())
    }
}
