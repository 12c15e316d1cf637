//! A step that fails as often as it is told to and writes down each of its tries, so that a test
//! knows what really ran and when.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use engine::StepDefinition;
use runtime::step::{Registry, StepContext, StepError, StepOutput, StepType};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

/// One try: which, and when it began.
pub type Try = (u32, Instant);

static TRIES: Mutex<BTreeMap<u64, Vec<Try>>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Fails so many times, then succeeds.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// Under which number its tries are written down.
    number: u64,
    /// How many tries fail.
    fails: u32,
    /// How long each takes.
    seconds: f64,
}

impl StepType for Witness {
    const TASK_TYPE: &'static str = "witness";
    const TITLE: &'static str = "Witness";
    const OUTPUT: &'static str = "An empty object.";
    const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

    fn example() -> Value {
        json!({"number": 1, "fails": 0, "seconds": 0})
    }

    async fn run(self, cx: StepContext) -> Result<StepOutput, StepError> {
        let tried = write_down(self.number, (cx.attempt(), Instant::now()));
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs_f64(self.seconds)) => {}
            () = cx.stopped() => return Err(StepError::Stopped),
        }
        if tried <= self.fails {
            return Err(StepError::Transient("as it was told".into()));
        }
        Ok(StepOutput::Done(json!({})))
    }
}

/// Writes down a try, and says how many there were.
fn write_down(number: u64, new: Try) -> u32 {
    let mut tries = TRIES.lock().unwrap_or_else(PoisonError::into_inner);
    let own = tries.entry(number).or_default();
    own.push(new);
    u32::try_from(own.len()).unwrap()
}

/// A step that is witnessed, and the number to ask for.
pub fn witness(
    name: &str,
    fails: u32,
    seconds: f64,
    dependencies: &[usize],
) -> (StepDefinition, u64) {
    let number = NEXT.fetch_add(1, Ordering::SeqCst);
    let config = json!({"number": number, "fails": fails, "seconds": seconds});
    let mut step = StepDefinition::new(name, Witness::TASK_TYPE);
    step.config = config.as_object().cloned().unwrap();
    step.dependencies = dependencies.to_vec();
    step.max_retries = fails + 1;
    (step, number)
}

/// The tries of a step, in the order in which they began.
pub fn tries(number: u64) -> Vec<Try> {
    let tries = TRIES.lock().unwrap_or_else(PoisonError::into_inner);
    tries.get(&number).cloned().unwrap_or_default()
}

/// The product's step types and the witness.
pub fn registry() -> Registry {
    let mut registry = Registry::builtin().unwrap();
    registry.register::<Witness>().unwrap();
    registry
}
