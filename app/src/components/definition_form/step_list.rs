//! The steps in the order they are listed, and the step types to add.

use engine::draft::DraftEdit;
use engine::draft::form::{Press, names};
use engine::draft::step_of;
use leptos::prelude::*;

use super::state::BuilderState;
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
    view! {
        <section class="step-list" aria-labelledby="step-list-title">
            <h2 id="step-list-title">"Steps"</h2>
            <Show when=move || count.get() == 0>
                <p class="step-list-empty">
                    "A workflow is a list of steps. Choose what the first one does."
                </p>
            </Show>
            <ol class="step-list-steps">
                <For each=move || 0..count.get() key=|index| *index let:index>
                    <Row index rows state/>
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
    /// The builder.
    state: BuilderState,
) -> impl IntoView {
    let with = move |read: fn(&StepRow) -> String| {
        rows.with(|rows| rows.get(index).map(read).unwrap_or_default())
    };
    let problems = move || rows.with(|rows| rows.get(index).map_or(0, |row| row.problems));
    let current = move || (state.shown.get() == index).then_some("true");
    view! {
        <li>
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
                <span class="step-list-name">{move || with(|row| row.title.clone())}</span>
                <span class="step-list-kind">{move || with(|row| row.kind.clone())}</span>
                {move || (problems() > 0).then(|| view! {
                    <span class="step-list-problems">{format::count(problems(), "problem")}</span>
                })}
            </button>
        </li>
    }
}

/// The catalogue: one press adds a step after the open one.
#[component]
fn AddStep(
    /// The builder.
    state: BuilderState,
) -> impl IntoView {
    let cards = state.specs.with_value(|specs| {
        specs
            .iter()
            .map(|spec| {
                let press = Press::Edit(DraftEdit::Add(spec.task_type.clone())).to_text();
                view! {
                    <li>
                        <button
                            type="submit"
                            class="step-card"
                            name=names::PRESS
                            value=press
                            formaction=move || format!("{}#step", state.path())
                        >
                            <span class="step-card-title">{spec.title.clone()}</span>
                            <span class="step-card-help">{format::first_sentence(&spec.help)}</span>
                        </button>
                    </li>
                }
            })
            .collect_view()
    });
    let after = move || {
        let shown = state.shown.get();
        state.draft.with(|draft| {
            if draft.steps.is_empty() {
                "It is the first step.".to_owned()
            } else {
                format!("It will run after \"{}\".", draft.step_title(shown))
            }
        })
    };
    view! {
        <section class="add-step" aria-labelledby="add-step-title">
            <h3 id="add-step-title">"Add a step"</h3>
            <p class="muted">{after}</p>
            <ul class="step-cards">{cards}</ul>
        </section>
    }
}
