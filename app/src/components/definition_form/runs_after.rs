//! What a step runs after, as check boxes. Those that would close a circle cannot be ticked, and
//! say why.

use engine::draft::form::names;
use engine::draft::{DefinitionDraft, DraftEdit};
use leptos::prelude::*;

use super::press_button::PressButton;
use super::state::BuilderState;
use crate::components::field::FieldProblems;
use crate::components::problem_list::{field_id, problems_at};
use crate::format;

/// One check box.
struct Choice {
    index: usize,
    title: String,
    on: bool,
    /// Why it cannot be ticked.
    circle: Option<String>,
}

fn choices(draft: &DefinitionDraft, step: usize) -> Vec<Choice> {
    let downstream = draft.downstream(step);
    let now = draft
        .steps
        .get(step)
        .map(|step| step.dependencies.as_slice());
    (0..draft.steps.len())
        .filter(|index| *index != step)
        .map(|index| Choice {
            index,
            title: format::visible(&draft.step_title(index)),
            on: now.is_some_and(|now| now.contains(&index)),
            circle: draft
                .circle_in_words(&downstream, index)
                .map(|circle| format::visible(&circle)),
        })
        .collect()
}

/// The check boxes of one step.
#[component]
pub fn RunsAfter(
    /// The builder.
    state: BuilderState,
    /// The step's position.
    index: usize,
) -> impl IntoView {
    let pointer = format!("#/steps/{index}/dependencies");
    let id = field_id(&pointer);
    let problem_id = format!("{id}-problem");
    let described = problem_id.clone();
    let choices = state.draft.with_untracked(|draft| choices(draft, index));
    let is_alone = choices.is_empty();
    let boxes = choices.into_iter().map(one).collect_view();
    let problems = Memo::new(move |_| state.problems.with(|all| problems_at(all, &pointer)));
    view! {
        <fieldset class="step-form-part runs-after" id=id tabindex="-1" aria-describedby=described>
            <legend>"Runs after"</legend>
            <input type="hidden" name=names::STEP_AFTER_SHOWN value="1"/>
            {if is_alone {
                view! { <p class="muted">"There is no other step yet. It starts at once."</p> }.into_any()
            } else {
                view! {
                    <p class="muted">"It starts when all ticked steps ended. None ticked: it starts at once."</p>
                    <ul class="runs-after-boxes">{boxes}</ul>
                    <div class="runs-after-buttons">
                        <PressButton state edit=DraftEdit::AfterAll(index) label="All steps above"/>
                        <PressButton state edit=DraftEdit::AfterNone(index) label="None"/>
                    </div>
                }
                .into_any()
            }}
            <FieldProblems id=problem_id problems/>
        </fieldset>
    }
}

fn one(choice: Choice) -> impl IntoView {
    let Choice {
        index,
        title,
        on,
        circle,
    } = choice;
    let id = format!("after-{index}");
    let why_id = circle.is_some().then(|| format!("{id}-why"));
    // A tick that is part of a circle already can be taken away.
    let disabled = circle.is_some() && !on;
    let why = circle.map(|circle| {
        view! { <span class="runs-after-why" id=why_id.clone()>{circle}</span> }
    });
    let described = disabled.then(|| format!("{id}-why"));
    view! {
        <li>
            <input type="checkbox" id=id.clone() name=names::STEP_AFTER value=index checked=on disabled=disabled aria-describedby=described/>
            <label for=id>{format!("{}. {title}", index + 1)}</label>
            {why}
        </li>
    }
}
