//! What is on disk, judged: the events, the rows they must give, the attempts, and what the steps
//! say they did.

use std::collections::{BTreeMap, BTreeSet};

use engine::orchestrator::AttemptRecord;
use engine::workflow::NewWorkflow;
use engine::{Event, EventRecord, FailureKind, Mode, StepIndex, TaskStatus, Workflow, WorkflowId};
use runtime::database::Database;
use runtime::step::Effect;
use runtime::store::sqlite::SqliteStore;
use runtime::store::{INSTALLATION, SettingStore, WorkflowStore};

use crate::folder::Folder;
use crate::witness::{self, Effects};

/// What was found. Whatever must not be makes [`of`] panic instead.
#[derive(Debug, Default)]
pub struct Verdict {
    pub workflows: usize,
    pub completed: usize,
    pub failed: usize,
    pub cancelled: usize,
    /// Workflows that are not over, and whether something of one is under way.
    pub open: usize,
    pub under_way: usize,
    pub events: usize,
    pub attempts: usize,
    /// Attempts that ended with their server.
    pub lost: usize,
    pub effects: usize,
    /// Effects that came again under the same key.
    pub repeated: usize,
    /// Steps under way that will ask about it before they are done again.
    pub to_ask: usize,
    /// What steps were told that asked whether their effect was there.
    pub found: usize,
    pub absent: usize,
    pub untold: usize,
    pub poison: usize,
    pub unknown: usize,
}

/// Looks at everything a folder holds, while no server uses it.
pub async fn of(folder: &Folder) -> Verdict {
    let file = folder.file("job-orchestrator.db");
    let store = SqliteStore::new(Database::open(&file).await.unwrap());
    let mut verdict = Verdict::default();
    let mut effects = witness::read(folder.path());
    let installation = store.setting(INSTALLATION).await.unwrap();
    for id in 1..=store.last_numbers().await.unwrap().workflow {
        let id = WorkflowId(id);
        if let Some(stored) = store.load(id).await.unwrap() {
            let events = store.events(id, 0, 1_000_000).await.unwrap();
            follows_from(&stored.workflow, &events);
            verdict.count(&stored.workflow, &events);
            for task in 0..stored.workflow.tasks().len() {
                let attempts = store.attempts(id, task).await.unwrap();
                let task = Task {
                    installation: installation.as_deref().unwrap_or_default(),
                    workflow: &stored.workflow,
                    index: task,
                    attempts: &attempts,
                    events: &events,
                };
                task.judge(&mut effects, &mut verdict);
            }
        }
    }
    assert_eq!(effects, BTreeMap::new(), "effects that no row knows of");
    verdict
}

/// The events are numbered without a hole, each follows from the one before, and together they give
/// the rows.
fn follows_from(workflow: &Workflow, events: &[EventRecord]) {
    let record = workflow.record();
    let numbers: Vec<_> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=record.rev).collect::<Vec<_>>());
    let new = NewWorkflow {
        id: record.id,
        job_id: record.job_id,
        first_task_id: workflow.tasks()[0].record().id,
        definition: workflow.definition().clone(),
        metadata: record.metadata.clone(),
        parameters: record.parameters.clone(),
    };
    let mut folded = Workflow::new(new, record.created_at);
    for event in events {
        folded.apply(event).unwrap();
    }
    assert_eq!(folded.record(), record);
    for (folded, kept) in folded.tasks().iter().zip(workflow.tasks()) {
        assert_eq!(folded.record(), kept.record(), "of workflow {}", record.id);
    }
}

impl Verdict {
    fn count(&mut self, workflow: &Workflow, events: &[EventRecord]) {
        use engine::WorkflowStatus as S;
        self.workflows += 1;
        self.events += events.len();
        match workflow.status() {
            S::Completed => self.completed += 1,
            S::Failed => self.failed += 1,
            S::Cancelled => self.cancelled += 1,
            _ => self.open += 1,
        }
        let steps = workflow.definition().steps();
        for (task, step) in workflow.tasks().iter().zip(steps) {
            let record = task.record();
            let runs = record.status == TaskStatus::Running && !record.waiting;
            self.under_way += usize::from(runs || record.superseded.is_some());
            self.to_ask += usize::from(runs && step.mode == Some(Mode::Probe));
            match record.failure {
                Some(FailureKind::Poison) => self.poison += 1,
                Some(FailureKind::OutcomeUnknown) => self.unknown += 1,
                _ => {}
            }
        }
    }
}

/// One task with everything that is known about it.
struct Task<'a> {
    installation: &'a str,
    workflow: &'a Workflow,
    index: StepIndex,
    attempts: &'a [AttemptRecord],
    events: &'a [EventRecord],
}

