//! An orderly stop: nothing new starts, running steps get time to end, the rest is interrupted and
//! not charged.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Runtime, boot_loop};
use crate::committer::Message;
use crate::health::Ask;
use crate::store::BootMark;

/// How long a stop waits for each thing that is good to have and that it can do without: a store that
/// is away may not answer for much longer.
const GOOD_TO_HAVE: Duration = Duration::from_secs(3);
/// The same at its very end, where its whole time is used up already.
const LAST: Duration = Duration::from_secs(1);

/// Whether the engine was asked to stop, and when.
#[derive(Debug, Default)]
pub(super) struct Stopping {
    token: CancellationToken,
    began: OnceLock<Instant>,
}

impl Stopping {
    /// Set once it was asked.
    pub(super) fn told(&self) -> CancellationToken {
        self.token.clone()
    }

    fn has_begun(&self) -> bool {
        self.token.is_cancelled()
    }

    /// The stop begins, if it did not before; says when it did.
    fn begin(&self) -> Instant {
        let began = *self.began.get_or_init(Instant::now);
        self.token.cancel();
        began
    }
}

impl Runtime {
    /// Notes that the engine was asked to stop, for a program that has something to end before it
    /// calls [`shutdown`](Self::shutdown). Whatever becomes of the stop, even if the program is
    /// killed for being slow: what is under way by then did not bring it down.
    pub async fn note_stop(&self) {
        self.inner.stopping.begin();
        let noted = boot_loop::mark(&self.inner, BootMark::Stopped);
        if timeout(GOOD_TO_HAVE, noted).await.is_err() {
            warn!("it could not be noted in time that this is an orderly stop");
        }
    }

    /// Stops the engine: nothing new starts, and running steps get [`Settings::drain`] to end,
    /// since [`note_stop`](Self::note_stop) where that came before, then are told to stop and get [`Settings::stop`]. While steps of mode `once` run, all others are told
    /// after two thirds of the time. Everything that was answered is on disk;
    /// interrupted steps go on, uncharged, when the data is opened again. The file is free once the
    /// last clone of the runtime is dropped as well. Calls that come later are answered with
    /// [`JobOrchestratorError::Stopping`](engine::JobOrchestratorError::Stopping).
    ///
    /// What steps came to while nothing could be written down waits for the store as long as running
    /// steps are waited for, [`Settings::drain`]. If it is not back by then, their attempts count as
    /// lost at the next start, like after a crash.
    ///
    /// [`Settings::drain`]: crate::Settings::drain
    /// [`Settings::stop`]: crate::Settings::stop
    pub async fn shutdown(&self) {
        self.shutdown_hurried(std::future::pending()).await;
    }

    /// The same, for a program whose user may lose patience: once `hurry` is over, steps that still run
    /// are told to stop, whatever is left of [`Settings::drain`](crate::Settings::drain).
    pub async fn shutdown_hurried(&self, hurry: impl Future<Output = ()>) {
        if !self.inner.stopping.has_begun() {
            self.note_stop().await;
        }
        let outbox = &self.inner.outbox;
        let (idle, drained) = oneshot::channel();
        if outbox.send(Message::Quiesce { idle }).is_err() {
            return;
        }
        let drain = self.inner.settings.drain;
        if let Some(why) = self.inner.health.hinders(Ask::Change) {
            let (why, seconds) = (why.as_str(), drain.as_secs());
            warn!(
                why,
                seconds, "the stop waits at most so long to write down what steps came to"
            );
        }
        let is_drained = tokio::select! {
            biased;
            is_drained = self.drained(drained) => is_drained,
            () = hurry => false,
        };
        if !is_drained {
            self.interrupt().await;
        }
        let (done, ended) = oneshot::channel();
        if outbox.send(Message::Exit { done }).is_ok() {
            self.until_over(ended).await;
        }
        self.inner.handlers.clear();
        if timeout(LAST, self.inner.log.flush()).await.is_err() {
            warn!("the last lines of the log of steps could not be written in time");
        }
    }

    /// Waits for what runs, as long as a stop may since it was noted; whether all of it ended. Of the time that there is,
    /// steps of mode `once` get the most: their interruption is a failure.
    async fn drained(&self, mut idle: oneshot::Receiver<()>) -> bool {
        let drain = self.inner.settings.drain;
        let began = self.inner.stopping.begin();
        if timeout_at(began + drain / 3 * 2, &mut idle).await.is_ok() {
            return true;
        }
        drop(self.inner.outbox.send(Message::InterruptAgain));
        timeout_at(began + drain, idle).await.is_ok()
    }

    /// Waits for the last commit, unless the store is known to take nothing down.
    async fn until_over(&self, ended: oneshot::Receiver<()>) {
        if self.inner.health.hinders(Ask::Change).is_none() {
            drop(ended.await);
        } else if timeout(LAST, ended).await.is_err() {
            warn!("the store does not answer, and its answer is not waited for");
        }
    }

    /// Tells what still runs to stop, and gives it time to do so.
    async fn interrupt(&self) {
        let outbox = &self.inner.outbox;
        info!(
            "not all is done in time; steps that run are interrupted and go on at the next start"
        );
        drop(outbox.send(Message::Interrupt));
        let (idle, interrupted) = oneshot::channel();
        drop(outbox.send(Message::Quiesce { idle }));
        // What does not end now is lost like after a crash, and taken up at the next start.
        drop(timeout(self.inner.settings.stop, interrupted).await);
    }
}
