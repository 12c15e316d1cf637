//! Somebody sets the machine's clock by half a day, again and again, while steps wait for their
//! next try: nothing runs twice, nothing is lost, no retry is held up by more than its own wait, and
//! whoever looks at progress never sees less than before.

use std::sync::Arc;
use std::time::Duration;

use engine::{
    Actor, Event, JobId, JobOrchestrator, Progress, StepDefinition, Timestamp, WorkflowDefinition,
    WorkflowId, WorkflowStatus,
};
use engine::{TroubleKind, Workflows};
use runtime::Runtime;
use runtime::clock::TestClock;
use runtime::store::memory::MemoryStore;
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::dice::Dice;
use crate::folded::Folded;
use crate::seeds;
use crate::witness::{registry, tries, witness};

const HALF_A_DAY: i64 = 12 * 3_600 * 1_000_000;
const BEGINNING: i64 = 1_704_067_200_000_000;
const BACK_OFFS: [f64; 4] = [1.0, 2.0, 4.0, 8.0];
/// What the simulated machine needs between two moments: timers count whole milliseconds.
const SLACK: f64 = 0.05;

struct World {
    /// Looked through at the end.
    _folded: Folded,
    runtime: Runtime,
    store: Arc<MemoryStore>,
    clock: Arc<TestClock>,
    dice: Dice,
    /// When the workflow was paused, and when it went on.
    pauses: Vec<(Instant, Instant)>,
    /// When a server was started anew.
    restarts: Vec<Instant>,
}

async fn open(store: &Arc<MemoryStore>, clock: &Arc<TestClock>) -> Runtime {
    let builder = Runtime::builder()
        .store(store.clone())
        .clock(clock.clone())
        .registry(registry());
    builder.start().await.unwrap()
}

impl World {
    async fn new(seed: u64) -> Self {
        let clock = Arc::new(TestClock::at(BEGINNING));
        let store = Arc::new(MemoryStore::default());
        Self {
            _folded: Folded::of(&store),
            runtime: open(&store, &clock).await,
            store,
            clock,
            dice: Dice::new(seed),
            pauses: Vec::new(),
            restarts: Vec::new(),
        }
    }

    async fn start(&self, steps: &[StepDefinition]) -> WorkflowId {
        let definition = WorkflowDefinition::new("Clocks", steps).unwrap();
        let created = self.runtime.create_workflow(JobId(1), definition, None);
        let id = created.await.unwrap().id;
        self.runtime.start_workflow(id).await.unwrap();
        id
    }

    async fn status(&self, id: WorkflowId) -> WorkflowStatus {
        let progress = self.runtime.get_workflow_progress(id).await;
        progress.unwrap().summary.status
    }

    /// A moment of the next three seconds.
    async fn some_time(&mut self) {
        sleep(Duration::from_millis(self.dice.roll(3_000))).await;
    }

    async fn pause_for_a_while(&mut self, id: WorkflowId) {
        let paused = Instant::now();
        self.runtime.pause_workflow(id).await.unwrap();
        self.some_time().await;
        if self.dice.chance(50) {
            self.clock
                .set_forward(self.dice.pick(&[HALF_A_DAY, -HALF_A_DAY]));
            self.some_time().await;
        }
        self.runtime.resume_workflow(id).await.unwrap();
        self.pauses.push((paused, Instant::now()));
    }

    async fn restart(&mut self) {
        self.runtime.shutdown().await;
        if self.dice.chance(50) {
            self.clock
                .set_forward(self.dice.pick(&[HALF_A_DAY, -HALF_A_DAY]));
        }
        self.runtime = open(&self.store, &self.clock).await;
        self.restarts.push(Instant::now());
    }

    async fn until_completed(&self, id: WorkflowId) {
        let completed = async {
            while self.status(id).await != WorkflowStatus::Completed {
                sleep(Duration::from_millis(100)).await;
            }
        };
        let limit = Duration::from_secs(600);
        assert!(timeout(limit, completed).await.is_ok(), "never completed");
    }

