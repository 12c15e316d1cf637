//! Problems of what was typed: as a list that leads to the fields, and beside each field.

use engine::Problem;
use engine::draft::form::{Press, names};
use engine::draft::{DefinitionDraft, DraftEdit, StepDraft, step_of};
use engine::step_form::{FieldKind, FieldSpec, StepSpec};
use leptos::prelude::*;

use super::notice::sentence;
use crate::format;
use crate::plain_words::{DEFINITION_FIELDS, STEP_FIELDS, Words, meaning};

/// The pointer of the drawn field that a problem belongs to: parts of a field's value
/// (`…/config/args/0`) belong to the field.
#[must_use]
pub fn place_of(pointer: &str) -> String {
    let inside = pointer.trim_start_matches('#').trim_start_matches('/');
    let mut parts = inside.split('/');
    let kept: Vec<_> = match parts.next() {
        Some("steps") => {
            let step: Vec<_> = parts.collect();
            let depth = if step.get(1) == Some(&"config") { 3 } else { 2 };
            std::iter::once("steps")
                .chain(step.into_iter().take(depth))
                .collect()
        }
        Some("parameters") => std::iter::once("parameters").chain(parts.take(1)).collect(),
        Some(first) => vec![first],
        None => Vec::new(),
    };
    format!("#/{}", kept.join("/"))
}

/// The id of the drawn field at a pointer.
#[must_use]
pub fn field_id(pointer: &str) -> String {
    let mut id = String::from("at");
    for part in pointer.trim_start_matches('#').split('/') {
        if part.is_empty() {
            continue;
        }
        id.push('-');
        for c in part.chars() {
            id.push(if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '-'
            });
        }
    }
    id
}

/// The id of the open step's name. It has one of its own, since a new step's name is focused.
pub const STEP_NAME_ID: &str = "step-name";

/// The id of the control of the drawn field at a pointer.
fn control_id(pointer: &str) -> String {
    let parts: Vec<_> = pointer.split('/').collect();
    if matches!(parts.as_slice(), ["#", "steps", _, "name"]) {
        STEP_NAME_ID.to_owned()
    } else {
        field_id(pointer)
    }
}

/// What is wrong at one drawn field, as sentences.
#[must_use]
pub fn problems_at(problems: &[Problem], pointer: &str) -> Vec<String> {
    problems_of(problems, pointer, None)
}

/// What is wrong at one drawn field whose description is known, as sentences.
#[must_use]
pub fn problems_of(problems: &[Problem], pointer: &str, field: Option<&FieldSpec>) -> Vec<String> {
    problems
        .iter()
        .filter(|problem| place_of(&problem.pointer) == pointer)
        .map(|problem| {
            let inside = problem.pointer.strip_prefix(pointer).unwrap_or_default();
            match inside.trim_start_matches('/') {
                "" => sentence(&problem.detail),
                part => {
                    let place: Vec<_> = part.split('/').map(|part| entry(part, field)).collect();
                    sentence(&format!("{}: {}", place.join(", "), problem.detail))
                }
            }
        })
        .collect()
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemLine {
    /// Where, in words: the step, then the field.
    pub place: String,
    /// What is wrong.
    pub detail: String,
    /// The pointer of the drawn field.
    pub pointer: String,
    /// The step that must be opened first, when it is not the shown one.
    pub open: Option<usize>,
}

impl ProblemLine {
    /// The line of one problem of a draft while the form of `shown` is open.
    #[must_use]
    pub fn of(
        problem: &Problem,
        shown: usize,
        draft: &DefinitionDraft,
        specs: &[StepSpec],
    ) -> Self {
        let pointer = place_of(&problem.pointer);
        let step = step_of(problem);
        let parts = problem.pointer.trim_start_matches(['#', '/']).split('/');
        let place = match step {
            Some(index) => {
                let parts: Vec<_> = parts.skip(2).collect();
                let field = step_field(&parts, draft.steps.get(index), specs);
                joined(&draft.step_title(index), &field)
            }
            None => {
                let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
                joined("Definition", &labelled(&parts, DEFINITION_FIELDS, None))
            }
        };
        Self {
            place,
            detail: sentence(&problem.detail),
            pointer,
            open: step.filter(|index| *index != shown),
        }
    }
}

fn joined(whole: &str, field: &str) -> String {
    let (whole, field) = (&format::visible(whole), &format::visible(field));
    if field.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}, {field}")
    }
}

/// A field of a step by the label that its form shows.
fn step_field(parts: &[&str], step: Option<&StepDraft>, specs: &[StepSpec]) -> String {
    let Some(("config", inside)) = parts.split_first().map(|(first, rest)| (*first, rest)) else {
        return labelled(parts, STEP_FIELDS, None);
    };
    let task_type = step.map(|step| step.task_type.as_str());
    let spec = specs
        .iter()
        .find(|spec| Some(spec.task_type.as_str()) == task_type);
    let name = inside.first().copied();
    let field = spec.and_then(|spec| spec.fields.iter().find(|f| Some(f.name.as_str()) == name));
    labelled(inside, &[], field)
}

/// The first part by its label, what lies inside it in brackets.
fn labelled(parts: &[&str], words: Words, field: Option<&FieldSpec>) -> String {
    let Some((name, inside)) = parts.split_first() else {
        return String::new();
    };
    let label = field.map_or_else(|| meaning(words, name), |field| field.label.clone());
    let inside: Vec<_> = inside.iter().map(|part| entry(part, field)).collect();
    if inside.is_empty() {
        label
    } else {
        format!("{label} ({})", inside.join(", "))
    }
}

