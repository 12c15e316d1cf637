//! How streams are kept alive and how many there may be.

use std::time::Duration;

/// The settings of the streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamSettings {
    /// How long a stream is quiet before it says that it is alive.
    pub heartbeat: Duration,
    /// After this long a stream ends, so that its client takes it up again.
    pub renewal: Duration,
    /// How many one session or token may have open.
    pub per_caller: usize,
    /// How many of these a session may have over HTTP/1.1, where a browser has six connections for
    /// all its tabs together.
    pub per_browser: usize,
    /// How many the server holds open.
    pub per_server: usize,
}
