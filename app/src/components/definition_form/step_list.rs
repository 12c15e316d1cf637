//! The steps in the order they are listed.

use engine::draft::DraftEdit;
use engine::draft::form::{Press, names};
use engine::draft::step_of;
use leptos::prelude::*;

use super::add_step::AddStep;
use super::removed_step::RemovedStep;
use super::state::BuilderState;
use super::step_search::{StepSearch, is_found, needle};
use crate::format;

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRow {
    /// What the step is called.
    pub title: String,
    /// What its type is called.
    pub kind: String,
    /// How many problems it has.
    pub problems: usize,
}

/// All lines, as they are now.
pub fn rows(state: BuilderState) -> Vec<StepRow> {
    let mut counts = std::collections::HashMap::<usize, usize>::new();
    state.problems.with(|problems| {
        for step in problems.iter().filter_map(step_of) {
            *counts.entry(step).or_default() += 1;
        }
    });
    state.specs.with_value(|specs| {
        state.draft.with(|draft| {
            draft
                .steps
                .iter()
                .enumerate()
                .map(|(index, step)| {
                    let spec = specs.iter().find(|spec| spec.task_type == step.task_type);
                    StepRow {
                        title: draft.step_title(index),
                        kind: spec.map_or_else(|| step.task_type.clone(), |s| s.title.clone()),
                        problems: counts.get(&index).copied().unwrap_or_default(),
                    }
                })
                .collect()
        })
    })
}

/// The list, with what can be added under it.
#[component]
pub fn StepList(
    /// The builder.
    state: BuilderState,
) -> impl IntoView {
    let rows = Memo::new(move |_| rows(state));
    let count = Memo::new(move |_| rows.with(Vec::len));
    let needle = Memo::new(move |_| state.find.with(|find| needle(find, count.get())));
    view! {
        <section class="step-list" aria-labelledby="step-list-title">
            <h2 id="step-list-title">"Steps"</h2>
            <Show when=move || count.get() == 0>
                <p class="step-list-empty">
                    "A workflow is a list of steps. Choose what the first one does."
                </p>
            </Show>
            <StepSearch rows needle state/>
            <RemovedStep state/>
            <ol class="step-list-steps">
                <For each=move || 0..count.get() key=|index| *index let:index>
                    <Row index rows needle state/>
                </For>
            </ol>
            <AddStep state/>
        </section>
    }
}

/// One step; pressing it opens its form.
#[component]
fn Row(
    /// Its position.
    index: usize,
    /// All lines.
    rows: Memo<Vec<StepRow>>,
    /// What is looked for among them.
    needle: Memo<String>,
    /// The builder.
    state: BuilderState,
) -> impl IntoView {
    // A change of one line is no change of all the others, of which there may be thousands.
    let row = Memo::new(move |_| rows.with(|rows| rows.get(index).cloned()));
    let with = move |read: fn(&StepRow) -> String| {
        row.with(|row| row.as_ref().map(read).unwrap_or_default())
    };
    let problems = move || row.with(|row| row.as_ref().map_or(0, |row| row.problems));
    let is_open = Memo::new(move |_| state.shown.get() == index);
    let current = move || is_open.get().then_some("true");
    let is_hidden = move || {
        let needle = needle.get();
        row.with(|row| row.as_ref().is_some_and(|row| !is_found(row, &needle)))
    };
    view! {
        <li hidden=is_hidden>
            <button
                type="submit"
                class="step-list-step"
                id=format!("step-{index}")
                name=names::PRESS
                value=Press::Edit(DraftEdit::Select(index)).to_text()
                formaction=move || format!("{}#step", state.path())
                aria-current=current
            >
                <span class="step-list-number">{index + 1}</span>
                <span class="step-list-name">{move || with(|row| format::visible(&row.title))}</span>
                <span class="step-list-kind">{move || with(|row| format::visible(&row.kind))}</span>
                {move || (problems() > 0).then(|| view! {
                    <span class="step-list-problems">{format::count(problems(), "problem")}</span>
                })}
            </button>
        </li>
    }
}
