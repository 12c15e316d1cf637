//! One random schedule: what people ask, what fails meanwhile, which server dies when. At the end
//! everything is healed and has to come to its end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use engine::orchestrator::{ActionRequest, DefinitionSource, NewWorkflowRequest, TroubleKind};
use engine::{
    Action, Actor, Event, Instead, JobId, Recovery, Seq, StepIndex, Switches, WorkflowId,
    WorkflowStatus, Workflows,
};
use runtime::clock::TestClock;
use runtime::step::Registry;
use runtime::store::memory::MemoryStore;
use runtime::store::{QuarantineStore, WorkflowStore};
use runtime::{Runtime, Settings};
use serde_json::{Map, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::asked::{Ledger, What};
use super::definition;
use super::player::{Player, Stage};
use crate::dice::Dice;
use crate::faulty::{Chance, Faulty, Met, Rates};

const BEGINNING: i64 = 1_704_067_200_000_000;
const HALF_A_DAY: i64 = 12 * 3_600 * 1_000_000;
/// The longest that everything may take to come to its end once it is healed.
const LIMIT: Duration = Duration::from_secs(2 * 3_600);
/// What is reported late is written by then.
const AFTERWARDS: Duration = Duration::from_secs(60);

/// What fails by chance in a schedule.
const WEATHER: [Rates; 4] = [
    Rates {
        away: 0,
        answer_lost: 0,
        row: 0,
        full: 0,
        slow: 0,
    },
    Rates {
        away: 20,
        answer_lost: 50,
        row: 0,
        full: 5,
        slow: 20,
    },
    Rates {
        away: 5,
        answer_lost: 50,
        row: 0,
        full: 0,
        slow: 0,
    },
    Rates {
        away: 20,
        answer_lost: 50,
        row: 30,
        full: 5,
        slow: 20,
    },
];

/// One server, until it dies or is stopped.
struct Server {
    store: Arc<Faulty>,
    runtime: Runtime,
    /// Who waits for an answer of it, or watches a workflow there.
    callers: Vec<JoinHandle<()>>,
    watched: Vec<WorkflowId>,
    /// The last event of each workflow before it started.
    found: BTreeMap<WorkflowId, Seq>,
}

pub struct World {
    pub store: Arc<MemoryStore>,
    pub stage: Arc<Stage>,
    pub met: Met,
    pub ledger: Ledger,
    number: u64,
    dice: Dice,
    rates: Rates,
    clock: Arc<TestClock>,
    settings: Settings,
    /// Steps of each workflow at most.
    steps: usize,
    server: Option<Server>,
    pub has_bad_rows: bool,
}

impl World {
    pub async fn new(seed: u64, met: &Met) -> Self {
        let mut dice = Dice::new(seed);
        let store = Arc::new(MemoryStore::default());
        let stage = Stage::open(seed, &store);
        let rates = dice.pick(&WEATHER);
        let settings = Settings {
            others_at_once: usize::try_from(dice.pick(&[1, 2, 4, 100])).unwrap(),
            drain: Duration::from_secs(1 + dice.roll(10)),
            stop: Duration::from_secs(1 + dice.roll(12)),
            ..Settings::default()
        };
        let mut world = Self {
            ledger: Ledger::new(&store, &stage, met),
            store,
            stage,
            met: met.clone(),
            number: seed,
            dice,
            rates,
            clock: Arc::new(TestClock::at(BEGINNING)),
            settings,
            steps: 0,
            server: None,
            has_bad_rows: rates.row > 0,
        };
        world.start(true).await;
        world
    }

    fn server(&mut self) -> &mut Server {
        self.server.as_mut().unwrap()
    }

    pub fn runtime(&self) -> &Runtime {
        &self.server.as_ref().unwrap().runtime
    }

    /// The attempts that the last server began.
    pub async fn begun_last(&self, id: WorkflowId) -> BTreeSet<(StepIndex, u32)> {
        let found = &self.server.as_ref().unwrap().found;
        let after = found.get(&id).copied().unwrap_or_default();
        let events = self.store.events(id, after, usize::MAX).await.unwrap();
        let begun = events.iter().filter_map(|record| match record.event {
            Event::TaskStarted { task, attempt } => Some((task, attempt)),
            _ => None,
        });
        begun.collect()
    }

    /// The next server, over what the one before left.
    async fn start(&mut self, fails: bool) {
        let chance = fails.then(|| Chance::new(self.dice.roll(u64::MAX), self.rates));
        let store = Arc::new(Faulty::by_chance(&self.store, chance, &self.met));
        let mut found = BTreeMap::new();
        for id in (1..=self.store.last_numbers().await.unwrap().workflow).map(WorkflowId) {
            found.insert(id, self.store.rev(id).await.unwrap().unwrap_or_default());
        }
        let runtime = loop {
            let mut registry = Registry::builtin().unwrap();
            registry.register::<Player>().unwrap();
            let builder = Runtime::builder().store(store.clone()).registry(registry);
            let builder = builder.clock(self.clock.clone()).settings(self.settings);
            match builder.start().await {
                Ok(runtime) => break runtime,
                // One that cannot read its database does not start; it is started again.
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        };
        self.server = Some(Server {
            store,
            runtime,
            callers: Vec::new(),
            watched: Vec::new(),
            found,
        });
        self.watch();
    }

    /// Somebody follows each workflow that is known and not followed yet.
    fn watch(&mut self) {
        for id in self.ledger.workflows() {
            let (store, stage, met) = (self.store.clone(), self.stage.clone(), self.met.clone());
            let server = self.server();
            if server.watched.contains(&id) {
                continue;
            }
            server.watched.push(id);
            let runtime = server.runtime.clone();
            server.callers.push(tokio::spawn(async move {
                let mut seen = store.rev(id).await.unwrap().unwrap();
                loop {
                    runtime.changed(id, seen).await;
                    let rev = store.rev(id).await.unwrap().unwrap();
                    if runtime.is_aside(id) || !runtime.is_running() {
                        return;
                    }
                    if rev == seen {
                        stage.breach(format!("woken before it was written: {id} after {seen}"));
                        return;
                    }
                    met.note("woken");
                    seen = rev;
                }
            }));
        }
    }

    fn send(&mut self, number: usize) {
        let ledger = self.ledger.clone();
        let server = self.server();
        let runtime = server.runtime.clone();
        let sent = tokio::spawn(async move { ledger.send(number, &runtime).await });
        server.callers.push(sent);
    }

    /// Power is cut: what was asked of the disk and not done never is, and nobody hears anything more.
    async fn die(&mut self) {
        let server = self.server.take().unwrap();
        server.store.die();
        server.callers.iter().for_each(JoinHandle::abort);
        // What was started a moment ago begins before that.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        self.stage.next_server();
        self.met.note("crash");
    }

    async fn stop(&mut self) {
        let server = self.server.take().unwrap();
        server.runtime.shutdown().await;
        server.store.die();
        server.callers.iter().for_each(JoinHandle::abort);
        self.stage.next_server();
        self.met.note("orderly stop");
    }

    fn submit(&mut self) {
        let (definition, steps) = definition::random(self.number, &mut self.dice);
        self.steps = self.steps.max(steps);
        let request = NewWorkflowRequest {
            definition: DefinitionSource::Inline(definition),
            job_id: Some(JobId(1)),
            parameters: Map::new(),
            metadata: Map::new(),
            start: self.dice.chance(80),
            command_id: Some(self.ledger.next_id()),
        };
        let number = self.ledger.add(What::Create(request));
        self.send_perhaps_twice(number);
    }

    fn send_perhaps_twice(&mut self, number: usize) {
        self.send(number);
        if self.dice.chance(15) {
            self.met.note("double click");
            self.send(number);
        }
    }

    fn random_action(&mut self) -> Action {
        let steps = self.steps.max(1) as u64;
        let task = usize::try_from(self.dice.roll(steps)).unwrap();
        let output = json!({"by": "hand"});
        match self.dice.roll(14) {
            0 | 1 => Action::Start,
            2 | 3 => Action::Pause,
            4 => Action::PauseAndInterrupt,
            5 | 6 => Action::Resume,
            7 => Action::Cancel,
            8 | 9 => Action::Recover(Recovery {
                from_step: task,
                force: self.dice.chance(40),
                instead: self.dice.pick(&[None, None, Some(())]).map(|()| {
                    if self.dice.chance(50) {
                        Instead::Skip
                    } else {
                        Instead::Output(output)
                    }
                }),
            }),
            10 => Action::Skip { task },
            11 => Action::MarkDone { task, output },
            12 => Action::TryNow { task },
            _ => Action::RaiseBudget {
                max_recovery_attempts: 1 + u32::try_from(self.dice.roll(8)).unwrap(),
            },
        }
    }

    fn act(&mut self) {
        let workflows = self.ledger.workflows();
        if workflows.is_empty() {
            return self.submit();
        }
        let id = self.dice.pick(&workflows);
        let request = ActionRequest {
            command_id: Some(self.ledger.next_id()),
            ..self.random_action().because("the schedule says so")
        };
        let number = self.ledger.add(What::Act(id, request));
        self.send_perhaps_twice(number);
    }

    /// One thing that happens.
    async fn happen(&mut self) {
        match self.dice.roll(100) {
            0..5 => self.submit(),
            5..45 => self.act(),
            45..55 if self.ledger.len() > 0 => {
                let number = self.dice.roll(self.ledger.len() as u64);
                self.met.note("sent again later");
                self.send(usize::try_from(number).unwrap());
            }
            55..58 => {
                self.die().await;
                self.jump(50);
                self.start(true).await;
            }
            58..60 => {
                self.stop().await;
                self.start(true).await;
            }
            60..66 => self.jump(100),
            66..69 => self.outage().await,
            69..71 => {
                self.server().store.set_full(true);
                self.some_time(8_000).await;
                self.server().store.set_full(false);
            }
            71 | 72 if self.has_bad_rows => self.spoil(),
            73..76 => self.allow().await,
            76..90 => self.some_time(5_000).await,
            _ => self.some_time(200).await,
        }
    }

    async fn outage(&mut self) {
        self.server().store.set_away(true);
        self.met.note("outage");
        self.some_time(20_000).await;
        if self.dice.chance(20) {
            self.die().await;
            self.start(true).await;
        }
        self.server().store.set_away(false);
    }

    /// The rows of a workflow cannot be read, or not be written, from now on.
    fn spoil(&mut self) {
        let workflows = self.ledger.workflows();
        if !workflows.is_empty() {
            let id = self.dice.pick(&workflows);
            if self.dice.chance(50) {
                self.server().store.spoil(id);
            } else {
                self.server().store.spoil_writes(id);
            }
        }
    }

    fn jump(&mut self, percent: u64) {
        if self.dice.chance(percent) {
            self.met.note("clock set");
            let jumps = [HALF_A_DAY, -HALF_A_DAY, -20_000_000, 4_000_000, -1_500_000];
            self.clock.set_forward(self.dice.pick(&jumps));
        }
    }

    async fn some_time(&mut self, most: u64) {
        sleep(Duration::from_millis(self.dice.roll(most))).await;
    }

    /// Step types that panicked again and again may be started again.
    async fn allow(&self) {
        let (runtime, owner) = (self.runtime(), Actor::program());
        if let Ok(switches) = runtime.switches(&owner).await {
            // What cannot be written now is asked for again.
            let _ = runtime.set_switches(&owner, switches).await;
        }
    }

    /// Everything that the seed says.
    pub async fn play(&mut self) {
        self.submit();
        for _ in 0..20 + self.dice.roll(40) {
            self.happen().await;
            self.some_time(1_000).await;
            self.watch();
        }
    }

    /// Nothing fails any more, and what people hold back goes on: everything comes to its end.
    pub async fn heal_and_drain(&mut self) -> Result<(), String> {
        let store = Arc::clone(&self.server().store);
        store.set_chance(None);
        store.set_full(false);
        store.set_away(false);
        let begun = Instant::now();
        loop {
            self.watch();
            let left = self.left().await;
            if left.is_empty() && self.server().callers_are_answered() {
                break;
            }
            if begun.elapsed() > LIMIT {
                let troubles = self.runtime().troubles();
                return Err(format!("stuck: {left:?}, troubles {troubles:?}"));
            }
            let troubles = self.runtime().troubles();
            if troubles
                .iter()
                .any(|one| one.kind == TroubleKind::StepTypeDisabled)
            {
                self.allow().await;
            }
            for (id, status) in left {
                let action = match status {
                    WorkflowStatus::Pending => Action::Start,
                    WorkflowStatus::Paused => Action::Resume,
                    _ => continue,
                };
                // It may have moved on meanwhile; then it is looked at again.
                let _ = self
                    .runtime()
                    .act(&Actor::program(), id, action.into())
                    .await;
            }
            sleep(Duration::from_secs(1)).await;
        }
        sleep(AFTERWARDS).await;
        Ok(())
    }

    /// All workflows that there are, and those of them that are in quarantine.
    pub async fn workflows(&self) -> (Vec<WorkflowId>, Vec<WorkflowId>) {
        let last = self.store.last_numbers().await.unwrap().workflow;
        let mut all = Vec::new();
        for id in (1..=last).map(WorkflowId) {
            if self.store.rev(id).await.unwrap().is_some() {
                all.push(id);
            }
        }
        // One may not be noted: the next start would find it again.
        let mut aside = self.store.aside().await.unwrap();
        aside.extend(self.runtime().quarantined());
        let aside: Vec<_> = aside.iter().map(|one| one.workflow).collect();
        (all, aside)
    }

    async fn left(&self) -> Vec<(WorkflowId, WorkflowStatus)> {
        let mut left = Vec::new();
        for id in self.workflows().await.0 {
            let stored = self.store.load(id).await.unwrap().unwrap();
            let status = stored.workflow.status();
            if !status.is_terminal() && !self.runtime().is_aside(id) {
                left.push((id, status));
            }
        }
        left
    }

    pub async fn close(mut self) {
        let server = self.server.take().unwrap();
        server.runtime.shutdown().await;
        Stage::close(self.number);
    }
}

impl Server {
    /// Whether only those are left who watch.
    fn callers_are_answered(&self) -> bool {
        let waiting = self.callers.iter().filter(|caller| !caller.is_finished());
        waiting.count() <= self.watched.len()
    }
}
