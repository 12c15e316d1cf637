//! The engine as a Rust library: definitions with closures, on a store in memory and on a file.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bench;
mod blocking;
mod closures;
mod contract;
mod definitions;
mod examples;
mod public_face;
mod registration;
