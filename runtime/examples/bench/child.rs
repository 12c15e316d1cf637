//! Parts that another process plays: one that is killed while its workflows run, and one that does
//! nothing but hold tasks that wait.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use engine::{Actor, Workflows};
use runtime::Settings;
use serde_json::json;
use tokio::task::JoinSet;

use crate::place::builder;
use crate::recovery::{Held, registry};
use crate::workload::Asked;
use crate::{Outcome, definitions, machine};

/// What the child says once everything is as it should be.
const READY: &str = "ready";

/// Starts this program once more in a role, and waits until it says that it is ready. Gives what it
/// said with that; then the child is killed, as a crash would.
pub fn start_and_kill(words: &[&str]) -> Outcome<String> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--child")
        .args(words)
        .stdout(Stdio::piped())
        .spawn()?;
    let told = child.stdout.take().and_then(|output| {
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        lines.find_map(|line| line.strip_prefix(READY).map(str::to_owned))
    });
    child.kill()?;
    child.wait()?;
    told.ok_or_else(|| "the other process ended before it was ready".into())
}

/// Plays the role until it is killed.
pub async fn play(words: &[String]) -> Outcome<()> {
    let [role, file, count] = words else {
        return Err("the role of a child has three words".into());
    };
    let (file, count) = (Path::new(file), count.parse()?);
    match role.as_str() {
        "hold" => hold(file, count).await,
        "wait" => wait(file, count).await,
        _ => Err("there is no such role".into()),
    }
}

fn say_ready(more: &serde_json::Value) -> Outcome<()> {
    let mut output = std::io::stdout();
    writeln!(output, "{READY}{more}")?;
    Ok(output.flush()?)
}

/// Workflows with one attempt each that never ends.
async fn hold(file: &Path, count: usize) -> Outcome<()> {
    let settings = Settings {
        others_at_once: count,
        ..Settings::default()
    };
    let runtime = builder(file.to_path_buf())
        .registry(registry(Held::ForEver)?)
        .settings(settings)
        .start()
        .await?;
    let asked = Asked::save(&runtime, definitions::held()?).await?;
    submit(&runtime, &asked, count).await?;
    say_ready(&json!({}))?;
    std::future::pending().await
}

/// A thousand tasks that wait in each workflow, and the memory of it all.
async fn wait(file: &Path, count: usize) -> Outcome<()> {
    const WIDTH: usize = 1_000;
    let runtime = builder(file.to_path_buf()).start().await?;
    let asked = Asked::save(&runtime, definitions::waiting(WIDTH)?).await?;
    let before = machine::resident_kib()?;
    submit(&runtime, &asked, count / WIDTH).await?;
    for id in 1..=i64::try_from(count / WIDTH)? {
        until_all_wait(&runtime, id, WIDTH as u64).await?;
    }
    let after = machine::resident_kib()?;
    say_ready(&json!({"tasks": count, "kib": after.saturating_sub(before)}))?;
    std::future::pending().await
}

async fn until_all_wait(runtime: &runtime::Runtime, id: i64, width: u64) -> Outcome<()> {
    // Created, started, and three for each task: queued, started, waiting.
    let all = 2 + 3 * width;
    loop {
        let state = runtime
            .workflow(&Actor::program(), engine::WorkflowId(id))
            .await?;
        if state.events >= all {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn submit(runtime: &runtime::Runtime, asked: &Asked, count: usize) -> Outcome<()> {
    let mut under_way = JoinSet::new();
    for _ in 0..count {
        under_way.spawn(asked.clone().submit(runtime.clone()));
    }
    while let Some(made) = under_way.join_next().await {
        made??;
    }
    Ok(())
}
