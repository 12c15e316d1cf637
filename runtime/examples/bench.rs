//! Measures the engine through its public face on a real SQLite file with `synchronous=FULL`, and
//! in the same run the machine's own limit, because only ratios compare. One JSON line each.
//!
//! `cargo xtask bench [--quick]`

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use engine::progress::WorkflowState;
use engine::{JobId, StepDefinition, WorkflowDefinition};
use futures::future::try_join_all;
use runtime::Runtime;
use serde_json::json;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let many = if is_quick { 200 } else { 1_000 };
    let folder = tempfile::tempdir()?;
    let sync = fdatasync_p50(folder.path())?;
    println!(
        "{}",
        json!({"limit": "write 4 KiB + fdatasync", "p50_ms": ms(sync)})
    );
    let runtime = Runtime::builder()
        .sqlite(folder.path().join("jobs.db"))
        .start()
        .await?;
    measure(&runtime, "chain-100", &chain(100)?, 1, sync).await?;
    measure(&runtime, "fan-1000", &fan(1_000)?, 1, sync).await?;
    if !is_quick {
        measure(&runtime, "fan-4000", &fan(4_000)?, 1, sync).await?;
    }
    measure(&runtime, &format!("many-{many}"), &diamond()?, many, sync).await?;
    runtime.shutdown().await;
    Ok(())
}

/// Runs `count` workflows of the definition side by side and prints one line.
async fn measure(
    runtime: &Runtime,
    workload: &str,
    definition: &WorkflowDefinition,
    count: usize,
    sync: Duration,
) -> Outcome<()> {
    let cpu_before = cpu_time()?;
    let started = Instant::now();
    let mut done = try_join_all((0..count).map(|_| run(runtime, definition))).await?;
    let took = started.elapsed();
    let cpu = cpu_time()?.saturating_sub(cpu_before);
    done.sort_unstable();
    let steps = (definition.steps().len() * count) as f64;
    let at = |share: f64| done[((done.len() - 1) as f64 * share) as usize];
    let line = json!({
        "workload": workload,
        "n": count,
        "steps_s": (steps / took.as_secs_f64()).round(),
        "step_us": (took.as_secs_f64() / steps * 1e6).round(),
        "p50_ms": ms(at(0.5)),
        "p99_ms": ms(at(0.99)),
        "cpu_ms_step": ms(cpu) / steps,
        "step_per_fdatasync": took.as_secs_f64() / steps / sync.as_secs_f64(),
    });
    println!("{line}");
    std::io::stdout().flush()?;
    Ok(())
}

async fn run(runtime: &Runtime, definition: &WorkflowDefinition) -> Outcome<Duration> {
    let started = Instant::now();
    let created = runtime
        .create_workflow(JobId(1), definition.clone(), None)
        .await?;
    let done: WorkflowState = runtime.execute_workflow(created.id, definition).await?;
    if done.summary.progress == 100 {
        Ok(started.elapsed())
    } else {
        Err(format!("a workflow ended {}", done.summary.status).into())
    }
}

fn step(dependencies: &[usize]) -> StepDefinition {
    let mut step = StepDefinition::new("Step", "noop");
    step.dependencies = dependencies.to_vec();
    step
}

fn define(steps: &[StepDefinition]) -> Outcome<WorkflowDefinition> {
    WorkflowDefinition::new("Measured", steps).map_err(|problems| {
        let text: Vec<_> = problems.iter().map(ToString::to_string).collect();
        text.join("; ").into()
    })
}

fn chain(length: usize) -> Outcome<WorkflowDefinition> {
    let link = |index: usize| step(&index.checked_sub(1).map_or(vec![], |before| vec![before]));
    define(&(0..length).map(link).collect::<Vec<_>>())
}

fn fan(width: usize) -> Outcome<WorkflowDefinition> {
    let branches = (0..width).map(|_| step(&[0]));
    let join = step(&(1..=width).collect::<Vec<_>>());
    define(
        &std::iter::once(step(&[]))
            .chain(branches)
            .chain([join])
            .collect::<Vec<_>>(),
    )
}

fn diamond() -> Outcome<WorkflowDefinition> {
    define(&[step(&[]), step(&[0]), step(&[1]), step(&[1]), step(&[2, 3])])
}

/// The median time of writing 4 KiB and waiting until the disk has it.
fn fdatasync_p50(folder: &Path) -> Outcome<Duration> {
    let mut file = std::fs::File::create(folder.join("sync"))?;
    let mut times = Vec::new();
    for _ in 0..100 {
        let started = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

/// Processor time of this process so far, user and system.
fn cpu_time() -> Outcome<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let field = |number: usize| after_name.split_whitespace().nth(number - 3);
    let ticks = |number| {
        field(number)
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or(0)
    };
    // The kernel counts in hundredths of a second on every Linux of today.
    Ok(Duration::from_millis((ticks(14) + ticks(15)) * 10))
}

fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
