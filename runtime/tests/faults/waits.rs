//! What waits for a moment, while the database is away and somebody sets the clock by half a day: it
//! goes on once, never before its time by a clock set back, and as soon as both allow it.

use std::sync::Arc;
use std::time::Duration;

use engine::{JobId, JobOrchestrator, StepDefinition, WorkflowDefinition, WorkflowStatus};
use runtime::Runtime;
use runtime::clock::TestClock;
use runtime::step::{StepContext, StepError, StepOutput, StepType};
use runtime::store::WorkflowStore;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::faulty::Faulty;
use crate::figures;
use crate::folded::Folded;
use crate::witness::{registry, tries, witness};

const HALF_A_DAY: i64 = 12 * 3_600 * 1_000_000;
/// How long each of them waits: the fourth back-off, and the delay.
const WAIT: f64 = 8.0;
/// Within this a clock that was set is noticed.
const NOTICED: f64 = 2.0;
/// Within this the engine goes on once the database is back.
const BACK: f64 = 5.0;
const SLACK: f64 = 0.05;

/// What happens, in seconds from the beginning of the wait.
#[derive(Debug, Clone, Copy)]
struct Case {
    /// Whether a step waits for its fifth try; otherwise one waits that has nothing else to do.
    is_retry: bool,
    jump: i64,
    jumps_at: f64,
    away_from: f64,
    away_until: f64,
    /// When the server dies and another one starts.
    dies_at: Option<f64>,
}

impl Case {
    /// When the wait is over at the earliest and at the latest.
    fn bounds(self) -> (f64, f64) {
        let is_forward = self.jump > 0 && self.jumps_at < WAIT;
        let earliest = if is_forward { self.jumps_at } else { WAIT };
        let noticed = if is_forward {
            self.jumps_at + NOTICED
        } else {
            WAIT
        };
        let over = if noticed < self.away_from {
            noticed
        } else {
            noticed.max(self.away_until + BACK)
        };
        // What still waits is read anew by the next server: then it may begin once more.
        let dies_before = self.dies_at.filter(|at| *at < over);
        let latest = dies_before.map_or(over, |at| over.max(at + WAIT));
        (earliest - SLACK, latest + SLACK)
    }

    /// What is done at which moment, in order.
    fn course(self) -> Vec<(f64, Act)> {
        let mut course = vec![
            (self.jumps_at, Act::SetClock(self.jump)),
            (self.away_from, Act::SetAway(true)),
            (self.away_until, Act::SetAway(false)),
        ];
        course.extend(self.dies_at.map(|at| (at, Act::Die)));
        course.sort_by(|one, other| one.0.total_cmp(&other.0));
        course
    }
}

#[derive(Debug, Clone, Copy)]
enum Act {
    SetClock(i64),
    SetAway(bool),
    Die,
}

async fn open(store: &Arc<Faulty>, clock: &Arc<TestClock>) -> Runtime {
    let builder = Runtime::builder().store(store.clone()).clock(clock.clone());
    builder.registry(registry()).start().await.unwrap()
}

/// The steps of a case, and the numbers of the witness of the wait and of the one after it.
fn steps(is_retry: bool) -> (Vec<StepDefinition>, u64, u64) {
    let fails = if is_retry { 4 } else { 0 };
    let (first, begins) = witness("First", fails, 0.0, &[]);
    if is_retry {
        return (vec![first], begins, begins);
    }
    let mut delay = StepDefinition::new("Delay", "delay");
    delay.config = json!({"seconds": WAIT}).as_object().cloned().unwrap();
    delay.dependencies = vec![0];
    let (after, ends) = witness("After", 0, 0.0, &[1]);
    (vec![first, delay, after], begins, ends)
}

