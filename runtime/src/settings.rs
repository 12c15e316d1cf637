//! Limits of the runtime, with units in their names.

use std::time::Duration;

/// Limits of one runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Attempts under way at once; more wait in the queue.
    pub attempts_at_once: usize,
    /// How long an orderly stop waits for running steps before it interrupts them.
    pub drain: Duration,
    /// How long a handler that was told to stop may take before it is dropped.
    pub stop: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            attempts_at_once: 256,
            drain: Duration::from_secs(30),
            stop: Duration::from_secs(30),
        }
    }
}
