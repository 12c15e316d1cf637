//! Many diamonds beside a long history, and how quickly lists are read there.

use std::time::{Duration, Instant};

use engine::orchestrator::{WorkflowFilter, WorkflowSelection};
use engine::{Actor, WorkflowId, Workflows};
use runtime::Runtime;
use serde_json::{Value, json};

use crate::limits::Limits;
use crate::options::Options;
use crate::place::Place;
use crate::report::{self, ms, round};
use crate::workload::{self, Asked, Measured};
use crate::{Outcome, definitions, machine, store};

/// Diamonds of one measurement.
const COUNT: usize = 2_000;
/// Entries of a page of a list.
const PAGE: usize = 50;
/// The longest a list may take.
const LIST_MAX: Duration = Duration::from_millis(50);

pub async fn measure(options: &Options, limits: &Limits) -> Outcome<()> {
    if !options.wants("growth") {
        return Ok(());
    }
    let history = options.count(1_000_000, 20_000);
    let (small, _) = opened().await?;
    let (place, asked) = opened().await?;
    let file = place.file();
    let folder = place.close().await;
    let started = Instant::now();
    tokio::task::spawn_blocking(move || store::fill(&file, 1, i64::try_from(history)?)).await??;
    let filled = started.elapsed();
    let bytes = store::bytes(&folder.path().join("jobs.db"))?;
    // What is asked is what a long history costs, not what making it costs: everything is on the
    // disk, and the look through the whole file, once after each start, is over.
    let synced = synced(folder.path().join("jobs.db")).await?;
    let started = Instant::now();
    let place = Place::over(folder).await?;
    let opened = started.elapsed();
    let looked_through = machine::until_nothing_is_read().await?;
    let (mut empty, mut full) = (None, None);
    // In turns, so that whatever else the machine does meets both.
    for _ in 0..4 {
        empty = Some(better(empty, &small.runtime, &asked).await?);
        full = Some(better(full, &place.runtime, &asked).await?);
    }
    let (Some(empty), Some(full)) = (empty, full) else {
        return Err("nothing was measured".into());
    };
    let (lists, slowest) = lists(&place.runtime, history).await?;
    place.close().await;
    small.close().await;
    let ratio = full.steps_s() / empty.steps_s();
    let more = json!({
        "goal": "0.85 x of empty; lists <= 50 ms",
        "history": history,
        "filled_s": filled.as_secs(),
        "file_mib": bytes / 1024 / 1024,
        "synced_s": synced.as_secs(),
        "opened_ms": ms(opened),
        "looked_through_s": looked_through.as_secs(),
        "empty_steps_s": empty.steps_s().round(),
        "of_empty": round(ratio),
        "times_least_sql": round(full.steps_s() / limits.least_diamonds_steps_s),
        "lists_ms": lists,
        "met": ratio >= 0.85 && slowest <= LIST_MAX,
    });
    report::print(&report::line(&full, &more));
    Ok(())
}

/// Waits until everything of the file is on the disk.
async fn synced(file: std::path::PathBuf) -> Outcome<Duration> {
    let started = Instant::now();
    tokio::task::spawn_blocking(move || std::fs::File::open(file)?.sync_all()).await??;
    Ok(started.elapsed())
}

/// A fresh file in which one diamond has run: statements are prepared, and there is one to copy.
async fn opened() -> Outcome<(Place, Asked)> {
    let place = Place::open().await?;
    let asked = Asked::save(&place.runtime, definitions::diamond()?).await?;
    asked.clone().run(place.runtime.clone()).await?;
    Ok((place, asked))
}

/// The faster of the best so far and one more run.
async fn better(best: Option<Measured>, runtime: &Runtime, asked: &Asked) -> Outcome<Measured> {
    let next = workload::run(runtime, "growth", asked, COUNT).await?;
    Ok(match best {
        Some(best) if best.took <= next.took => best,
        _ => next,
    })
}

/// The slowest of several reads of each list, and the slowest of all.
async fn lists(runtime: &Runtime, history: usize) -> Outcome<(Value, Duration)> {
    let middle = WorkflowId(i64::try_from(history / 2)?);
    use WorkflowSelection as S;
    let places = [
        ("first page", S::All, None, None),
        ("deep page", S::All, Some(middle), None),
        ("active", S::Active, None, None),
        ("failed", S::Failed, None, None),
        ("failed, deep", S::Failed, Some(middle), None),
        ("recoverable", S::Recoverable, None, None),
        ("recoverable, deep", S::Recoverable, Some(middle), None),
        ("a name that all have", S::All, None, Some("measured")),
        ("a name that none has", S::All, None, Some("nobody")),
        ("a number", S::All, None, Some("4711")),
        (
            "failed of that name",
            S::Failed,
            Some(middle),
            Some("diamond"),
        ),
    ];
    let mut told = serde_json::Map::new();
    let mut slowest = Duration::ZERO;
    for (name, selection, before, query) in places {
        let filter = WorkflowFilter {
            selection,
            limit: PAGE,
            before,
            query: query.map(str::to_owned),
            ..WorkflowFilter::default()
        };
        let mut worst = Duration::ZERO;
        for _ in 0..5 {
            let started = Instant::now();
            runtime.list(&Actor::program(), &filter).await?;
            worst = worst.max(started.elapsed());
        }
        told.insert(name.to_owned(), ms(worst).into());
        slowest = slowest.max(worst);
    }
    Ok((told.into(), slowest))
}
