//! One field of any form: label, control, unit, help and what is wrong with it.

mod control;

use engine::step_form::{FieldKind, FieldSpec};
use leptos::prelude::*;

use control::Control;
pub use control::TextArea;

/// A field as it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldView {
    /// What may be entered, its label and its help.
    pub spec: FieldSpec,
    /// Its name in the posted form.
    pub name: String,
    /// The id of its control.
    pub id: String,
    /// What is typed when it is drawn.
    pub text: String,
}

/// Draws a field. What is typed stays in the control; the field is drawn anew only when another
/// text has to stand in it.
#[component]
pub fn Field(
    /// The field.
    field: FieldView,
    /// What is wrong, as sentences.
    #[prop(into)]
    problems: Signal<Vec<String>>,
    /// A sentence after its help that follows what is typed elsewhere.
    #[prop(optional_no_strip)]
    hint: Option<Signal<String>>,
) -> impl IntoView {
    let FieldView {
        spec,
        name,
        id,
        text,
    } = field;
    let help_id = format!("{id}-help");
    let problem_id = format!("{id}-problem");
    let described = format!("{help_id} {problem_id}");
    let is_switch = control::is_switch(&spec.kind, &text);
    let need = spec
        .required
        .then(|| view! { <span class="field-need">"required"</span> });
    let help = help_line(&spec);
    let label = spec.label.clone();
    let control = view! {
        <Control kind=spec.kind.clone() name id=id.clone() text default=spec.default.clone() required=spec.required described problems/>
    };
    let unit = spec
        .unit
        .clone()
        .map(|unit| view! { <span class="field-unit">{unit}</span> });
    let is_wrong = move || problems.with(|problems| !problems.is_empty());
    let head = if is_switch {
        view! { <div class="field-switch">{control}<label for=id>{label} {need}</label></div> }
            .into_any()
    } else {
        view! {
            <label for=id>{label} {need}</label>
            <div class="field-control">{control}{unit}</div>
        }
        .into_any()
    };
    view! {
        <div class="field" class:field-wrong=is_wrong>
            {head}
            <p class="field-help" id=help_id>{help} {hint.map(|hint| view! { " " {hint} })}</p>
            <FieldProblems id=problem_id problems/>
        </div>
    }
}

/// What is wrong with one field, tied to it by `id`.
#[component]
pub fn FieldProblems(
    /// The id that the control's `aria-describedby` names.
    id: String,
    /// What is wrong, as sentences.
    #[prop(into)]
    problems: Signal<Vec<String>>,
) -> impl IntoView {
    view! {
        <div class="field-problem" id=id>
            {move || problems.get().into_iter().map(|text| view! { <p>{text}</p> }).collect_view()}
        </div>
    }
}

/// The field's own help, how to fill its kind in, and what stands in for it when it is empty.
fn help_line(spec: &FieldSpec) -> String {
    let mut parts = Vec::new();
    if !spec.help.trim().is_empty() {
        parts.push(super::notice::sentence(&spec.help));
    }
    let says = |word: &str| spec.help.contains(word);
    match &spec.kind {
        FieldKind::Lines if !says("line") => parts.push("One on each line.".to_owned()),
        FieldKind::Numbers { .. } if !says("comma") => {
            parts.push("Separated by commas.".to_owned());
        }
        FieldKind::KeyValues => parts.push("One NAME=value on each line.".to_owned()),
        FieldKind::Json => parts.push("As JSON: text stands in double quotes.".to_owned()),
        FieldKind::Number { min, max, .. } if !says("at most") => match (min, max) {
            (Some(min), Some(max)) => parts.push(format!("From {min} to {max}.")),
            (Some(min), None) => parts.push(format!("At least {min}.")),
            (None, Some(max)) => parts.push(format!("At most {max}.")),
            (None, None) => {}
        },
        _ => {}
    }
    let default = spec.default.as_ref().map(|value| spec.to_text(value));
    if let Some(default) = default.filter(|text| !matches!(text.as_str(), "" | "[]" | "{}")) {
        parts.push(format!("Empty means {default}."));
    }
    parts.join(" ")
}
