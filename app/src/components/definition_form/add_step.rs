//! The catalogue of step types under the list of steps.

use engine::draft::DraftEdit;
use engine::draft::form::{Press, names};
use leptos::prelude::*;

use super::state::BuilderState;
use crate::format;

/// One press adds a step after the open one.
#[component]
pub fn AddStep(
    /// The builder.
    state: BuilderState,
) -> impl IntoView {
    let cards = state.specs.with_value(|specs| {
        specs
            .iter()
            .map(|spec| {
                let press = Press::Edit(DraftEdit::Add(spec.task_type.clone())).to_text();
                view! {
                    <li>
                        <button
                            type="submit"
                            class="step-card"
                            name=names::PRESS
                            value=press
                            formaction=move || format!("{}#step", state.path())
                        >
                            <span class="step-card-title">{spec.title.clone()}</span>
                            {spec.switched_off.is_some().then(|| view! {
                                <span class="step-card-off">"switched off"</span>
                            })}
                            <span class="step-card-help">{format::first_sentence(&spec.help)}</span>
                        </button>
                    </li>
                }
            })
            .collect_view()
    });
    let after = move || {
        let shown = state.shown.get();
        state.draft.with(|draft| {
            if draft.steps.is_empty() {
                "It is the first step.".to_owned()
            } else {
                format!(
                    "It will run after \"{}\".",
                    format::visible(&draft.step_title(shown))
                )
            }
        })
    };
    // The cards move when a step comes: the second press of a double click would hit another one.
    let once = |event: leptos::ev::MouseEvent| {
        if event.detail() > 1 {
            event.prevent_default();
        }
    };
    view! {
        <section class="add-step" aria-labelledby="add-step-title">
            <h3 id="add-step-title">"Add a step"</h3>
            <p class="muted">{after}</p>
            <ul class="step-cards" on:click=once>{cards}</ul>
        </section>
    }
}
