//! A text that steps of every type have: name, key, limits.

use engine::step_form::{FieldKind, FieldSpec};
use leptos::prelude::*;

use super::state::BuilderState;
use crate::components::field::{Field, FieldView};
use crate::components::problem_list::{STEP_NAME_ID, field_id, problems_at};

/// One line of text.
#[component]
pub fn StepText(
    /// The builder.
    state: BuilderState,
    /// The step's position.
    index: usize,
    /// Its label.
    label: &'static str,
    /// Its name in the posted form.
    name: &'static str,
    /// Its name in JSON.
    field: &'static str,
    /// What is typed.
    text: String,
    /// A sentence under it.
    #[prop(into)]
    help: String,
    /// A sentence after it that follows what is typed elsewhere.
    #[prop(optional, into)]
    hint: Option<Signal<String>>,
    /// Whether it must be given.
    #[prop(optional)]
    required: bool,
    /// Its unit.
    #[prop(optional)]
    unit: Option<&'static str>,
) -> impl IntoView {
    let pointer = format!("#/steps/{index}/{field}");
    let id = if field == "name" {
        STEP_NAME_ID.to_owned()
    } else {
        field_id(&pointer)
    };
    let view = FieldView {
        spec: FieldSpec {
            name: field.to_owned(),
            label: label.to_owned(),
            help,
            required,
            default: None,
            unit: unit.map(str::to_owned),
            kind: FieldKind::Text,
        },
        name: name.to_owned(),
        id,
        text,
    };
    let problems = Memo::new(move |_| state.problems.with(|all| problems_at(all, &pointer)));
    view! { <Field field=view problems hint/> }
}
