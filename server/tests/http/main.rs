//! The real program on a folder of its own, asked over HTTP.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "these are tests; helpers outside of test functions too"
)]

mod access;
mod command_line;
mod commands;
mod contract;
mod crowded;
mod definitions;
mod doctor;
mod fixture;
mod frames;
mod handlers;
mod hostile;
mod lists;
mod posted_forms;
mod quarantine;
mod sign_in;
mod storm;
mod stream_life;
mod streams;
mod troubles;
mod workflows;
