//! What a task that waits costs in memory.

use serde_json::{Value, json};

use crate::options::Options;
use crate::report::{print, round};
use crate::{Outcome, child, place};

/// The most a waiting task may hold, in KiB.
const GOAL_KIB: f64 = 2.0;
/// Tasks, so many that what a program holds anyway, caches of SQLite above all, does not decide.
const COUNT: usize = 100_000;

pub async fn measure(options: &Options) -> Outcome<()> {
    if !options.wants("waiting") {
        return Ok(());
    }
    let folder = place::folder()?;
    let file = folder.path().join("jobs.db");
    let words = ["wait", &file.display().to_string(), &COUNT.to_string()].map(str::to_owned);
    let told = tokio::task::spawn_blocking(move || {
        child::start_and_kill(&words.each_ref().map(String::as_str))
    })
    .await??;
    let told: Value = serde_json::from_str(&told)?;
    let kib = told["kib"].as_f64().unwrap_or(f64::MAX);
    let each = kib / COUNT as f64;
    print(&json!({
        "workload": format!("waiting-{COUNT}"),
        "n": COUNT,
        "goal": "<= 2 KiB a waiting task",
        "grown_kib": kib,
        "kib_per_task": round(each),
        "met": each <= GOAL_KIB,
    }));
    Ok(())
}
