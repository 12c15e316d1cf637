//! What belongs to the definition itself.

use engine::draft::form::names;
use engine::step_form::{FieldKind, FieldSpec};
use leptos::prelude::*;

use super::state::BuilderState;
use crate::components::field::{Field, FieldView};
use crate::components::problem_list::{field_id, problems_at};
use crate::components::word_choice::WordChoice;
use crate::plain_words::ON_FAILURE;

/// The definition's name.
#[component]
pub fn NameField(
    /// The builder.
    state: BuilderState,
) -> impl IntoView {
    let drawn = super::anew(state.all_drawn, move || {
        let text = state.draft.with_untracked(|draft| draft.name.clone());
        let spec = spec("name", "Name of the workflow", "", true, FieldKind::Text);
        view! { <Setting state spec text/> }.into_any()
    });
    view! { <div class="builder-name">{drawn}</div> }
}

/// Everything else of it, folded unless something there is wrong.
#[component]
pub fn Settings(
    /// The builder.
    state: BuilderState,
) -> impl IntoView {
    let has_problem = Memo::new(move |_| {
        state.problems.with(|problems| {
            problems.iter().any(|problem| {
                FOLDED
                    .iter()
                    .any(|field| problem.pointer.starts_with(&format!("#/{field}")))
            })
        })
    });
    let told = Memo::new(move |_| state.problems.with(|all| problems_at(all, ON_FAILURE_AT)));
    let drawn = super::anew(state.all_drawn, move || {
        state.draft.with_untracked(|draft| {
            let parameters = spec(
                "parameters",
                "Parameters and their defaults",
                "What may be given when a workflow is started, used in fields as {{ parameters.name }}. A value that reads as JSON is that value, such as 5 or true",
                false,
                FieldKind::KeyValues,
            );
            let budget = spec(
                "max_recovery_attempts",
                "Recoveries",
                "How often a failed workflow may be recovered; 0 to 100",
                false,
                FieldKind::Text,
            );
            view! {
                <Setting state spec=parameters text=draft.parameters.clone()/>
                <WordChoice label="When a step fails" name=names::ON_FAILURE id=field_id(ON_FAILURE_AT)
                    text=draft.on_failure.clone() words=ON_FAILURE problems=told
                    help="Either way the workflow fails in the end, and can be recovered."/>
                <Setting state spec=budget text=draft.max_recovery_attempts.clone()/>
            }
            .into_any()
        })
    });
    view! {
        <details class="builder-part" open=has_problem>
            <summary>"Parameters and failure"</summary>
            {drawn}
        </details>
    }
}

/// Where the definition says what a failure does to the rest.
const ON_FAILURE_AT: &str = "#/on_failure";

/// The names in JSON, which are those in the posted form too.
const FOLDED: [&str; 3] = [
    names::PARAMETERS,
    names::ON_FAILURE,
    names::MAX_RECOVERY_ATTEMPTS,
];

fn spec(name: &str, label: &str, help: &str, required: bool, kind: FieldKind) -> FieldSpec {
    FieldSpec {
        name: name.to_owned(),
        label: label.to_owned(),
        help: help.to_owned(),
        required,
        default: None,
        unit: None,
        kind,
    }
}

#[component]
fn Setting(
    /// The builder.
    state: BuilderState,
    /// The field; its name in JSON is its name in the posted form.
    spec: FieldSpec,
    /// What is typed.
    text: String,
) -> impl IntoView {
    let pointer = format!("#/{}", spec.name);
    let field = FieldView {
        name: spec.name.clone(),
        id: field_id(&pointer),
        text,
        spec,
    };
    let problems = Memo::new(move |_| {
        state.problems.with(|all| {
            let inside = format!("{pointer}/");
            let mut told = problems_at(all, &pointer);
            // A parameter has no field of its own here.
            told.extend(all.iter().filter_map(|problem| {
                let name = problem.pointer.strip_prefix(&inside)?;
                Some(crate::components::notice::sentence(&format!(
                    "{name}: {}",
                    problem.detail
                )))
            }));
            told
        })
    });
    view! { <Field field problems/> }
}
