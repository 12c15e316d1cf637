//! What happens when nobody knows how a try of the step ended.

use engine::draft::form::names;
use leptos::prelude::*;

use super::state::BuilderState;
use crate::components::problem_list::{field_id, problems_at};
use crate::components::word_choice::WordChoice;
use crate::plain_words::{MODE, meaning};

/// The choice, with what the step's type says where nothing is chosen.
#[component]
pub fn StepMode(
    /// The builder.
    state: BuilderState,
    /// The step's position.
    index: usize,
    /// The mode as typed.
    mode: String,
) -> impl IntoView {
    let pointer = format!("#/steps/{index}/mode");
    let id = field_id(&pointer);
    let problems = Memo::new(move |_| state.problems.with(|all| problems_at(all, &pointer)));
    // It follows what is typed into the step's fields, such as the method of a call.
    let default = Memo::new(move |_| {
        state.draft.with(|draft| {
            let default = state
                .specs
                .with_value(|specs| draft.default_mode(index, specs));
            meaning(MODE, default.as_str())
        })
    });
    view! {
        <WordChoice label="If its end is unknown" name=names::STEP_MODE id text=mode words=MODE problems
            unless="As the step type says"
            help="The server died, or the try was stopped or ran too long: nobody knows whether it took effect."/>
        <p class="muted step-mode-default">"Where nothing is chosen, this step will "{default}"."</p>
    }
}
