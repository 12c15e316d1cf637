//! The picture of the draft, drawn anew on each change.

use engine::draft::DraftEdit;
use engine::draft::form::Press;
use leptos::prelude::*;

use super::state::BuilderState;
use super::{browser, step_list};
use crate::components::dependency_picture::{DependencyPicture, PictureNode};

/// Its nodes lead to the list; with scripts they open the step at once.
#[component]
pub fn Picture(
    /// The builder.
    state: BuilderState,
) -> impl IntoView {
    let nodes = Memo::new(move |_| {
        let rows = step_list::rows(state);
        state.draft.with(|draft| {
            rows.into_iter()
                .zip(&draft.steps)
                .enumerate()
                .map(|(index, (row, step))| PictureNode {
                    name: row.title,
                    note: row.kind,
                    state: None,
                    dependencies: step.dependencies.clone(),
                    href: format!("#step-{index}"),
                    problems: row.problems,
                })
                .collect::<Vec<_>>()
        })
    });
    let shown = Signal::derive(move || Some(state.shown.get()));
    let press = move |event: leptos::ev::MouseEvent| {
        if let Some(step) = browser::step_of_link(&event) {
            event.prevent_default();
            let focus = Some("step".to_owned());
            state.press(Press::Edit(DraftEdit::Select(step)), focus);
        }
    };
    let is_empty = move || state.draft.with(|draft| draft.steps.is_empty());
    view! {
        <section class="builder-picture" aria-labelledby="picture-title" hidden=is_empty on:click=press>
            <h2 id="picture-title">"Picture"</h2>
            <DependencyPicture nodes selected=shown/>
        </section>
    }
}
