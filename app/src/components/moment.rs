//! A moment, readable for people and machines.

use engine::Timestamp;
use leptos::prelude::*;

use crate::format;

/// A moment with its machine value; the full text in UTC appears on hover.
#[component]
pub fn Moment(
    /// The moment.
    at: Timestamp,
    /// What is shown; the full text when nothing else is said.
    #[prop(optional, into)]
    text: Option<String>,
) -> impl IntoView {
    let full = format::moment(at);
    let shown = text.unwrap_or_else(|| full.clone());
    view! { <time datetime=at.to_string() title=full>{shown}</time> }
}
