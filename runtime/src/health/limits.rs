//! How much of its output an attempt may keep just now.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::log::ATTEMPT_BYTES_MAX;

/// While there is room.
pub(crate) const WHOLE: usize = ATTEMPT_BYTES_MAX;
/// On a disk that is nearly full.
pub(crate) const CUT: usize = 64 * 1024;

/// Bytes that one attempt may write to its log. Clones are the same limit.
#[derive(Debug, Clone)]
pub(crate) struct LogLimit(Arc<AtomicUsize>);

impl Default for LogLimit {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(WHOLE)))
    }
}

impl LogLimit {
    /// The limit now.
    pub(crate) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Sets it for every attempt, also those that run.
    pub(crate) fn set(&self, bytes: usize) {
        self.0.store(bytes, Ordering::Relaxed);
    }
}
