//! Ten thousand active workflows of a server that was killed: how soon they move.

use std::time::{Duration, Instant};

use engine::orchestrator::{WorkflowFilter, WorkflowSelection};
use engine::{Actor, Workflows};
use runtime::step::{Registry, StepContext, StepError, StepOutput, StepType};
use runtime::{Runtime, RuntimeBuilder};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::options::Options;
use crate::report::{ms, print};
use crate::{Outcome, child, machine, place};

/// The longest until all of them have moved, from readiness on.
const GOAL: Duration = Duration::from_secs(1);
/// The longest until the runtime is ready.
const READY_MAX: Duration = Duration::from_secs(3);

pub async fn measure(options: &Options) -> Outcome<()> {
    if !options.wants("recover") {
        return Ok(());
    }
    let count = options.count(10_000, 2_000);
    let folder = place::folder()?;
    let file = folder.path().join("jobs.db");
    let words = ["hold", &file.display().to_string(), &count.to_string()].map(str::to_owned);
    tokio::task::spawn_blocking(move || {
        child::start_and_kill(&words.each_ref().map(String::as_str))
    })
    .await??;
    machine::forget_peak();
    let started = Instant::now();
    let runtime = builder(&file)?.start().await?;
    let ready = started.elapsed();
    let moved = until_moved(&runtime, count).await?;
    let moving = started.elapsed() - ready;
    let over = until_none_is_active(&runtime, started).await?;
    print(&json!({
        "workload": format!("recover-{count}"),
        "n": count,
        "goal": "ready <= 3 s; all move <= 1 s after it",
        "ready_ms": ms(ready),
        "moving_ms": ms(moving),
        "moved": moved,
        "all_over_ms": ms(over),
        "peak_kib": machine::peak_kib()?,
        "met": ready <= READY_MAX && moving <= GOAL,
    }));
    runtime.shutdown().await;
    Ok(())
}

fn builder(file: &std::path::Path) -> Outcome<RuntimeBuilder> {
    Ok(place::builder(file.to_path_buf()).registry(registry(Held::NotAtAll)?))
}

/// Waits until every workflow has an event that its last server did not write.
async fn until_moved(runtime: &Runtime, count: usize) -> Outcome<usize> {
    // Created, started, queued, started: that far the last server came.
    const STOOD_AT: u64 = 4;
    let mut moved = 0;
    while moved < count {
        let id = engine::WorkflowId(i64::try_from(moved)? + 1);
        runtime.changed(id, STOOD_AT).await;
        moved += 1;
    }
    Ok(moved)
}

async fn until_none_is_active(runtime: &Runtime, started: Instant) -> Outcome<Duration> {
    let filter = WorkflowFilter {
        selection: WorkflowSelection::Active,
        limit: 1,
        ..WorkflowFilter::default()
    };
    loop {
        let page = runtime.list(&Actor::program(), &filter).await?;
        if page.items.is_empty() {
            return Ok(started.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// How long a step of type `hold` lasts.
#[derive(Clone, Copy)]
pub enum Held {
    ForEver,
    NotAtAll,
}

/// The step types of the product, and `hold`.
pub fn registry(held: Held) -> Outcome<Registry> {
    let mut registry = Registry::builtin()?;
    match held {
        Held::ForEver => registry.register::<Hold<true>>()?,
        Held::NotAtAll => registry.register::<Hold<false>>()?,
    }
    Ok(registry)
}

/// Ends when its server does, or at once.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Hold<const FOR_EVER: bool> {}

impl<const FOR_EVER: bool> StepType for Hold<FOR_EVER> {
    const TASK_TYPE: &'static str = "hold";
    const TITLE: &'static str = "Hold";
    const OUTPUT: &'static str = "An empty object.";
    const DEFAULT_TIMEOUT: Duration = Duration::from_secs(3_600);

    fn example() -> Value {
        json!({})
    }

    async fn run(self, cx: StepContext) -> Result<StepOutput, StepError> {
        if FOR_EVER {
            cx.stopped().await;
            return Err(StepError::Stopped);
        }
        Ok(StepOutput::Done(json!({})))
    }
}
