//! What the steps of a random schedule do: succeed, fail, panic, take long, ignore that they are told to
//! stop. What really ran, on which server, is written down, and held at once against what the store holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::{StepIndex, WorkflowId};
use runtime::step::{Probed, StepContext, StepError, StepOutput, StepType};
use runtime::store::WorkflowStore;
use runtime::store::memory::MemoryStore;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

/// How a try ended, as the handler knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Succeeded,
    NothingToDo,
    Failed,
    Panicked,
    Waits,
    Stopped,
    /// It did not stop in time, or its server is gone.
    Dropped,
}

/// A try that ran.
#[derive(Debug, Clone, Copy)]
pub struct Try {
    pub place: (WorkflowId, StepIndex),
    pub attempt: u32,
    /// Which of the servers that followed each other carried it out.
    pub server: u64,
    pub end: Option<End>,
}

#[derive(Default)]
struct Played {
    tries: Vec<Try>,
    /// The idempotency keys under which something was done outside, and after how many recoveries.
    effects: BTreeSet<(Uuid, u32)>,
    breaches: Vec<String>,
}

impl Played {
    fn has_effect(&self, key: Uuid) -> bool {
        let mut under_it = self.effects.range((key, 0)..=(key, u32::MAX));
        under_it.next().is_some()
    }
}

/// Where the steps of one schedule play.
pub struct Stage {
    store: Arc<MemoryStore>,
    server: watch::Sender<u64>,
    played: Mutex<Played>,
}

static STAGES: Mutex<BTreeMap<u64, Arc<Stage>>> = Mutex::new(BTreeMap::new());

fn stages() -> MutexGuard<'static, BTreeMap<u64, Arc<Stage>>> {
    STAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stage {
    /// The stage of this number.
    pub fn open(number: u64, store: &Arc<MemoryStore>) -> Arc<Self> {
        let stage = Arc::new(Self {
            store: Arc::clone(store),
            server: watch::channel(0).0,
            played: Mutex::default(),
        });
        stages().insert(number, Arc::clone(&stage));
        stage
    }

    pub fn close(number: u64) {
        stages().remove(&number);
    }

    /// The server is gone: nothing that it carries out does anything any more.
    pub fn next_server(&self) {
        self.server.send_modify(|server| *server += 1);
        let mut played = self.played();
        for one in played.tries.iter_mut().filter(|one| one.end.is_none()) {
            one.end = Some(End::Dropped);
        }
    }

    pub fn server(&self) -> u64 {
        *self.server.borrow()
    }

    pub fn tries(&self) -> Vec<Try> {
        self.played().tries.clone()
    }

    pub fn breach(&self, told: String) {
        self.played().breaches.push(told);
    }

    pub fn breaches(&self) -> Vec<String> {
        self.played().breaches.clone()
    }

    fn played(&self) -> MutexGuard<'_, Played> {
        self.played.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down that a try begins; its number in the list, and how many of its step there were before.
    async fn begin(&self, cx: &StepContext, server: u64) -> (usize, usize) {
        let place = (cx.workflow_id(), cx.task());
        let (id, task, attempt) = (place.0, place.1, cx.attempt());
        let row = self.store.attempt(id, task, attempt).await.unwrap();
        let told = format!("attempt {attempt} of task {task} of workflow {id}");
        let mut played = self.played();
        // A recovery may take its place just before it begins; then it is told to stop.
        let may_run = ["running", "superseded"];
        if row.is_none_or(|row| !may_run.contains(&row.outcome.as_str())) {
            let why = format!("{told} runs and is not written down as under way");
            played.breaches.push(why);
        }
        let of_step: Vec<_> = played
            .tries
            .iter()
            .filter(|one| one.place == place)
            .collect();
        let before = of_step.len();
        let is_again = of_step.iter().any(|one| one.attempt == attempt);
        let is_beside = of_step.iter().any(|one| one.end.is_none());
        if is_again || is_beside {
            let why = format!("{told} runs twice, or beside another one: {of_step:?}");
            played.breaches.push(why);
        }
        played.tries.push(Try {
            place,
            attempt,
            server,
            end: None,
        });
        (played.tries.len() - 1, before)
    }

    fn end(&self, number: usize, end: End) {
        let mut played = self.played();
        if let Some(one) = played.tries.get_mut(number) {
            one.end.get_or_insert(end);
        }
    }

    /// Something is done outside. That may happen twice only in mode `retry`, and in mode `once` where
    /// a person wanted it by a recovery.
    fn take_effect(&self, key: Uuid, mode: &str, generation: u32) {
        let mut played = self.played();
        let was_done = played.has_effect(key);
        let is_new = played.effects.insert((key, generation));
        if (mode == "once" && !is_new) || (mode == "probe" && was_done) {
            let why = format!("a step of mode {mode} took effect twice: {key}");
            played.breaches.push(why);
        }
    }

    /// How often the step was recovered so far.
    async fn generation(&self, cx: &StepContext) -> u32 {
        let stored = self.store.load(cx.workflow_id()).await.unwrap().unwrap();
        stored.workflow.tasks()[cx.task()].record().generation
    }

    /// Never returns once the server is another one.
    async fn live_on(&self, server: u64, lives: impl Future<Output = ()>) {
        let mut changes = self.server.subscribe();
        let is_gone = async {
            // The sender is as old as this stage.
            let _ = changes.wait_for(|now| *now != server).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            () = is_gone => {}
            () = lives => {}
        }
        if self.server() != server {
            std::future::pending::<()>().await;
        }
    }
}

