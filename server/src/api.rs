//! The HTTP API for programs, and what its handlers read requests with.

pub mod body;
pub mod command_id;
pub mod number;
pub mod query;
mod strict_json;
pub mod v1;
