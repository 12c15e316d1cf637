//! References in configurations: `{{ steps.<key>.output.<path> }}`, `{{ parameters.<name> }}`,
//! `{{ workflow.id }}`, `{{ workflow.job_id }}` and `{{ workflow.metadata.<name> }}`.
//!
//! Only `{{ … }}` is special in a text, whatever else is in it. Between the braces stands a
//! minijinja expression without functions: paths, filters (`| default(0)`), arithmetic,
//! comparisons. A text that is one reference and nothing else becomes the value itself, with its
//! type; otherwise the values are written into the text. `{{ '{{' }}` writes two braces.
//!
//! Whoever may write a definition writes expressions, so everything about them is bounded: their
//! length, before they are read; how many a step has; the steps an evaluation takes; what comes out.
//!
//! The [condition](holds) of a step is an expression without braces.
//!
//! [`check`] refuses unknown names when a definition is saved, [`render`] fills in when a step
//! starts.

mod ancestry;
mod bounds;
mod check;
mod condition;
mod expression;
mod known;
mod mention;
mod path;
mod render;
mod size;
mod slices;
mod template;
mod without;

pub use check::check;
pub use condition::{holds, steps_of};
pub use render::{RenderContext, has_any, render, steps_named};
pub use without::without;
