//! The engine as a Rust library: definitions with closures, on a store in memory and on a file.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod blocking;
mod closures;
mod contract;
mod definitions;
mod effect_keys;
#[path = "../examined/mod.rs"]
mod examined;
mod examples;
#[path = "../folded/mod.rs"]
mod folded;
mod public_face;
mod registration;
mod spawned;
mod standstill;
mod workbench;
