//! Reports of how far an attempt is, thinned out.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;

/// Least time between two reports of one attempt: four a second.
const BETWEEN: Duration = Duration::from_millis(250);

/// Passes an attempt's progress on, at most four times a second; the latest wins. What was not
/// passed on when the last clone is dropped is dropped with it.
#[derive(Clone)]
pub struct ProgressReporter {
    inner: Arc<Inner>,
}

struct Inner {
    sink: Box<dyn Fn(f64) + Send + Sync>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: Option<Instant>,
    waiting: Option<f64>,
}

impl ProgressReporter {
    /// `sink` receives shares from 0 to 1; it must not block.
    pub fn new(sink: impl Fn(f64) + Send + Sync + 'static) -> Self {
        let inner = Inner {
            sink: Box::new(sink),
            state: Mutex::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// One that passes nothing on.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    /// Reports a share; what lies outside 0 to 1 is cut, what is no number is ignored. Needs a
    /// tokio runtime.
    pub fn report(&self, share: f64) {
        if share.is_nan() {
            return;
        }
        let share = share.clamp(0.0, 1.0);
        let now = Instant::now();
        let mut state = self.inner.state();
        let Some(next) = state
            .last
            .map(|last| last + BETWEEN)
            .filter(|next| *next > now)
        else {
            state.last = Some(now);
            state.waiting = None;
            drop(state);
            (self.inner.sink)(share);
            return make_way();
        };
        // Who finds nothing waiting starts the wait; everyone after only changes what is waiting.
        if state.waiting.replace(share).is_none() {
            drop(tokio::spawn(pass_on(Arc::downgrade(&self.inner), next)));
        }
    }
}

/// tokio keeps what a thread woke last for that thread alone, and no other takes it over: the engine would
/// wait for a handler that reports and then blocks, however many threads have nothing to do. What comes
/// after it takes that place, and the engine gets into the queue that others look into.
fn make_way() {
    if let Ok(handle) = tokio::runtime::Handle::try_current() {
        drop(handle.spawn(std::future::ready(())));
    }
}

async fn pass_on(inner: Weak<Inner>, at: Instant) {
    tokio::time::sleep_until(at).await;
    let Some(inner) = inner.upgrade() else { return };
    let waiting = {
        let mut state = inner.state();
        state.last = Some(Instant::now());
        state.waiting.take()
    };
    if let Some(share) = waiting {
        (inner.sink)(share);
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ProgressReporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgressReporter").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collecting() -> (ProgressReporter, Arc<Mutex<Vec<f64>>>) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        let reporter = ProgressReporter::new(move |share| sink.lock().unwrap().push(share));
        (reporter, seen)
    }

    #[tokio::test(start_paused = true)]
    async fn four_reports_a_second_go_through_and_the_last_is_among_them() {
        let (reporter, seen) = collecting();
        for step in 0..=100 {
            reporter.report(f64::from(step) / 100.0);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(BETWEEN).await;
        let seen = seen.lock().unwrap().clone();
        assert!((4..=6).contains(&seen.len()), "{seen:?}");
        assert_eq!((seen[0], *seen.last().unwrap()), (0.0, 1.0));
    }

    #[tokio::test(start_paused = true)]
    async fn nonsense_is_cut_or_ignored() {
        let (reporter, seen) = collecting();
        for share in [7.0, f64::NAN, -1.0] {
            reporter.report(share);
            tokio::time::sleep(BETWEEN).await;
        }
        assert_eq!(*seen.lock().unwrap(), [1.0, 0.0]);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_reported_after_the_attempt_is_gone() {
        let (reporter, seen) = collecting();
        reporter.report(0.1);
        reporter.report(0.2);
        drop(reporter);
        tokio::time::sleep(BETWEEN * 2).await;
        assert_eq!(*seen.lock().unwrap(), [0.1]);
    }
}
