//! What can be written into a field to use what earlier steps gave.

use engine::draft::DefinitionDraft;
use leptos::prelude::*;

use super::state::BuilderState;

/// The list, folded.
#[component]
pub fn References(
    /// The builder.
    state: BuilderState,
    /// The step's position.
    index: usize,
) -> impl IntoView {
    let list = move || {
        let texts = state.draft.with(|draft| references(draft, index));
        texts
            .into_iter()
            .map(|text| view! { <li><code>{text}</code></li> })
            .collect_view()
    };
    view! {
        <details class="references">
            <summary>"Values of earlier steps"</summary>
            <p class="muted">"Write one of these into any field; it is filled in when the step starts. In \"Only if\" leave the braces out."</p>
            <ul>{list}</ul>
        </details>
    }
}

/// At most this many references are listed.
const REFERENCES_LISTED: usize = 60;

fn references(draft: &DefinitionDraft, index: usize) -> Vec<String> {
    let keys = draft.keys();
    let upstream = draft.upstream(index);
    let steps = keys
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != index && upstream.get(*other) == Some(&true))
        .map(|(_, key)| format!("{{{{ steps.{key}.output }}}}"));
    let parameters = engine::draft::parameters::from_text(&draft.parameters).unwrap_or_default();
    let parameters: Vec<_> = parameters
        .keys()
        .map(|name| format!("{{{{ parameters.{name} }}}}"))
        .collect();
    let workflow = ["{{ workflow.id }}", "{{ workflow.job_id }}"].map(str::to_owned);
    steps
        .chain(parameters)
        .chain(workflow)
        .take(REFERENCES_LISTED)
        .collect()
}
