//! runtime
pub mod clock;
pub mod database;
pub mod process;
pub mod store;
pub mod log;
pub mod reference;
pub mod step;
pub mod step_schema;
mod steps;
