//! A button of the builder that changes the draft.

use engine::draft::DraftEdit;
use engine::draft::form::names;
use leptos::prelude::*;

use super::state::BuilderState;

/// A button that changes the draft.
#[component]
pub(super) fn PressButton(
    /// The builder.
    state: BuilderState,
    /// What it does.
    edit: DraftEdit,
    /// What stands on it.
    #[prop(into)]
    label: String,
    /// What it is called for those who do not see where it stands.
    #[prop(optional, into)]
    spoken: Option<String>,
    /// Whether it can be pressed.
    #[prop(default = true)]
    enabled: bool,
) -> impl IntoView {
    view! {
        <button
            type="submit"
            class="button button-small"
            name=names::PRESS
            value=edit.to_string()
            formaction=format!("{}#step", state.path())
            aria-label=spoken
            disabled=!enabled
        >
            {label}
        </button>
    }
}
