//! The SQL of the measurements: the bare loop, and histories made quickly.

mod fill;
mod least;
mod size;

pub use fill::fill;
pub use least::Least;
pub use size::bytes;