/// A part of a field's value: a position is counted as people do, from 1.
fn entry(part: &str, field: Option<&FieldSpec>) -> String {
    let Ok(position) = part.parse::<usize>() else {
        return part.to_owned();
    };
    let noun = match field.map(|field| &field.kind) {
        Some(FieldKind::Lines) => "line",
        Some(FieldKind::Numbers { .. }) => "number",
        _ => "entry",
    };
    format!("{noun} {}", position + 1)
}

/// The list. A line about the open form is a link to its field; one about another step is a
/// button that opens it, so that nothing typed is lost without scripts either.
#[component]
pub fn ProblemList(
    /// The lines.
    #[prop(into)]
    lines: Signal<Vec<ProblemLine>>,
) -> impl IntoView {
    let shown = move || {
        let lines = lines.get();
        if lines.is_empty() {
            return None;
        }
        let title = match lines.len() {
            1 => "There is one problem".to_owned(),
            count => format!("There are {count} problems"),
        };
        let items = lines.into_iter().map(line).collect_view();
        Some(view! {
            <section class="problem-list" id="problems" tabindex="-1" role="alert" aria-labelledby="problems-title">
                <h2 class="problem-list-title" id="problems-title">{title}</h2>
                <ul>{items}</ul>
            </section>
        })
    };
    view! { {shown} }
}

fn line(line: ProblemLine) -> impl IntoView {
    let ProblemLine {
        place,
        detail,
        pointer,
        open,
    } = line;
    let id = control_id(&pointer);
    let link = match open {
        Some(step) => {
            let press = Press::Edit(DraftEdit::Select(step)).to_text();
            view! {
                <button type="submit" class="button-link" name=names::PRESS value=press data-focus=id>
                    {place}
                </button>
            }
            .into_any()
        }
        // `rel` keeps the router from treating a jump inside the page as a visit.
        None => view! { <a href=format!("#{id}") rel="external">{place}</a> }.into_any(),
    };
    view! { <li>{link} ": " {detail}</li> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_inside_a_value_belongs_to_the_field() {
        for (pointer, place) in [
            ("#/steps/3/config/args/0", "#/steps/3/config/args"),
            ("#/steps/3/dependencies/1", "#/steps/3/dependencies"),
            ("#/steps/3/name", "#/steps/3/name"),
            ("#/steps/3", "#/steps/3"),
            ("#/steps", "#/steps"),
            ("#/parameters/a/b", "#/parameters/a"),
            ("#/name", "#/name"),
            ("#", "#/"),
        ] {
            assert_eq!(place_of(pointer), place, "{pointer}");
        }
        assert_eq!(field_id("#/steps/3/config/args"), "at-steps-3-config-args");
    }

    fn field(name: &str, label: &str, kind: FieldKind) -> FieldSpec {
        FieldSpec {
            name: name.to_owned(),
            label: label.to_owned(),
            help: String::new(),
            required: false,
            default: None,
            unit: None,
            kind,
        }
    }

    fn specs() -> Vec<StepSpec> {
        let codes = FieldKind::Numbers {
            min: None,
            max: None,
        };
        vec![StepSpec {
            task_type: "shell".to_owned(),
            title: String::new(),
            help: String::new(),
            output_help: String::new(),
            modes: Vec::new(),
            probe_field: None,
            default_timeout: 60.0,
            only_waits: false,
            switched_off: None,
            example: serde_json::Value::Null,
            fields: vec![
                field("args", "Arguments", FieldKind::Lines),
                field("success_codes", "Success codes", codes),
            ],
        }]
    }

    #[test]
    fn a_line_names_the_step_and_the_field_as_the_form_does() {
        let mut draft = DefinitionDraft::default();
        draft.add_step(None, StepDraft::new("First", "shell"));
        draft.add_step(Some(0), StepDraft::new("Label", "shell"));
        for (pointer, place) in [
            (
                "#/steps/1/config/success_codes/0",
                "Label, Success codes (number 1)",
            ),
            ("#/steps/1/config/args/2", "Label, Arguments (line 3)"),
            ("#/steps/1/config/args", "Label, Arguments"),
            ("#/steps/1/config/unknown", "Label, unknown"),
            ("#/steps/1/max_retries", "Label, Try again"),
            ("#/steps/1/dependencies/0", "Label, Runs after (entry 1)"),
            ("#/steps/1", "Label"),
            ("#/max_recovery_attempts", "Definition, Recoveries"),
            ("#/parameters/url", "Definition, Parameters (url)"),
            ("#/steps", "Definition, Steps"),
            ("#", "Definition"),
        ] {
            let problem = Problem::new(pointer, "must be from 0 to 255");
            let line = ProblemLine::of(&problem, 0, &draft, &specs());
            assert_eq!(line.place, place, "{pointer}");
            assert_eq!(line.detail, "Must be from 0 to 255.");
        }
        let problem = Problem::new("#/steps/1/config/args/0", "is too long");
        assert_eq!(ProblemLine::of(&problem, 0, &draft, &specs()).open, Some(1));
        assert_eq!(ProblemLine::of(&problem, 1, &draft, &specs()).open, None);
        let args = &specs()[0].fields[0];
        let told = problems_of(&[problem], "#/steps/1/config/args", Some(args));
        assert_eq!(told, ["Line 1: is too long."]);
    }
}
