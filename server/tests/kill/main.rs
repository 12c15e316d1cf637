//! The real program, killed as by a power cut: at every named place and at random moments. What is
//! on disk afterwards is compared with the events, and with what the steps wrote down themselves.
//!
//! Figures are printed. `JOB_ORCHESTRATOR_TIER=B` kills a thousand times instead of a hundred, and
//! at every passage of every place; `JOB_ORCHESTRATOR_KILL_SEED=n` rolls the same dice again.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "these are tests; helpers outside of test functions too"
)]

mod boot_loop;
mod crash_points;
mod definitions;
mod deletions;
mod dice;
#[path = "../../../runtime/tests/examined/mod.rs"]
mod examined;
#[path = "../../../engine/tests/figures/mod.rs"]
mod figures;
mod folder;
mod life;
mod migrations;
mod orphans;
mod random_kills;
mod remains;
mod verdict;
mod witness;

/// Whether the long tier was asked for.
fn is_long() -> bool {
    std::env::var("JOB_ORCHESTRATOR_TIER").is_ok_and(|tier| tier == "B")
}
