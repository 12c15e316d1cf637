//! Many diamonds submitted at once, and single ones that come while they run.

use crate::limits::Limits;
use crate::newcomer::Newcomers;
use crate::options::Options;
use crate::place::Place;
use crate::workload::{self, Asked, Measured};
use crate::{Outcome, definitions, report, store};

pub async fn measure(options: &Options, limits: &Limits) -> Outcome<()> {
    for count in [1_000, 10_000] {
        let name = format!("many-{count}");
        if !options.wants(&name) {
            continue;
        }
        let mut best = one(&name, count).await?;
        for _ in 0..options.count(2, 1) {
            let next = one(&name, count).await?;
            if next.measured.took < best.measured.took {
                best = next;
            }
        }
        report::many(&best.measured, limits, &best.newcomers, Some(best.bytes));
    }
    Ok(())
}

struct Run {
    measured: Measured,
    newcomers: Vec<std::time::Duration>,
    /// Of the file, for each diamond.
    bytes: u64,
}

/// On a file of its own, so that the bytes of a diamond can be told.
async fn one(name: &str, count: usize) -> Outcome<Run> {
    let place = Place::open().await?;
    let asked = Asked::save(&place.runtime, definitions::diamond()?).await?;
    // Statements are prepared and threads are there before the clock starts.
    asked.clone().run(place.runtime.clone()).await?;
    let newcomers = Newcomers::start(&place.runtime, &asked);
    let measured = workload::run(&place.runtime, name, &asked, count).await?;
    let newcomers = newcomers.stop().await?;
    let file = place.file();
    let folder = place.close().await;
    let workflows = count + newcomers.len() + 1;
    let bytes = store::bytes(&file)? / workflows as u64;
    drop(folder);
    Ok(Run {
        measured,
        newcomers,
        bytes,
    })
}
