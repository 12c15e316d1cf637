//! The lines that are printed: what was measured, the goal, and whether it is met.

use std::io::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use crate::Outcome;
use crate::limits::Limits;
use crate::workload::Measured;

/// Durable steps a second that the fans and the many workflows have to reach.
pub const STEPS_S: f64 = 20_000.0;
/// Processor time of a step among many.
const CPU_MS_STEP: f64 = 0.1;

/// Workloads that were printed and missed their goal.
static MISSED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Prints one line at once, so that a run that is ended early has told what it knows.
pub fn print(line: &Value) {
    println!("{line}");
    // Nobody reads any more: the run goes on and ends by itself.
    drop(std::io::stdout().flush());
    if line["met"] == false
        && let Ok(mut missed) = MISSED.lock()
    {
        missed.push(line["workload"].as_str().unwrap_or("?").to_owned());
    }
}

/// An error that names every goal that was missed, when any was.
pub fn goals() -> Outcome<()> {
    let missed = MISSED.lock().map_err(|_| "a printer broke")?;
    if missed.is_empty() {
        return Ok(());
    }
    Err(format!("goals missed: {}", missed.join(", ")).into())
}

/// Milliseconds with three digits.
pub fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// A number with three digits behind the point.
pub fn round(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

/// The fields that every workload has, and more.
pub fn line(measured: &Measured, more: &Value) -> Value {
    let mut line = json!({
        "workload": measured.name,
        "n": measured.times.len(),
        "steps_s": measured.steps_s().round(),
        "step_us": round(measured.step().as_secs_f64() * 1e6),
        "p50_ms": ms(measured.at(0.5)),
        "p99_ms": ms(measured.at(0.99)),
        "cpu_ms_step": round(measured.cpu.as_secs_f64() * 1e3 / measured.steps as f64),
        "commits": measured.commits,
        "peak_kib": measured.peak_kib,
    });
    if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
        line.extend(more.clone());
    }
    line
}

/// A step of a chain against one durable commit.
pub fn chain(measured: &Measured, limits: &Limits) {
    let allowed = limits.commit.mul_f64(1.3) + Duration::from_micros(200);
    let goal = json!({
        "goal": "a commit a step; a step <= 1.3 x one durable commit + 0.2 ms",
        "allowed_us": round(allowed.as_secs_f64() * 1e6),
        "per_durable_commit": round(measured.step().div_duration_f64(limits.commit)),
        "per_least_sql": round(measured.step().div_duration_f64(limits.least_chain_step)),
        // One more than there are steps: the first makes the workflow and starts it.
        "met": measured.step() <= allowed && measured.commits == measured.steps as u64 + 1,
    });
    print(&line(measured, &goal));
}

/// A fan against the rate to reach, and the wide one against the narrow one.
pub fn fan(measured: &Measured, limits: &Limits, of_thousand: Option<Duration>) {
    let times = of_thousand.map(|took| measured.took.div_duration_f64(took));
    let goal = json!({
        "goal": "20,000 durable steps/s; t(5,000) <= 6 x t(1,000)",
        "per_least_sql": round(limits.least_fan_steps_s / measured.steps_s()),
        "times_of_fan_1000": times.map(round),
        "met": measured.steps_s() >= STEPS_S && times.is_none_or(|times| times <= 6.0),
    });
    print(&line(measured, &goal));
}

/// A fan that somebody follows, the wide one against the narrow one.
pub fn follow(measured: &Measured, of_thousand: Option<Duration>) {
    let times = of_thousand.map(|took| measured.took.div_duration_f64(took));
    let goal = json!({
        "goal": "t(5,000) <= 6 x t(1,000)",
        "times_of_follow_1000": times.map(round),
        // The narrow one has nothing to be compared with.
        "met": times.map(|times| times <= 6.0),
    });
    print(&line(measured, &goal));
}

/// Many workflows at once, and those that came while they ran.
pub fn many(measured: &Measured, limits: &Limits, newcomers: &[Duration], bytes: Option<u64>) {
    let late = newcomers.get(newcomers.len().saturating_sub(1) * 99 / 100);
    let cpu = measured.cpu.as_secs_f64() * 1e3 / measured.steps as f64;
    let is_met = measured.steps_s() >= STEPS_S
        && cpu <= CPU_MS_STEP
        && late.is_none_or(|late| *late <= Duration::from_secs(1))
        && bytes.is_none_or(|bytes| bytes <= 4_096);
    let goal = json!({
        "goal": "20,000 durable steps/s; a newcomer in <= 1 s (p99); <= 0.1 ms CPU a step; <= 4 KiB a diamond",
        "newcomers": newcomers.len(),
        "newcomer_p50_ms": newcomers.get(newcomers.len() / 2).copied().map(ms),
        "newcomer_p99_ms": late.copied().map(ms),
        "bytes_per_diamond": bytes,
        "times_least_sql": round(measured.steps_s() / limits.least_diamonds_steps_s),
        "met": is_met,
    });
    print(&line(measured, &goal));
}
