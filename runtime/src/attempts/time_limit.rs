//! When an attempt's time is over.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// How long it may take to see how an attempt ended while nobody looked: a program's end is read from
/// its runner, its output from a file.
const SEEN_WITHIN: Duration = Duration::from_secs(2);

/// Ends once the attempt's time is over. Where that is noticed late, because the program stood still
/// or had no turn, what ended meanwhile has not been seen either: it is looked for first, for as long
/// as nobody looked.
pub(super) async fn time_is_over(limit: Duration) {
    let begun = Instant::now();
    sleep(limit).await;
    let unseen = begun.elapsed().saturating_sub(limit);
    sleep(unseen.min(SEEN_WITHIN)).await;
}

/// What it comes to, or nothing once its time is over.
pub(super) async fn end_within<F: Future>(limit: Option<Duration>, work: F) -> Option<F::Output> {
    match limit {
        Some(limit) => timeout(limit, work).await.ok(),
        None => Some(work.await),
    }
}
