//! The step's type, to change it.

use engine::draft::form::names;
use leptos::prelude::*;

use super::state::BuilderState;
use crate::components::field::FieldProblems;
use crate::components::problem_list::{field_id, problems_at};

/// All types in a select; one that is not registered stays in it.
#[component]
pub fn StepKind(
    /// The builder.
    state: BuilderState,
    /// The step's position.
    index: usize,
    /// The type it has.
    task_type: String,
) -> impl IntoView {
    let pointer = format!("#/steps/{index}/task_type");
    let id = field_id(&pointer);
    let problem_id = format!("{id}-problem");
    let described = problem_id.clone();
    let mut kinds: Vec<_> = state.specs.with_value(|specs| {
        let kinds = specs.iter().map(|s| (s.task_type.clone(), s.title.clone()));
        kinds.collect()
    });
    if !kinds.iter().any(|(kind, _)| *kind == task_type) {
        kinds.insert(
            0,
            (task_type.clone(), format!("{task_type} (not registered)")),
        );
    }
    let options = kinds
        .into_iter()
        .map(|(kind, title)| {
            let selected = kind == task_type;
            view! { <option value=kind selected=selected>{title}</option> }
        })
        .collect_view();
    let problems = Memo::new(move |_| state.problems.with(|all| problems_at(all, &pointer)));
    view! {
        <div class="field">
            <label for=id.clone()>"Step type"</label>
            <div class="field-control">
                <select id=id name=names::STEP_TASK_TYPE aria-describedby=described>{options}</select>
                <noscript>
                    <button type="submit" class="button button-small" name=names::PRESS value="update">"Change"</button>
                </noscript>
            </div>
            <FieldProblems id=problem_id problems/>
        </div>
    }
}
