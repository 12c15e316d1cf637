//! How it happens: the committer, the stores, the step types and the attempts, behind the contract
//! of the engine. A program embeds it through [`Runtime::builder`].

mod attempts;
pub mod clock;
mod committer;
pub mod database;
mod fault;
mod feed;
mod health;
pub mod log;
pub mod process;
pub mod reference;
pub mod runtime;
pub mod settings;
pub mod step;
pub mod step_schema;
mod steps;
pub mod store;

pub use runtime::{Runtime, RuntimeBuilder, StartError};
pub use settings::Settings;

/// The README's example is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
