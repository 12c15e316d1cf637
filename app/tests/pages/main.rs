//! Each page drawn to HTML by the server's own renderer, over a contract that lives in memory.
#![cfg(feature = "ssr")]
// The type of a page is as deep as its tree of elements.
#![recursion_limit = "512"]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "these are tests"
)]

mod drawing;
mod fake;
mod hostile;
mod workflow_pages;