impl Task<'_> {
    /// Takes the task's effects out of what the steps said, and compares.
    fn judge(&self, effects: &mut BTreeMap<String, Effects>, verdict: &mut Verdict) {
        let record = self.workflow.tasks()[self.index].record();
        let about = format!("task {} of workflow {}", self.index, self.workflow.id());
        let numbers: Vec<_> = self.attempts.iter().map(|one| one.attempt).collect();
        assert_eq!(numbers, (1..=record.attempt).collect::<Vec<_>>(), "{about}");
        let runs = self.attempts.iter().filter(|one| one.outcome == "running");
        let is_open = record.superseded.is_some() || record.status == TaskStatus::Running;
        assert_eq!(
            runs.count(),
            usize::from(is_open),
            "{about}: {:?}",
            self.attempts
        );
        verdict.attempts += self.attempts.len();
        verdict.lost += self
            .attempts
            .iter()
            .filter(|one| one.outcome == "lost")
            .count();
        for redo in 0..=record.redo {
            let effect = Effect {
                installation: self.installation,
                workflow_id: self.workflow.id(),
                created_at: self.workflow.record().created_at,
                task: self.index,
                redo,
            };
            let key = effect.idempotency_key().to_string();
            let found = effects.remove(&key).unwrap_or_default();
            verdict.effects += found.begun.len();
            verdict.repeated += found.begun.len().saturating_sub(1);
            verdict.found += found.found.len();
            verdict.absent += found.absent.len();
            verdict.untold += found.untold.len();
            let about = format!("{about}, redo {redo}");
            // Whatever is done again under another key, or stands as completed, was done.
            let is_done = redo < record.redo || record.status == TaskStatus::Completed;
            let is_missing = is_done && self.has_effect() && found.begun.is_empty();
            assert!(!is_missing, "{about}: completed without its effect");
            self.judge_effects(&found, &about);
        }
    }

    /// Whether a witness sees it.
    fn has_effect(&self) -> bool {
        let config = &self.workflow.definition().steps()[self.index].config;
        config.contains_key("program") || config.contains_key("url")
    }

    fn judge_effects(&self, found: &Effects, about: &str) {
        assert_eq!(found.overlaps, [0; 0], "{about}: two at a time");
        let about = &format!("{about}: {found:?} of {:?}", self.attempts);
        if found.begun.contains(&0) {
            return self.judge_calls(found, about);
        }
        let distinct: BTreeSet<_> = found.begun.iter().collect();
        assert_eq!(
            distinct.len(),
            found.begun.len(),
            "an attempt twice: {about}"
        );
        let outcome = |attempt: &u32| {
            let known = self.attempts.iter().find(|one| one.attempt == *attempt);
            known.expect(about).outcome.as_str()
        };
        // Whatever was repeated had not ended well, and the record says so.
        let repeated = distinct.iter().rev().skip(1);
        for attempt in repeated {
            assert!(
                !["succeeded", "running"].contains(&outcome(attempt)),
                "{about}"
            );
        }
        let unsure: Vec<_> = found
            .begun
            .iter()
            .filter(|one| outcome(one) != "failed")
            .collect();
        if self.mode() == Mode::Once {
            let generations: BTreeSet<_> =
                unsure.iter().map(|one| self.generation(**one)).collect();
            assert_eq!(generations.len(), unsure.len(), "done twice: {about}");
        }
        if self.mode() == Mode::Probe {
            assert!(unsure.len() <= 1, "done twice, though it asks: {about}");
        }
        for ended_well in self
            .attempts
            .iter()
            .filter(|one| one.outcome == "succeeded")
        {
            let began = found.begun.contains(&ended_well.attempt);
            let ended = found.ended.contains(&ended_well.attempt);
            assert_eq!(began, ended, "an end without its effect: {about}");
        }
    }

    /// A call does not know which attempt it is: there are as many as attempts, at most.
    fn judge_calls(&self, found: &Effects, about: &str) {
        assert!(found.begun.len() <= self.attempts.len(), "{about}");
        if self.mode() == Mode::Once {
            let numbers = self.attempts.iter().map(|one| one.attempt);
            let generations: BTreeSet<_> = numbers.map(|one| self.generation(one)).collect();
            assert!(
                found.begun.len() <= generations.len(),
                "done twice: {about}"
            );
        }
        if self.mode() == Mode::Probe {
            let calls = found.begun.len();
            assert!(calls <= 1, "done twice, though it asks: {about}");
        }
    }

    fn mode(&self) -> Mode {
        let step = &self.workflow.definition().steps()[self.index];
        step.mode.unwrap_or_default()
    }

    /// How many recoveries had reset the task before this attempt.
    fn generation(&self, attempt: u32) -> usize {
        let own = self.events.iter().map(|record| &record.event);
        let own = own.filter(|event| event.task() == Some(self.index));
        let before = own.take_while(
            |event| !matches!(event, Event::TaskStarted { attempt: one, .. } if *one == attempt),
        );
        before
            .filter(|event| matches!(event, Event::TaskReset { .. }))
            .count()
    }
}
