//! The builder: a form that is the truth, and a picture drawn from it.
//!
//! It is one plain form. Without scripts each button posts all of it to its own URL and the answer
//! is the same page (`posted.rs`); with scripts the same presses are carried out here, on the same
//! draft, by the same code of the engine. Fields are never bound: what is typed stays in them, and
//! a part is drawn anew only when another text has to stand in it.

mod add_step;
mod answers;
mod browser;
mod json_area;
mod kept;
mod leaving;
mod messages;
mod offers;
mod picture;
mod press_button;
mod references;
mod removed_step;
mod runs_after;
mod settings;
mod state;
mod step_form;
mod step_kind;
mod step_limits;
mod step_list;
mod step_mode;
mod step_search;
mod step_text;
mod typing;

use engine::draft::form::{Press, names};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::problem_list::{ProblemLine, ProblemList};
use crate::api::command_id;
use crate::api::definitions::builder::BuilderPage;
use json_area::JsonArea;
use messages::{Messages, Offer};
use picture::Picture;
use settings::{NameField, Settings};
use state::BuilderState;
use step_form::StepForm;
use step_list::StepList;

pub use state::{CheckAction, SaveAction};

/// The id of the form.
const FORM: &str = "builder";

/// The builder.
#[component]
pub fn DefinitionForm(
    /// What it is drawn from.
    page: BuilderPage,
    /// Saves.
    save: SaveAction,
    /// Asks for every problem.
    check: CheckAction,
) -> impl IntoView {
    let state = BuilderState::of(&page, save, check);
    come_alive(state, page.posted);
    follow_answers(state, save, check);
    let path = state.path();
    let hidden = serde_json::to_string(&page.draft).unwrap_or_default();
    let base = page.replaces.map(|(_, base)| base.to_string());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (press, focus) = browser::pressed(&event);
        state.press(Press::from_text(&press), focus);
    };
    let input = move |event: leptos::ev::Event| {
        if let Some(typed) = browser::typed(&event) {
            state.typed(typed);
        }
    };
    let lines = Memo::new(move |_| problem_lines(state));
    let is_empty = move || state.draft.with(|draft| draft.steps.is_empty());
    view! {
        <form id=FORM class="builder" method="post" action=path on:submit=submit on:input=input>
            // The first button is the one that Enter presses; it only draws the page again.
            <button type="submit" class="builder-enter" name=names::PRESS value="update" tabindex="-1" aria-hidden="true">
                "Update"
            </button>
            <input type="hidden" name=names::DRAFT value=hidden/>
            <input type="hidden" name=names::BASE value=base/>
            <input type="hidden" name=names::SHOWN value=move || state.shown.get()/>
            <input type="hidden" name=command_id::FIELD value=page.command_id/>
            <Offer state/>
            <Messages state/>
            <ProblemList lines/>
            <div class="builder-top">
                <NameField state/>
                <SaveButtons state/>
            </div>
            <Picture state/>
            <div class="builder-body" class:builder-empty=is_empty on:mousedown=keep_focus>
                <StepList state/>
                <StepForm state/>
            </div>
            <Settings state/>
            <JsonArea state/>
        </form>
    }
}

/// Draws a part anew, with new elements, whenever `key` changes. Elements that are only updated
/// would keep what was typed into them.
fn anew(
    key: RwSignal<u32>,
    draw: impl Fn() -> AnyView + Clone + Send + Sync + 'static,
) -> impl IntoView {
    view! { <For each=move || [key.get()] key=|number| *number children=move |_| draw()/> }
}

/// Takes over what was typed before the page came alive, and offers what was kept in the tab.
fn come_alive(state: BuilderState, posted: bool) {
    // What waits for a pause in typing would come after the builder is gone.
    on_cleanup(move || {
        if browser::stop_waiting() {
            state.keep();
        }
    });
    let early = browser::typed_before(FORM);
    Effect::new(move |done: Option<()>| {
        if done.is_some() {
            return;
        }
        browser::mark_alive(FORM);
        if !early.is_empty() {
            state.take_over(&early);
        }
        state.offer_kept(posted);
        leaving::ask_before(state);
    });
}

/// Shows what the server answers, and goes where it says.
fn follow_answers(state: BuilderState, save: SaveAction, check: CheckAction) {
    let navigate = use_navigate();
    Effect::new(move |_| {
        if let Some(answer) = save.value().get()
            && let Some(path) = state.saved(answer)
        {
            navigate(&path, leptos_router::NavigateOptions::default());
        }
    });
    Effect::new(move |_| {
        if let Some(answer) = check.value().get() {
            state.checked(answer);
        }
    });
}

fn problem_lines(state: BuilderState) -> Vec<ProblemLine> {
    let shown = state.shown.get();
    state.problems.with(|problems| {
        state.draft.with(|draft| {
            state.specs.with_value(|specs| {
                let line = |problem| ProblemLine::of(problem, shown, draft, specs);
                problems.iter().map(line).collect()
            })
        })
    })
}

/// The buttons that leave the builder.
#[component]
fn SaveButtons(
    /// The builder.
    state: BuilderState,
) -> impl IntoView {
    let save = |start| Press::Save { start, over: None }.to_text();
    let busy = state.is_saving();
    view! {
        <div class="builder-buttons">
            <button type="submit" class="button button-quiet" name=names::PRESS value=Press::Check.to_text()>
                "Check"
            </button>
            <button type="submit" class="button" name=names::PRESS value=save(false) disabled=busy>
                "Save"
            </button>
            <button type="submit" class="button button-primary" name=names::PRESS value=save(true) disabled=busy>
                "Save and start"
            </button>
        </div>
    }
}

/// The cards move when a step comes: the second press of a double click lands on whatever is there
/// then, and must not take the focus from the new step's name. In a field it selects a word.
fn keep_focus(event: leptos::ev::MouseEvent) {
    let is_field = |tag: &str| ["INPUT", "TEXTAREA", "SELECT"].contains(&tag);
    let target: leptos::web_sys::Element = event_target(&event);
    if event.detail() > 1 && !is_field(&target.tag_name()) {
        event.prevent_default();
    }
}
