//! What the builder says at its top.

use engine::draft::form::{Press, names};
use engine::{Problem, Timestamp};
use leptos::prelude::*;

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
            let lines = problems
                .into_iter()
                .map(|problem| view! { <li>{place_in_json(&problem)}</li> })
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

/// A problem of a JSON text with its place: the names and positions on the way there.
fn place_in_json(problem: &Problem) -> String {
    match problem.pointer.trim_start_matches(['#', '/']) {
        "" => sentence(&format!("it {}", problem.detail)),
        place => sentence(&format!(
            "{}: {}",
            place.replace('/', " → "),
            problem.detail
        )),
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
