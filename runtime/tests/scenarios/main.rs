//! Whole workflows through the public face: real stores, real processes, real time.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod ailments;
mod cancel;
mod claims;
mod commits;
mod conditions;
mod damage;
mod definitions;
mod delete;
#[path = "../examined/mod.rs"]
mod examined;
#[path = "../../../engine/tests/figures/mod.rs"]
mod figures;
#[path = "../folded/mod.rs"]
mod folded;
mod hostile_references;
mod late;
mod mutations;
mod namesakes;
mod operator;
mod orphans;
mod patterns;
mod probe;
mod quarantine;
mod recovery;
mod restart;
mod rows;
mod unknown_end;
mod upgrade;
mod workbench;

#[path = "../steps/server.rs"]
mod server;
