//! What every stream shares: how long it lives, whether its caller may still look, and when it says
//! that it is there.

use axum::body::Bytes;
use tokio::time::{Duration, Instant, sleep_until};

use super::crowd::{Seat, Why};
use super::frame;
use super::settings::StreamSettings;
use crate::caller::Caller;
use crate::shared::Shared;

/// How often it is asked whether the caller may still look; the promise is 5 s.
const CHECKED_EVERY: Duration = Duration::from_secs(1);

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

    /// Whether there is anything more to say.
    pub async fn goes_on(&mut self) -> bool {
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
        matches!(actor, Ok(Some(actor)) if actor == self.caller.actor)
    }

    /// The last words of a stream that was told to end; `crowded` are those for a caller who opened too
    /// many.
    pub fn last_words(&mut self, crowded: impl FnOnce() -> Bytes) -> Option<Bytes> {
        let why = self.seat.told()?;
        self.is_over = true;
        Some(match why {
            Why::Crowded => crowded(),
            Why::Shed => frame::shed(),
        })
    }

    /// What a stream says that was quiet for too long.
    pub fn heartbeat(&self) -> Option<Bytes> {
        (self.spoke.elapsed() >= self.settings.heartbeat).then_some(frame::HEARTBEAT)
    }

    /// A frame as it is sent: the first one tells how long to wait before the next connection.
    pub fn first(&mut self, bytes: Bytes) -> Bytes {
        if std::mem::take(&mut self.is_first) {
            frame::with_retry(&bytes)
        } else {
            bytes
        }
    }

    /// Something is said now.
    pub fn speaks(&mut self) {
        self.spoke = Instant::now();
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
