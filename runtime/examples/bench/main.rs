//! Measures the engine through its public face on a real SQLite file with `synchronous=FULL`, and
//! in the same run the machine's own limits, because only ratios compare. One JSON line each.
//!
//! `cargo xtask bench [--quick] [WORKLOAD…]`; a word keeps the workloads whose name begins with it.

mod child;
mod definitions;
mod growth;
mod limits;
mod machine;
mod many;
mod memory;
mod newcomer;
mod options;
mod place;
mod recovery;
mod report;
mod store;
mod workload;

use std::error::Error;

use limits::Limits;
use options::Options;
use place::Place;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let options = Options::from_arguments()?;
    if let Some(role) = &options.child {
        return child::play(role).await;
    }
    let limits = limits::measure(&options)?;
    single(&options, &limits).await?;
    many::measure(&options, &limits).await?;
    growth::measure(&options, &limits).await?;
    recovery::measure(&options).await?;
    memory::measure(&options).await?;
    report::goals()
}

/// One workflow at a time: the chain, whose steps wait for each other, and the fans.
async fn single(options: &Options, limits: &Limits) -> Outcome<()> {
    let place = Place::open().await?;
    if options.wants("chain-100") {
        // Once to warm up, then the best of several: other work on the machine only adds.
        let mut best = workload::chain(&place, 100).await?;
        for _ in 0..4 {
            let next = workload::chain(&place, 100).await?;
            best = if next.step() < best.step() {
                next
            } else {
                best
            };
        }
        report::chain(&best, limits);
    }
    let mut of_thousand = None;
    for width in [1_000, 5_000 - 2] {
        let name = format!("fan-{}", if width == 1_000 { 1_000 } else { 5_000 });
        if options.wants(&name) {
            let mut best = workload::fan(&place, width, &name).await?;
            for _ in 0..2 {
                let next = workload::fan(&place, width, &name).await?;
                best = if next.took < best.took { next } else { best };
            }
            report::fan(&best, limits, of_thousand);
            of_thousand = of_thousand.or(Some(best.took));
        }
    }
    followed(options, &place).await?;
    place.close().await;
    Ok(())
}

/// The fans again, with somebody who follows their events.
async fn followed(options: &Options, place: &Place) -> Outcome<()> {
    let mut of_thousand = None;
    for (width, name) in [(1_000, "follow-1000"), (5_000 - 2, "follow-5000")] {
        if !options.wants(name) {
            continue;
        }
        let mut best = workload::follow(place, width, name).await?;
        for _ in 0..2 {
            let next = workload::follow(place, width, name).await?;
            best = if next.took < best.took { next } else { best };
        }
        report::follow(&best, of_thousand);
        of_thousand = of_thousand.or(Some(best.took));
    }
    Ok(())
}
