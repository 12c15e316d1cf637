//! What this machine can do at all, measured in the same run: the disk, one durable commit, and the
//! least SQL that an honest engine needs for the same rows and events.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::options::Options;
use crate::report::{ms, print, round};
use crate::store::Least;
use crate::{Outcome, place};

/// See the module. Every time is a median or the best of several.
pub struct Limits {
    /// One durable commit of one row.
    pub commit: Duration,
    /// A step of a chain, two commits each.
    pub least_chain_step: Duration,
    /// A fan of a thousand, two commits for each of its three levels.
    pub least_fan_steps_s: f64,
    /// Diamonds one after the other, two commits a step.
    pub least_diamonds_steps_s: f64,
}

pub fn measure(options: &Options) -> Outcome<Limits> {
    let folder = place::folder()?;
    let sync = fdatasync_p50(folder.path())?;
    print(&json!({"limit": "write 4 KiB + fdatasync", "p50_ms": ms(sync)}));
    let mut least = Least::open(&folder.path().join("least.db"), "FULL")?;
    let commit = median(200, || least.commit_rows(1))?;
    print(&json!({
        "limit": "one durable commit of one row", "p50_ms": ms(commit),
        "per_fdatasync": round(commit.div_duration_f64(sync)),
    }));
    let hundred = median(100, || least.commit_rows(100))?;
    let rows_s = 100.0 / hundred.as_secs_f64();
    print(&json!({"limit": "durable rows in commits of 100", "rows_s": rows_s.round()}));
    let chain = best(3, || least.run(&[1; 100]))?.div_f64(100.0);
    let fan = best(3, || least.run(&[1, 1_000, 1]))?;
    let count = options.count(300, 100);
    let diamonds = median(count, || least.run(&[1; 5]))?;
    let mut relaxed = Least::open(&folder.path().join("relaxed.db"), "OFF")?;
    let without_disk = median(count, || relaxed.run(&[1; 5]))?;
    let limits = Limits {
        commit,
        least_chain_step: chain,
        least_fan_steps_s: 1_002.0 / fan.as_secs_f64(),
        least_diamonds_steps_s: 5.0 / diamonds.as_secs_f64(),
    };
    print(&json!({
        "limit": "least SQL, two commits a step",
        "chain_step_us": round(chain.as_secs_f64() * 1e6),
        "fan_1000_steps_s": limits.least_fan_steps_s.round(),
        "diamonds_steps_s": limits.least_diamonds_steps_s.round(),
        "diamonds_steps_s_without_disk": (5.0 / without_disk.as_secs_f64()).round(),
    }));
    Ok(limits)
}

/// The median time of writing 4 KiB and waiting until the disk has it.
fn fdatasync_p50(folder: &Path) -> Outcome<Duration> {
    let mut file = std::fs::File::create(folder.join("sync"))?;
    median(200, || {
        file.write_all(&[0; 4096])?;
        Ok(file.sync_data()?)
    })
}

fn times(count: usize, mut work: impl FnMut() -> Outcome<()>) -> Outcome<Vec<Duration>> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let started = Instant::now();
        work()?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    Ok(times)
}

fn median(count: usize, work: impl FnMut() -> Outcome<()>) -> Outcome<Duration> {
    Ok(times(count, work)?[count / 2])
}

fn best(count: usize, work: impl FnMut() -> Outcome<()>) -> Outcome<Duration> {
    Ok(times(count, work)?[0])
}
