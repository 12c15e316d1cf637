//! What steps may do on this server, readable everywhere at any time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::orchestrator::StepSwitches;

/// The owner's switches. Clones share one state, so a change acts on the next step that starts.
#[derive(Debug, Clone, Default)]
pub struct SharedSwitches {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    commands: AtomicBool,
    private_addresses: AtomicBool,
}

impl SharedSwitches {
    /// Switches set as given.
    #[must_use]
    pub fn new(switches: StepSwitches) -> Self {
        let shared = Self::default();
        shared.set(switches);
        shared
    }

    /// What is allowed now.
    #[must_use]
    pub fn get(&self) -> StepSwitches {
        StepSwitches {
            commands: self.state.commands.load(Ordering::Relaxed),
            private_addresses: self.state.private_addresses.load(Ordering::Relaxed),
        }
    }

    /// Allows or forbids, from now on.
    pub fn set(&self, switches: StepSwitches) {
        let state = &self.state;
        state.commands.store(switches.commands, Ordering::Relaxed);
        state
            .private_addresses
            .store(switches.private_addresses, Ordering::Relaxed);
    }
}
