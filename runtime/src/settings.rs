//! Limits of the runtime, with units in their names.

use std::time::Duration;

/// Limits of one runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Programs running at once; steps that would start more wait in the queue.
    pub programs_at_once: usize,
    /// Other steps under way at once; more wait in the queue.
    pub others_at_once: usize,
    /// How long an orderly stop waits for running steps before it interrupts them.
    pub drain: Duration,
    /// How long a handler that was told to stop may take before it is dropped.
    pub stop: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            programs_at_once: 4 * cores.max(2),
            others_at_once: 1_024,
            drain: Duration::from_secs(30),
            stop: Duration::from_secs(30),
        }
    }
}
