//! What every stream shares: how long it lives, whether its caller may still look, and when it says
//! that it is there.

use std::convert::Infallible;
use std::fmt;

use axum::body::Bytes;
use engine::JobOrchestratorError;
use futures::Stream;
use futures::stream::unfold;
use tokio::time::{Duration, Instant, sleep_until};

use super::crowd::{Seat, Why};
use super::frame;
use super::settings::StreamSettings;
use crate::caller::Caller;
use crate::shared::Shared;

/// How often it is asked whether the caller may still look; the promise is 5 s.
const CHECKED_EVERY: Duration = Duration::from_secs(1);

/// What a stream has to say while it lives.
pub trait Says: fmt::Display + Send + Sized + 'static {
    /// Its life.
    fn life(&mut self) -> &mut Life;

    /// The last words to a caller who opened too many others.
    fn crowded(&self) -> Bytes;

    /// The next frame that is ready.
    fn ready(&mut self) -> Option<Bytes>;

    /// Has frames ready, or waits until something may have come.
    fn look(&mut self) -> impl Future<Output = Result<(), JobOrchestratorError>> + Send;

    /// All that is said.
    fn frames(self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
        unfold(self, async |mut stream| {
            let bytes = next(&mut stream).await?;
            stream.life().spoke = Instant::now();
            Some((Ok(bytes), stream))
        })
    }
}

async fn next(stream: &mut impl Says) -> Option<Bytes> {
    loop {
        if !stream.life().goes_on().await {
            return None;
        }
        if let Some(why) = stream.life().seat.told() {
            stream.life().is_over = true;
            return Some(match why {
                Why::Crowded => stream.crowded(),
                Why::Shed => frame::shed(),
            });
        }
        if let Some(bytes) = stream.ready() {
            // The first one tells how long to wait before the next connection.
            let is_first = std::mem::take(&mut stream.life().is_first);
            return Some(if is_first {
                frame::with_retry(&bytes)
            } else {
                bytes
            });
        }
        if stream.life().is_quiet() {
            return Some(frame::HEARTBEAT);
        }
        if let Err(error) = stream.look().await {
            tracing::warn!(of = %stream, %error, "a stream ended");
            return None;
        }
    }
}

/// The life of one stream. It ends when the server stops, when its time is over, when its reader opened
/// too many others, when memory is short, or soon after the caller may not look any more.
pub struct Life {
    /// What the server has.
    pub shared: Shared,
    /// Whose it is.
    pub caller: Caller,
    settings: StreamSettings,
    seat: Seat,
    checked: Instant,
    spoke: Instant,
    /// When its client has to take it up again.
    ends: Instant,
    is_first: bool,
    is_over: bool,
}

impl Life {
    /// Of a stream that begins now.
    pub fn new(shared: Shared, caller: Caller, seat: Seat) -> Self {
        let (now, settings) = (Instant::now(), *shared.streams.settings());
        Self {
            shared,
            caller,
            settings,
            seat,
            checked: now,
            spoke: now,
            ends: now + settings.renewal,
            is_first: true,
            is_over: false,
        }
    }

    /// Nothing more is to be said.
    pub const fn end(&mut self) {
        self.is_over = true;
    }

    /// Whether there is anything more to say.
    async fn goes_on(&mut self) -> bool {
        let has_to_end =
            self.is_over || self.shared.stopping.is_cancelled() || Instant::now() >= self.ends;
        !has_to_end && self.may_look().await
    }

    /// Whether the caller is still known, and still as who they were.
    async fn may_look(&mut self) -> bool {
        if self.checked.elapsed() < CHECKED_EVERY {
            return true;
        }
        let actor = self.caller.credential.actor(&self.shared, false).await;
        self.checked = Instant::now();
        match actor {
            Ok(actor) => actor.as_ref() == Some(&self.caller.actor),
            Err(error) => {
                tracing::warn!(%error, "a stream ended: nobody can tell whether its caller may still look");
                false
            }
        }
    }

    fn is_quiet(&self) -> bool {
        self.spoke.elapsed() >= self.settings.heartbeat
    }

    /// Waits until there is something to do for the stream itself, or until `look`.
    pub async fn wait(&self, look: Instant) {
        let latest = look
            .min(self.ends)
            .min(self.spoke + self.settings.heartbeat);
        tokio::select! {
            () = self.shared.stopping.cancelled() => {}
            () = self.seat.until_told() => {}
            () = sleep_until(latest) => {}
        }
    }
}