/// A try that is left without an end was dropped.
struct Left {
    stage: Arc<Stage>,
    number: usize,
}

impl Drop for Left {
    fn drop(&mut self) {
        self.stage.end(self.number, End::Dropped);
    }
}

/// Plays its part.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Player {
    /// On which stage.
    stage: u64,
    /// What each try does, one word each: a letter, milliseconds, and `!` where it does not stop.
    part: String,
    /// The mode of the step, as the definition has it.
    mode: String,
    /// Whether it can be asked.
    #[expect(dead_code, reason = "that it is filled in says so")]
    asked: Option<String>,
}

impl Player {
    fn stage(&self) -> Arc<Stage> {
        Arc::clone(&stages()[&self.stage])
    }

    /// The letter, how long it takes, and whether it ignores that it is told to stop.
    fn word(&self, turn: usize) -> (char, Duration, bool) {
        let word = self.part.split(' ').nth(turn).unwrap_or("s10");
        let is_stubborn = word.ends_with('!');
        let length = word[1..].trim_end_matches('!').parse().unwrap();
        let letter = word.chars().next().unwrap();
        (letter, Duration::from_millis(length), is_stubborn)
    }
}

impl StepType for Player {
    const TASK_TYPE: &'static str = "player";
    const TITLE: &'static str = "Player";
    const OUTPUT: &'static str = "An empty object.";
    const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);
    const PROBE_FIELD: Option<&'static str> = Some("asked");

    fn example() -> Value {
        json!({"stage": 0, "part": "s10", "mode": "retry"})
    }

    async fn probe(&self, cx: &StepContext) -> Result<Probed, StepError> {
        let stage = self.stage();
        let is_done = stage.played().has_effect(cx.idempotency_key());
        if is_done {
            Ok(Probed::Done(json!({})))
        } else {
            Ok(Probed::NotDone("nothing was done".into()))
        }
    }

    async fn run(self, cx: StepContext) -> Result<StepOutput, StepError> {
        let stage = self.stage();
        let server = stage.server();
        let (number, turn) = stage.begin(&cx, server).await;
        let generation = stage.generation(&cx).await;
        let _left = Left {
            stage: Arc::clone(&stage),
            number,
        };
        let (letter, length, is_stubborn) = self.word(turn);
        let mut was_stopped = false;
        let lives = async {
            tokio::select! {
                biased;
                () = tokio::time::sleep(length) => {}
                () = cx.stopped(), if !is_stubborn => was_stopped = true,
            }
        };
        stage.live_on(server, lives).await;
        if was_stopped {
            stage.end(number, End::Stopped);
            return Err(StepError::Stopped);
        }
        let key = cx.idempotency_key();
        if matches!(letter, 's' | 'e') {
            stage.take_effect(key, &self.mode, generation);
        }
        let (end, answer) = match letter {
            's' => (End::Succeeded, Ok(StepOutput::Done(json!({"turn": turn})))),
            'n' => (End::NothingToDo, Ok(StepOutput::NothingToDo)),
            'w' => (End::Waits, Ok(StepOutput::Wait(3 * length))),
            'f' => (End::Failed, Err(StepError::transient("as it was told"))),
            'x' => (End::Failed, Err(StepError::permanent("as it was told"))),
            'u' => (
                End::Failed,
                Err(StepError::Unknown("as it was told".into())),
            ),
            _ => {
                stage.end(number, End::Panicked);
                panic!("as it was told");
            }
        };
        stage.end(number, end);
        answer
    }
}
