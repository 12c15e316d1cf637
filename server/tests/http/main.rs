//! The real program on a folder of its own, asked over HTTP.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "these are tests; helpers outside of test functions too"
)]

mod access;
mod cancel_or_success;
mod command_line;
mod commands;
mod contract;
mod crowded;
mod definitions;
mod delete;
mod doctor;
mod double_submits;
mod event_table;
#[path = "../../../runtime/tests/examined/mod.rs"]
mod examined;
#[path = "../../../engine/tests/figures/mod.rs"]
mod figures;
mod fixture;
mod frames;
mod gate;
mod handlers;
mod hostile;
mod limits;
mod lists;
mod moves;
mod pause_or_claim;
mod permissions;
mod posted_forms;
mod quarantine;
mod race;
mod raw;
mod reasons;
mod rival_recoveries;
mod same_id;
mod sign_in;
mod storm;
mod stream_life;
mod streams;
mod topic;
mod troubles;
mod workflows;
