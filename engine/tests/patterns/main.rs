//! The reference's patterns and the design's rules on the pure engine: every start, report and
//! moment is handed to it by hand.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "these are tests"
)]

mod cancel;
mod failure;
mod pause;
mod progress;
mod recovery;
mod reference;
mod retry;
mod workbench;
