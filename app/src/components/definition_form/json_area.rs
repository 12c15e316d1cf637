//! The definition as JSON: to look at, to copy, to paste another one.

use engine::draft::form::{Press, names};
use leptos::prelude::*;

use super::state::BuilderState;
use crate::components::field::TextArea;

/// The JSON, folded until somebody asks.
#[component]
pub fn JsonArea(
    /// The builder.
    state: BuilderState,
) -> impl IntoView {
    let is_open = state.json.with_untracked(Option::is_some);
    let area = super::anew(state.json_drawn, move || {
        let text = state.json.get_untracked().unwrap_or_default();
        view! {
            <TextArea name=names::JSON.to_owned() id="json".to_owned() text described="json-help".to_owned()
                problems=Signal::derive(Vec::new) is_code=true rows=6/>
        }
        .into_any()
    });
    view! {
        <details class="builder-part" open=is_open>
            <summary>"JSON: import or export"</summary>
            <div class="field">
                <label for="json">"Definition as JSON"</label>
                {area}
                <p class="field-help" id="json-help">
                    "Paste a definition here to edit it, or show this one to copy it."
                </p>
            </div>
            <div class="builder-buttons">
                <button type="submit" class="button button-small" name=names::PRESS value=Press::ShowJson.to_text()>
                    "Show this definition as JSON"
                </button>
                <button type="submit" class="button button-small" name=names::PRESS value=Press::UseJson.to_text()>
                    "Replace the form by this JSON"
                </button>
            </div>
        </details>
    }
}
