//! The step that was removed last, to bring it back.

use engine::draft::DraftEdit;
use leptos::prelude::*;

use super::press_button::PressButton;
use super::state::BuilderState;
use crate::format;

/// A line that says what was removed, with the way back.
#[component]
pub fn RemovedStep(
    /// The builder.
    state: BuilderState,
) -> impl IntoView {
    let removed = Memo::new(move |_| {
        state.draft.with(|draft| {
            draft
                .removed
                .as_ref()
                .map(|removed| format::visible(&removed.title()))
        })
    });
    let line = move || {
        removed.get().map(|title| {
            let spoken = format!("Undo: bring {title} back");
            view! {
                <p class="step-removed">
                    <span>{format!("\"{title}\" was removed.")}</span>
                    <PressButton state edit=DraftEdit::Undo label="Undo" spoken/>
                </p>
            }
        })
    };
    view! { <div role="status">{line}</div> }
}