/// Seconds from the beginning of the wait to what comes after it.
async fn waited(case: Case) -> f64 {
    let store = Arc::new(Faulty::default());
    let _folded = Folded::of(&store.inner);
    let clock = Arc::new(TestClock::at(1_704_067_200_000_000));
    let mut runtime = open(&store, &clock).await;
    let (steps, begins, ends) = steps(case.is_retry);
    let definition = WorkflowDefinition::new("Waits", &steps).unwrap();
    let created = runtime.create_workflow(JobId(1), definition, None).await;
    let id = created.unwrap().id;
    runtime.start_workflow(id).await.unwrap();
    let before = if case.is_retry { 4 } else { 1 };
    while tries(begins).len() < before {
        sleep(Duration::from_millis(1)).await;
    }
    let begun = tries(begins)[before - 1].1;
    for (at, act) in case.course() {
        sleep_until(begun + Duration::from_secs_f64(at)).await;
        match act {
            Act::SetClock(jump) => clock.set_forward(jump),
            Act::SetAway(is_away) => store.set_away(is_away),
            Act::Die => {
                drop(runtime);
                runtime = open(&store, &clock).await;
            }
        }
    }
    let completed = async {
        let status = || async {
            store
                .inner
                .load(id)
                .await
                .unwrap()
                .unwrap()
                .workflow
                .status()
        };
        while status().await != WorkflowStatus::Completed {
            sleep(Duration::from_millis(50)).await;
        }
    };
    let limit = Duration::from_secs(3_600);
    assert!(timeout(limit, completed).await.is_ok(), "stuck: {case:?}");
    let tries = tries(ends);
    let expected = if case.is_retry { 5 } else { 1 };
    assert_eq!(tries.len(), expected, "{case:?}");
    runtime.shutdown().await;
    let over: Instant = tries[expected - 1].1;
    (over - begun).as_secs_f64()
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_at_its_time_through_an_outage_and_a_clock_that_is_set() {
    let mut cases = 0;
    for is_retry in [true, false] {
        for jump in [HALF_A_DAY, -HALF_A_DAY] {
            for jumps_at in [0.2, 1.7, 4.4, 9.3, 20.6] {
                for (away_from, away_until) in [(0.6, 3.1), (2.2, 6.9), (3.3, 12.8), (4.8, 300.0)] {
                    for dies_at in [None, Some(away_until + 0.9)] {
                        let case = Case {
                            is_retry,
                            jump,
                            jumps_at,
                            away_from,
                            away_until,
                            dies_at,
                        };
                        let (earliest, latest) = case.bounds();
                        let waited = waited(case).await;
                        let is_so = (earliest..=latest).contains(&waited);
                        assert!(is_so, "{waited} s, not {earliest} to {latest}: {case:?}");
                        cases += 1;
                    }
                }
            }
        }
    }
    figures::tell(format!(
        "waits through an outage and a clock set by half a day: {cases}, 0 too early, 0 too late, 0 \
         twice"
    ));
}

/// Works for two seconds, then waits.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Lull {}

impl StepType for Lull {
    const TASK_TYPE: &'static str = "lull";
    const TITLE: &'static str = "Lull";
    const OUTPUT: &'static str = "An empty object.";
    const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

    fn example() -> Value {
        json!({})
    }

    async fn run(self, _cx: StepContext) -> Result<StepOutput, StepError> {
        sleep(Duration::from_secs(2)).await;
        Ok(StepOutput::Wait(Duration::from_secs_f64(WAIT)))
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_begins_in_an_outage_is_as_long_whichever_way_the_clock_is_set_before_its_end()
{
    for jump in [HALF_A_DAY, -HALF_A_DAY, -20_000_000] {
        let store = Arc::new(Faulty::default());
        let _folded = Folded::of(&store.inner);
        let clock = Arc::new(TestClock::at(1_704_067_200_000_000));
        let builder = Runtime::builder().store(store.clone()).clock(clock.clone());
        let runtime = builder.step_type::<Lull>().start().await.unwrap();
        let steps = [StepDefinition::new("Lull", "lull")];
        let definition = WorkflowDefinition::new("Waits", &steps).unwrap();
        let created = runtime.create_workflow(JobId(1), definition, None).await;
        let id = created.unwrap().id;
        runtime.start_workflow(id).await.unwrap();
        let begun = Instant::now();
        sleep(Duration::from_secs(1)).await;
        store.set_away(true);
        // It has begun to wait, which is not written down.
        sleep(Duration::from_secs(3)).await;
        clock.set_forward(jump);
        store.set_away(false);
        let completed = async {
            let stored = || async { store.inner.load(id).await.unwrap().unwrap().workflow };
            while stored().await.status() != WorkflowStatus::Completed {
                sleep(Duration::from_millis(50)).await;
            }
        };
        let limit = Duration::from_secs_f64(2.0 + WAIT + BACK);
        assert!(timeout(limit, completed).await.is_ok(), "set by {jump} us");
        let waited = begun.elapsed().as_secs_f64() - 2.0;
        assert!(waited > WAIT - SLACK, "{waited} s, set by {jump} us");
        runtime.shutdown().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_was_decided_in_vain_waits_its_whole_time_from_its_last_decision_on() {
    let store = Arc::new(Faulty::default());
    let _folded = Folded::of(&store.inner);
    let clock = Arc::new(TestClock::at(1_704_067_200_000_000));
    let runtime = open(&store, &clock).await;
    let (flaky, number) = witness("Flaky", 1, 1.0, &[]);
    let definition = WorkflowDefinition::new("Waits", &[flaky]).unwrap();
    let created = runtime.create_workflow(JobId(1), definition, None).await;
    let id = created.unwrap().id;
    runtime.start_workflow(id).await.unwrap();
    sleep(Duration::from_millis(500)).await;
    store.set_full(true);
    // Its failure is decided once a second and cannot be written. Right after one of the decisions the
    // clock is set back, by so little that moments stand still.
    let commits = store.commits();
    while store.commits() < commits + 3 {
        sleep(Duration::from_millis(1)).await;
    }
    clock.set_forward(-1_500_000);
    store.set_full(false);
    let decided = Instant::now();
    let is_over = async || {
        let stored = store.inner.load(id).await.unwrap().unwrap();
        stored.workflow.status().is_terminal()
    };
    let over = async {
        while !is_over().await {
            sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(
        timeout(Duration::from_secs(60), over).await.is_ok(),
        "stuck"
    );
    assert_eq!(runtime.quarantined(), []);
    let tries = tries(number);
    assert_eq!(tries.len(), 2);
    // The next decision comes after a second, and the wait is another one.
    let waited = (tries[1].1 - decided).as_secs_f64();
    assert!(waited > 2.0 - SLACK, "{waited} s");
    runtime.shutdown().await;
}
