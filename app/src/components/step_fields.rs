//! The fields of a step's configuration, drawn from the description of its type.

use engine::Problem;
use engine::draft::StepDraft;
use engine::draft::form::names;
use engine::problem::pointer_part;
use engine::step_form::{FieldKind, FieldSpec, StepSpec};
use leptos::prelude::*;

use super::field::{Field, FieldView};
use super::problem_list::{field_id, problems_of};

/// All fields of a step's configuration. Settings that the type does not have are drawn too, so
/// that they can be seen and removed.
#[component]
pub fn StepFields(
    /// The step's position.
    index: usize,
    /// The step as typed.
    step: StepDraft,
    /// Its type, when it is registered.
    spec: Option<StepSpec>,
    /// What is wrong with the definition.
    #[prop(into)]
    problems: Signal<Vec<Problem>>,
) -> impl IntoView {
    let mut fields = spec.map(|spec| spec.fields).unwrap_or_default();
    for name in step.config.keys() {
        if !fields.iter().any(|field| field.name == *name) {
            fields.push(unknown(name));
        }
    }
    if fields.is_empty() {
        return view! { <p class="muted">"This step type has nothing to set."</p> }.into_any();
    }
    fields
        .into_iter()
        .map(|spec| {
            let pointer = format!("#/steps/{index}/config/{}", pointer_part(&spec.name));
            let told_of = spec.clone();
            let field = FieldView {
                name: format!("{}{}", names::CONFIG_PREFIX, spec.name),
                id: field_id(&pointer),
                text: step.field(&spec.name).to_owned(),
                spec,
            };
            let problems = Memo::new(move |_| {
                problems.with(|problems| problems_of(problems, &pointer, Some(&told_of)))
            });
            view! { <Field field problems/> }
        })
        .collect_view()
        .into_any()
}

/// A setting that the type does not have.
fn unknown(name: &str) -> FieldSpec {
    FieldSpec {
        name: name.to_owned(),
        label: name.to_owned(),
        help: "This step type has no such setting; empty it to leave it out".to_owned(),
        required: false,
        default: None,
        unit: None,
        kind: FieldKind::Text,
    }
}
