//! An orderly stop: nothing new starts, running steps get time to end, the rest is interrupted and
//! not charged.

use tokio::sync::oneshot;
use tokio::time::timeout;
use tracing::info;

use super::{Runtime, boot_loop};
use crate::committer::Message;
use crate::store::BootMark;

impl Runtime {
    /// Notes that the engine was asked to stop, for a program that has something to end before it
    /// calls [`shutdown`](Self::shutdown). Whatever becomes of the stop, even if the program is
    /// killed for being slow: what is under way by then did not bring it down.
    pub async fn note_stop(&self) {
        boot_loop::mark(&self.inner, BootMark::Stopped).await;
    }

    /// Stops the engine: nothing new starts, and running steps get [`Settings::drain`] to end, then
    /// are told to stop and get [`Settings::stop`]. Everything that was answered is on disk;
    /// interrupted steps go on, uncharged, when the data is opened again. The file is free once the
    /// last clone of the runtime is dropped as well. Calls that come later are answered with
    /// [`JobOrchestratorError::Stopping`](engine::JobOrchestratorError::Stopping).
    ///
    /// [`Settings::drain`]: crate::Settings::drain
    /// [`Settings::stop`]: crate::Settings::stop
    pub async fn shutdown(&self) {
        self.shutdown_hurried(std::future::pending()).await;
    }

    /// The same, for a program whose user may lose patience: once `hurry` is over, steps that still run
    /// are told to stop, whatever is left of [`Settings::drain`](crate::Settings::drain).
    pub async fn shutdown_hurried(&self, hurry: impl Future<Output = ()>) {
        self.note_stop().await;
        let outbox = &self.inner.outbox;
        let (idle, drained) = oneshot::channel();
        if outbox.send(Message::Quiesce { idle }).is_err() {
            return;
        }
        let is_drained = tokio::select! {
            ended = timeout(self.inner.settings.drain, drained) => ended.is_ok(),
            () = hurry => false,
        };
        if !is_drained {
            info!("steps are still running; they are interrupted and go on at the next start");
            drop(outbox.send(Message::Interrupt));
            let (idle, interrupted) = oneshot::channel();
            drop(outbox.send(Message::Quiesce { idle }));
            // What does not end now is lost like after a crash, and taken up at the next start.
            drop(timeout(self.inner.settings.stop, interrupted).await);
        }
        let (done, ended) = oneshot::channel();
        if outbox.send(Message::Exit { done }).is_ok() {
            drop(ended.await);
        }
        self.inner.handlers.clear();
        self.inner.log.flush().await;
    }
}
