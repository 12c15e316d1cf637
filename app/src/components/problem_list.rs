//! Problems of what was typed: as a list that leads to the fields, and beside each field.

use engine::Problem;
use engine::draft::form::{Press, names};
use engine::draft::{DraftEdit, step_of};
use leptos::prelude::*;

use super::notice::sentence;

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

/// What is wrong at one drawn field, as sentences.
#[must_use]
pub fn problems_at(problems: &[Problem], pointer: &str) -> Vec<String> {
    problems
        .iter()
        .filter(|problem| place_of(&problem.pointer) == pointer)
        .map(|problem| {
            let inside = problem.pointer.strip_prefix(pointer).unwrap_or_default();
            match inside.trim_start_matches('/') {
                "" => sentence(&problem.detail),
                part => sentence(&format!("{part}: {}", problem.detail)),
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
    /// The line of one problem while the form of `shown` is open. `title` names a step.
    #[must_use]
    pub fn of(problem: &Problem, shown: usize, title: impl Fn(usize) -> String) -> Self {
        let pointer = place_of(&problem.pointer);
        let step = step_of(problem);
        let field = problem.pointer.trim_start_matches("#/").split('/');
        let field: Vec<_> = match step {
            Some(_) => field.skip(2).filter(|part| *part != "config").collect(),
            None => field.collect(),
        };
        let field = field.join(", ").replace('_', " ");
        let place = match step {
            Some(index) if field.is_empty() => title(index),
            Some(index) => format!("{}, {field}", title(index)),
            None if field.is_empty() || field == "#" => "Definition".to_owned(),
            None => format!("Definition, {field}"),
        };
        Self {
            place,
            detail: sentence(&problem.detail),
            pointer,
            open: step.filter(|index| *index != shown),
        }
    }
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
    let id = field_id(&pointer);
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

    #[test]
    fn a_line_names_the_step_and_the_field() {
        let problem = Problem::new("#/steps/1/config/success_codes/0", "must be from 0 to 255");
        let line = ProblemLine::of(&problem, 0, |_| "Label".to_owned());
        assert_eq!(line.place, "Label, success codes, 0");
        assert_eq!(line.detail, "Must be from 0 to 255.");
        assert_eq!(line.open, Some(1));
        assert_eq!(ProblemLine::of(&problem, 1, |_| String::new()).open, None);
        let told = problems_at(&[problem], "#/steps/1/config/success_codes");
        assert_eq!(told, ["0: must be from 0 to 255."]);
    }
}
