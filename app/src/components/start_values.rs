//! What a workflow was started with: its parameters, and what one wanted to remember with it.

use engine::WorkflowState;
use leptos::prelude::*;
use serde_json::{Map, Value};

use crate::format;

/// The values, if there are any.
#[component]
pub fn StartValues<'a>(
    /// The workflow.
    facts: &'a WorkflowState,
) -> impl IntoView {
    let rows = [
        ("Parameters", &facts.parameters),
        ("Metadata", &facts.metadata),
    ]
    .into_iter()
    .filter(|(_, values)| !values.is_empty())
    .map(|(title, values)| {
        view! { <dt>{title}</dt><dd class="pairs-code">{lines(values)}</dd> }
    })
    .collect_view();
    (!rows.is_empty()).then(|| {
        view! {
            <section class="page-part" aria-labelledby="start-values-title">
                <h2 id="start-values-title">"Started with"</h2>
                <dl class="pairs">{rows}</dl>
            </section>
        }
    })
}

/// One value on each line, as the form of the start takes them.
fn lines(values: &Map<String, Value>) -> String {
    format::visible(&engine::draft::parameters::to_text(values))
}
