//! What troubles the engine just now, and what it therefore leaves undone.
//!
//! One small state machine per trouble, each a file of its own that reads no clock and does no
//! work; [`watch`] feeds them once a second.

mod clock_watch;
pub(crate) mod watch;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::Timestamp;
use engine::orchestrator::{Trouble, TroubleKind};
use tracing::warn;

/// How long a jump of the clock is told.
const JUMP_TOLD_FOR: std::time::Duration = std::time::Duration::from_secs(600);

/// Everything that is known. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Health(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    jump: Option<Jump>,
    jumps: u64,
}

/// The wall clock was set.
#[derive(Clone, Copy)]
struct Jump {
    at: Timestamp,
    micros: i64,
}

impl Health {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves nothing half done here: every change is one assignment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The wall clock was set forward by so many microseconds, or back, and shows `at` now.
    pub(crate) fn clock_was_set(&self, micros: i64, at: Timestamp) {
        let mut state = self.state();
        state.jumps += 1;
        state.jump = Some(Jump { at, micros });
        warn!(
            seconds = micros / 1_000_000,
            jumps = state.jumps,
            "clock_jump: the machine's clock was set; due times are read again"
        );
    }

    /// What is wrong just now, as `now` is shown by the wall clock.
    pub(crate) fn troubles(&self, now: Timestamp) -> Vec<Trouble> {
        let state = self.state();
        let jump = state.jump.filter(|jump| now.since(jump.at) < JUMP_TOLD_FOR);
        jump.map(Jump::told).into_iter().collect()
    }
}

impl Jump {
    fn told(self) -> Trouble {
        let direction = if self.micros < 0 { "back" } else { "forward" };
        let seconds = self.micros.unsigned_abs() / 1_000_000;
        Trouble {
            kind: TroubleKind::ClockJump,
            since: self.at,
            text: format!(
                "The machine's clock was set {direction} by {seconds} s. Steps that wait are \
                 counted on another clock and are not held up."
            ),
        }
    }
}
