//! What was asked of the engine under which id, and what was answered. Each answer is held at once
//! against what the store holds, and against what was answered under the same id before.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::orchestrator::{ActionRequest, Answer, NewWorkflowRequest};
use engine::progress::WorkflowState;
use engine::{Actor, ActorKind, JobOrchestratorError, WorkflowId, Workflows};
use runtime::Runtime;
use runtime::store::memory::MemoryStore;
use runtime::store::{WorkflowStore, command_key};

use super::player::Stage;
use crate::faulty::Met;

/// What is asked.
#[derive(Debug, Clone)]
pub enum What {
    Create(NewWorkflowRequest),
    Act(WorkflowId, ActionRequest),
}

impl What {
    fn id(&self) -> &str {
        let id = match self {
            Self::Create(request) => &request.command_id,
            Self::Act(_, request) => &request.command_id,
        };
        id.as_deref().unwrap()
    }
}

/// One command, however often it was sent.
#[derive(Debug)]
struct Asked {
    what: What,
    answer: Option<WorkflowState>,
    /// How often it was refused for good, and how often nobody can say what became of it.
    refused: usize,
    unknown: usize,
}

/// All commands of a schedule. Clones are the same.
#[derive(Clone)]
pub struct Ledger {
    asked: Arc<Mutex<Vec<Asked>>>,
    store: Arc<MemoryStore>,
    stage: Arc<Stage>,
    met: Met,
}

/// Whether it was judged and is not done; anything else may have been done nevertheless.
const fn is_refusal(error: &JobOrchestratorError) -> bool {
    use JobOrchestratorError as E;
    !matches!(error, E::Fault { .. } | E::Hindered(_) | E::Stopping)
}

impl Ledger {
    pub fn new(store: &Arc<MemoryStore>, stage: &Arc<Stage>, met: &Met) -> Self {
        Self {
            asked: Arc::default(),
            store: Arc::clone(store),
            stage: Arc::clone(stage),
            met: met.clone(),
        }
    }

    fn asked(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn len(&self) -> usize {
        self.asked().len()
    }

    /// The id of the next new command.
    pub fn next_id(&self) -> String {
        format!("command-{}", self.len())
    }

    pub fn add(&self, what: What) -> usize {
        let mut asked = self.asked();
        asked.push(Asked {
            what,
            answer: None,
            refused: 0,
            unknown: 0,
        });
        asked.len() - 1
    }

    /// The workflows that callers know of.
    pub fn workflows(&self) -> Vec<WorkflowId> {
        let asked = self.asked();
        let created = asked
            .iter()
            .filter(|one| matches!(one.what, What::Create(_)));
        created
            .filter_map(|one| Some(one.answer.as_ref()?.id))
            .collect()
    }

    /// Sends a command, for the first time or once more. Whoever is not answered, because the server is
    /// gone, does not know what became of it.
    pub async fn send(&self, number: usize, runtime: &Runtime) {
        let what = {
            let asked = &mut self.asked()[number];
            asked.unknown += 1;
            asked.what.clone()
        };
        let actor = Actor::program();
        let answer = match what.clone() {
            What::Create(request) => runtime.submit(&actor, request).await,
            What::Act(id, request) => runtime.act(&actor, id, request).await,
        };
        self.note(number, &what, answer).await;
    }

    async fn note(&self, number: usize, what: &What, answer: Answer<WorkflowState>) {
        let key = command_key::of(ActorKind::Program, what.id());
        let kept = self.store.command("program", &key).await.unwrap();
        if let Ok(state) = &answer {
            let is_kept = kept.is_some_and(|kept| {
                serde_json::from_str(&kept.answer).is_ok_and(|told: WorkflowState| told == *state)
            });
            let rev = self.store.rev(state.id).await.unwrap().unwrap_or_default();
            if !is_kept || rev < state.summary.events {
                let told = format!("answered before it was written: {what:?}: {state:?}");
                self.stage.breach(told);
            }
        }
        let asked = &mut self.asked()[number];
        match answer {
            Ok(state) => {
                asked.unknown -= 1;
                match &asked.answer {
                    Some(before) if *before == state => self.met.note("answered again"),
                    Some(before) => {
                        let told = format!("{what:?} was answered {before:?}, then {state:?}");
                        self.stage.breach(told);
                    }
                    None => {
                        self.met.note("answered");
                        asked.answer = Some(state);
                    }
                }
            }
            Err(error) if is_refusal(&error) => {
                asked.unknown -= 1;
                asked.refused += 1;
                self.met.note("refused");
                if let Some(before) = &asked.answer {
                    let told = format!("{what:?} was answered {before:?}, then {error:?}");
                    self.stage.breach(told);
                }
            }
            Err(_) => self.met.note("not answered for certain"),
        }
    }

    /// Every command that was answered is, sent again, answered in the same way.
    pub async fn send_all_again(&self, runtime: &Runtime) {
        for number in 0..self.len() {
            let is_answered = self.asked()[number].answer.is_some();
            if is_answered {
                let before = self.asked()[number].unknown;
                self.send(number, runtime).await;
                if self.asked()[number].unknown != before {
                    let what = self.asked()[number].what.clone();
                    self.stage.breach(format!("not answered again: {what:?}"));
                }
            }
        }
    }

    /// Each command took effect at most once, and not at all when it was refused.
    pub async fn judge(&self, workflows: &[WorkflowId]) -> Vec<String> {
        let mut found = Vec::new();
        let mut effects = BTreeMap::new();
        for id in workflows.iter().copied() {
            for record in self.store.events(id, 0, usize::MAX).await.unwrap() {
                let Some(command) = record.command_id else {
                    continue;
                };
                let effect = (id, record.at);
                let first = *effects.entry(command.clone()).or_insert(effect);
                if first != effect {
                    found.push(format!("{command} has two effects: {first:?}, {effect:?}"));
                }
            }
        }
        for asked in &*self.asked() {
            let is_refused = asked.answer.is_none() && asked.unknown == 0 && asked.refused > 0;
            if is_refused && effects.contains_key(asked.what.id()) {
                found.push(format!("was refused and is done: {:?}", asked.what));
            }
        }
        found
    }
}
