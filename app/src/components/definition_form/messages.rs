//! What the builder says at its top.

use engine::draft::form::{Press, names};
use engine::draft::step_of;
use engine::{Problem, Timestamp};
use leptos::prelude::*;
use serde_json::Value;

use super::offers::Offered;
use super::state::BuilderState;
use crate::api::ApiError;
use crate::api::definitions::builder::BuilderNotice;
use crate::components::notice::{ErrorNotice, Notice, Tone, sentence};
use crate::{format, paths};

/// Offers the draft that was kept in this tab.
#[component]
pub fn Offer(
    /// The builder.
    state: BuilderState,
) -> impl IntoView {
    let offer = move |offered| {
        let restore = move |_| state.bring_back();
        let drop = move |_| state.drop_offer();
        let (title, restore_word, drop_word) = match offered {
            Offered::Unsaved(_) => (
                "This tab has changes that were not saved.",
                "Bring them back",
                "Drop them",
            ),
            Offered::Replaced(_) => (
                "What you had typed here was put aside.",
                "Bring it back instead",
                "Drop it",
            ),
        };
        view! {
            <Notice tone=Tone::Warning title>
                <div class="builder-buttons">
                    <button type="button" class="button button-small" on:click=restore>{restore_word}</button>
                    <button type="button" class="button button-small button-quiet" on:click=drop>{drop_word}</button>
                </div>
            </Notice>
        }
    };
    move || state.offered.get().map(offer)
}

/// What was done or refused.
#[component]
pub fn Messages(
    /// The builder.
    state: BuilderState,
) -> impl IntoView {
    let shown = move || state.notice.get().map(|notice| one(notice, state));
    view! { <div class="builder-messages" id="notice" tabindex="-1">{shown}</div> }
}

fn one(notice: BuilderNotice, state: BuilderState) -> AnyView {
    match notice {
        BuilderNotice::NoProblems => {
            view! { <Notice tone=Tone::Success title="No problems found."/> }.into_any()
        }
        BuilderNotice::Problems => ().into_any(),
        BuilderNotice::JsonUsed => {
            let title = "The form now shows the JSON. Nothing is saved yet.";
            view! { <Notice tone=Tone::Info title/> }.into_any()
        }
        BuilderNotice::JsonRefused(problems) => {
            let sent = state.json.with_untracked(|json| {
                serde_json::from_str(json.as_deref().unwrap_or_default()).unwrap_or_default()
            });
            let lines = problems
                .into_iter()
                .map(|problem| view! { <li>{place_in_json(&problem, &sent)}</li> })
                .collect_view();
            let title = "The JSON cannot be used; the form is unchanged.";
            view! { <Notice tone=Tone::Problem title><ul>{lines}</ul></Notice> }.into_any()
        }
        BuilderNotice::NotStarted { version, error } => {
            let title = format!("Saved as version {version}, but no workflow was started.");
            view! { <Notice tone=Tone::Warning title><p>{error.to_string()}</p></Notice> }
                .into_any()
        }
        BuilderNotice::Error(ApiError::SignedOut) => {
            let login = paths::login(&state.path());
            view! {
                <Notice tone=Tone::Problem title="Your session has ended. Nothing was saved.">
                    <p>"What you typed is still here and is kept in this tab. "
                        <a href=login rel="external">"Sign in"</a> " and bring it back."</p>
                </Notice>
            }
            .into_any()
        }
        BuilderNotice::Error(error) => view! { <ErrorNotice error/> }.into_any(),
        BuilderNotice::Conflict {
            version,
            saved_by,
            saved_at,
            differences,
        } => {
            let theirs = Theirs {
                version,
                saved_by,
                saved_at,
                differences,
            };
            conflict(theirs, state).into_any()
        }
    }
}

/// A problem of a JSON text with its place: the step as pages call it, then the names on the way
/// there, which are those of the text. Positions are counted as people do, from 1.
fn place_in_json(problem: &Problem, sent: &Value) -> String {
    let inside = problem.pointer.trim_start_matches(['#', '/']);
    if inside.is_empty() {
        return sentence(&format!("it {}", problem.detail));
    }
    let mut parts: Vec<_> = inside.split('/').map(part_in_json).collect();
    if let Some(index) = step_of(problem) {
        let name = sent["steps"][index]["name"].as_str().unwrap_or_default();
        let step = match name.trim() {
            "" => format!("step {}", index + 1),
            name => format!("step {} \"{name}\"", index + 1),
        };
        parts.splice(..2, [step]);
    }
    sentence(&format!("{}: {}", parts.join(" → "), problem.detail))
}

fn part_in_json(part: &str) -> String {
    match part.parse::<usize>() {
        Ok(position) => format!("entry {}", position + 1),
        Err(_) => part.to_owned(),
    }
}

/// A version that somebody else saved.
struct Theirs {
    version: u32,
    saved_by: String,
    saved_at: Timestamp,
    differences: Vec<String>,
}

fn conflict(theirs: Theirs, state: BuilderState) -> impl IntoView {
    let Theirs {
        version,
        saved_by,
        saved_at,
        differences,
    } = theirs;
    let (url, base) = state.replaces.with_untracked(|replaces| {
        replaces.map_or((String::new(), 0), |(id, base)| {
            (paths::definition(id), base)
        })
    });
    let title = format!(
        "Version {version} was saved by {saved_by} on {}. Yours is based on version {base} and is not saved.",
        format::moment(saved_at)
    );
    let over = Press::Save {
        start: false,
        over: Some(version),
    };
    let lines = differences
        .into_iter()
        .map(|line| view! { <li>{line}</li> })
        .collect_view();
    view! {
        <Notice tone=Tone::Problem title>
            <p>"Theirs compared with yours:"</p>
            <ul>{lines}</ul>
            <div class="builder-buttons">
                <button type="submit" class="button button-small" name=names::PRESS value=over.to_text()>
                    {format!("Save yours as version {} over it", version + 1)}
                </button>
                <a class="button button-small button-quiet" href=url target="_blank">
                    {format!("See version {version} in a new tab")}
                </a>
            </div>
        </Notice>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_problem_of_json_names_its_step_by_its_number_from_1_and_its_name() {
        let sent = json!({"name": "N", "steps": [
            {"name": "Fetch", "task_type": "noop"}, {"name": " "}, {"name": 7},
        ]});
        for (pointer, told) in [
            ("#", "It is wrong."),
            ("#/name", "name: is wrong."),
            ("#/steps", "steps: is wrong."),
            ("#/steps/0", "Step 1 \"Fetch\": is wrong."),
            (
                "#/steps/0/max_retries",
                "Step 1 \"Fetch\" → max_retries: is wrong.",
            ),
            ("#/steps/1/name", "Step 2 → name: is wrong."),
            ("#/steps/2/name", "Step 3 → name: is wrong."),
            (
                "#/steps/9/dependencies/0",
                "Step 10 → dependencies → entry 1: is wrong.",
            ),
        ] {
            let problem = Problem::new(pointer, "is wrong");
            assert_eq!(place_in_json(&problem, &sent), told, "{pointer}");
        }
        let problem = Problem::new("#/steps/0", "is wrong");
        assert_eq!(place_in_json(&problem, &Value::Null), "Step 1: is wrong.");
    }
}
