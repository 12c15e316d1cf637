//! Faults of what lies beneath the engine: clocks that are set, stores that fail, disks that fill
//! up, files that are taken away. Afterwards everything converges and nothing is lost or doubled.
//!
//! `JOB_ORCHESTRATOR_TIER=B` raises the counts; `FAULT_SEED=n` runs one case again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod ages;
mod ballast;
mod clocks;
mod definitions;
mod dice;
mod disk;
mod disk_full;
#[path = "../examined/mod.rs"]
mod examined;
mod faulty;
#[path = "../../../engine/tests/figures/mod.rs"]
mod figures;
mod files;
#[path = "../folded/mod.rs"]
mod folded;
mod memory;
mod outage;
mod panics;
mod refused;
mod scenario;
mod schedules;
mod slow;
mod stop;
mod store_calls;
mod waits;
mod watchers;
mod witness;
mod world;

/// Whether the long counts are wanted.
pub fn is_tier_b() -> bool {
    std::env::var("JOB_ORCHESTRATOR_TIER").is_ok_and(|tier| tier == "B")
}

/// The cases to run: these many, or the one that is asked for.
pub fn seeds(tier_a: u64, tier_b: u64) -> Vec<u64> {
    match std::env::var("FAULT_SEED").map(|seed| seed.parse()) {
        Ok(Ok(seed)) => vec![seed],
        _ => (0..if is_tier_b() { tier_b } else { tier_a }).collect(),
    }
}
