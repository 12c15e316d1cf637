//! Single diamonds that are submitted while a load runs.

use std::time::Duration;

use runtime::Runtime;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::Outcome;
use crate::workload::Asked;

/// How long after one newcomer the next one comes.
const EVERY: Duration = Duration::from_millis(10);

/// Submits diamonds until it is told to stop.
pub struct Newcomers {
    stop: CancellationToken,
    submitting: JoinHandle<Outcome<Vec<Duration>>>,
}

impl Newcomers {
    pub fn start(runtime: &Runtime, asked: &Asked) -> Self {
        let stop = CancellationToken::new();
        let submitting = tokio::spawn(submit(runtime.clone(), asked.clone(), stop.clone()));
        Self { stop, submitting }
    }

    /// How long each took, shortest first.
    pub async fn stop(self) -> Outcome<Vec<Duration>> {
        self.stop.cancel();
        self.submitting.await?
    }
}

async fn submit(runtime: Runtime, asked: Asked, stop: CancellationToken) -> Outcome<Vec<Duration>> {
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(EVERY) => {
                under_way.spawn(asked.clone().run(runtime.clone()));
            }
        }
    }
    let mut times = Vec::new();
    while let Some(ended) = under_way.join_next().await {
        times.push(ended??);
    }
    times.sort_unstable();
    Ok(times)
}