    /// How long the workflow was paused between two moments, in seconds.
    fn paused_between(&self, from: Instant, to: Instant) -> f64 {
        let overlaps = self.pauses.iter().map(|(paused, resumed)| {
            let (paused, resumed) = (*paused.max(&from), *resumed.min(&to));
            resumed.saturating_duration_since(paused).as_secs_f64()
        });
        overlaps.sum()
    }

    /// How often what waits was read again.
    fn readings_between(&self, from: Instant, to: Instant) -> f64 {
        let resumed = self.pauses.iter().map(|(_, resumed)| resumed);
        let readings = resumed.chain(&self.restarts);
        readings.filter(|at| (from..=to).contains(at)).count() as f64
    }
}

/// Seconds from each try to the next, as the clock that nobody can set counts them.
fn gaps(number: u64) -> Vec<(Instant, Instant, f64)> {
    let tries = tries(number);
    let attempts: Vec<u32> = tries.iter().map(|(attempt, _)| *attempt).collect();
    assert_eq!(
        attempts,
        [1, 2, 3, 4, 5],
        "each try runs once, none is left out"
    );
    let pairs = tries.windows(2).map(|pair| (pair[0].1, pair[1].1));
    pairs
        .map(|(from, to)| (from, to, (to - from).as_secs_f64()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_at_any_moment_leaves_the_tries_one_two_four_and_eight_seconds_apart() {
    for seed in seeds(100, 2_000) {
        let mut world = World::new(seed).await;
        let (step, number) = witness("Flaky", 4, 0.0, &[]);
        let id = world.start(&[step]).await;
        for _ in 0..1 + world.dice.roll(4) {
            world.some_time().await;
            world.clock.set_forward(-HALF_A_DAY);
        }
        world.until_completed(id).await;
        for ((_, _, gap), back_off) in gaps(number).into_iter().zip(BACK_OFFS) {
            let is_so = (gap - back_off).abs() < SLACK;
            assert!(is_so, "FAULT_SEED={seed}: {gap} s instead of {back_off} s");
        }
        world.runtime.shutdown().await;
    }
}

/// What the seed says: jumps in both directions, pauses and restarts, at moments of its choice.
async fn disturb(world: &mut World, id: WorkflowId) {
    for _ in 0..2 + world.dice.roll(5) {
        world.some_time().await;
        if world.status(id).await != WorkflowStatus::Running {
            return;
        }
        match world.dice.roll(6) {
            0 => world.pause_for_a_while(id).await,
            1 => world.restart().await,
            _ => {
                let jump = world
                    .dice
                    .pick(&[HALF_A_DAY, -HALF_A_DAY, -HALF_A_DAY, 4_000_000]);
                world.clock.set_forward(jump);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_jump_pause_or_restart_doubles_or_loses_a_try_or_holds_it_up_by_more_than_its_wait() {
    for seed in seeds(200, 5_000) {
        let mut world = World::new(seed).await;
        let (flaky, number) = witness("Flaky", 4, 0.0, &[]);
        let mut wait = StepDefinition::new("Wait", "delay");
        wait.config = json!({"seconds": 6}).as_object().cloned().unwrap();
        let (after, last) = witness("After", 0, 0.0, &[0, 1]);
        let id = world.start(&[flaky, wait, after]).await;
        disturb(&mut world, id).await;
        world.until_completed(id).await;
        assert_eq!(tries(last).len(), 1, "FAULT_SEED={seed}");
        for ((from, to, gap), back_off) in gaps(number).into_iter().zip(BACK_OFFS) {
            // A wait that is read again, at a resume or a restart, may begin anew: that is the most.
            let most = back_off * (1.0 + world.readings_between(from, to));
            let waited = gap - world.paused_between(from, to);
            let is_so = waited < most + SLACK;
            assert!(
                is_so,
                "FAULT_SEED={seed}: {waited} s instead of {back_off} s"
            );
        }
        world.runtime.shutdown().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_forward_makes_a_long_wait_end_by_it_and_is_told() {
    let world = World::new(0).await;
    let mut wait = StepDefinition::new("Wait", "delay");
    wait.config = json!({"seconds": 3_600 * 11}).as_object().cloned().unwrap();
    let begun = Instant::now();
    let id = world.start(&[wait]).await;
    sleep_until(begun + Duration::from_secs(10)).await;
    assert_eq!(world.runtime.troubles(), []);
    world.clock.set_forward(HALF_A_DAY);
    world.until_completed(id).await;
    assert!(begun.elapsed() < Duration::from_secs(13));
    let told: Vec<_> = world.runtime.troubles().iter().map(|t| t.kind).collect();
    assert_eq!(told, [TroubleKind::ClockJump]);
    world.runtime.shutdown().await;
}

/// Somebody who looks at a workflow in every way there is, and remembers what they saw.
struct Reader {
    id: WorkflowId,
    /// By events alone, as a page keeps it.
    folded: Progress,
    seen: [u8; 3],
    /// How often a running step was told to be as far as it had come before the clock was set back.
    notes: usize,
    /// The moment of the last event.
    told_at: Timestamp,
}

impl Reader {
    async fn look(&mut self, world: &World, case: &str) {
        let progress = world.runtime.get_workflow_progress(self.id).await.unwrap();
        let active = world.runtime.get_active_workflows().await.unwrap();
        let listed = active.iter().find(|state| state.id == self.id);
        let (actor, last) = (Actor::program(), self.folded.events);
        let new = world.runtime.events(&actor, self.id, last, 256);
        for record in new.await.unwrap() {
            if matches!(record.event, Event::TaskProgressed { .. }) {
                self.notes += 1;
                // One is read before the next: until all are, time stands still for them too.
                assert!(record.at >= self.told_at, "{case}: {record:?}");
            }
            self.told_at = record.at;
            let before = self.folded.progress;
            self.folded.apply(&record).unwrap();
            let now = self.folded.progress;
            assert!(
                before <= now,
                "{case}: {record:?} takes {before} % to {now} %"
            );
        }
        let percents = [
            progress.progress,
            listed.map_or(progress.progress, |state| state.progress),
            self.folded.progress,
        ];
        let (before, now) = (self.seen, percents);
        let falls = before.iter().zip(now).any(|(before, now)| *before > now);
        assert!(!falls, "{case}: {before:?} % fall to {now:?} %");
        self.seen = percents;
    }
}

/// A step whose length is known, so that the clock counts how far it is.
fn estimated(mut step: StepDefinition, seconds: f64) -> StepDefinition {
    step.estimated_duration = Some(seconds);
    step
}

#[tokio::test(start_paused = true)]
async fn however_the_clock_is_set_nobody_sees_less_progress_than_before() {
    let mut notes = 0;
    for seed in seeds(100, 2_000) {
        let mut world = World::new(seed).await;
        let mut wait = StepDefinition::new("Wait", "delay");
        wait.config = json!({"seconds": 30}).as_object().cloned().unwrap();
        let (flaky, _) = witness("Flaky", 2, 4.0, &[]);
        let (after, _) = witness("After", 0, 9.0, &[1]);
        let steps = [(wait, 40.0), (flaky, 6.0), (after, 12.0)];
        let steps = steps.map(|(step, seconds)| estimated(step, seconds));
        let id = world.start(&steps).await;
        let mut reader = Reader {
            id,
            folded: world.runtime.get_workflow_progress(id).await.unwrap(),
            seen: [0; 3],
            notes: 0,
            told_at: Timestamp::default(),
        };
        let mut case = format!("FAULT_SEED={seed}");
        while world.status(id).await == WorkflowStatus::Running {
            reader.look(&world, &case).await;
            if world.dice.chance(30) {
                let jump = world.dice.pick(&[
                    -HALF_A_DAY,
                    -20_000_000,
                    -5_000_000,
                    -5_000_000,
                    -1_500_000,
                    3_000_000,
                ]);
                world.clock.set_forward(jump);
                case = format!("FAULT_SEED={seed}, set by {jump} us");
                // Before anybody has noticed.
                reader.look(&world, &case).await;
            }
            sleep(Duration::from_millis(50 + world.dice.roll(1_200))).await;
        }
        reader.look(&world, &case).await;
        assert_eq!(reader.seen, [100; 3], "{case}");
        notes += reader.notes;
        world.runtime.shutdown().await;
    }
    assert!(notes > 0, "no clock was set back while a step ran");
}
