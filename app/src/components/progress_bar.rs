//! How much is done, as a bar and a number.

use leptos::prelude::*;

use super::status_badge::State;

/// A bar with its percentage.
#[component]
pub fn ProgressBar(
    /// 0 to 100.
    #[prop(into)]
    percent: Signal<u8>,
    /// The state, for the colour.
    #[prop(into)]
    state: Signal<State>,
    /// What progresses, for screen readers.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    view! {
        <span class="progress" data-state=move || state.get().slug()>
            <progress max="100" value=move || percent.get().to_string() aria-label=label></progress>
            <span class="progress-number">{move || format!("{}%", percent.get())}</span>
        </span>
    }
}
