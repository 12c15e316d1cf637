//! The steps of a workflow with what each does, waits for or ended with.

mod words;

use engine::{Progress, TaskProgress, Timestamp, WorkflowId};
use leptos::prelude::*;

use super::status_badge::{State, StateMark};
use crate::api::workflows::{StepFacts, TypeTitles};
use crate::{format, paths};

pub use words::{tries, why_skipped};

/// A longer list shows only what moves or failed, unless everything is asked for.
const ROWS: usize = 300;

/// Everything the rows look at; the page owns it.
#[derive(Clone, Copy)]
pub struct TaskTableData {
    /// The workflow's number.
    pub id: WorkflowId,
    /// Everything that moves.
    pub progress: Signal<Progress>,
    /// What the definition says of each step.
    pub steps: StoredValue<Vec<StepFacts>>,
    /// What the types of its steps are called.
    pub titles: StoredValue<TypeTitles>,
    /// The present moment, for what ticks.
    pub now: Signal<Timestamp>,
    /// The selected step.
    pub selected: Signal<usize>,
}

/// The list.
#[component]
pub fn TaskTable(
    /// What it shows.
    data: TaskTableData,
) -> impl IntoView {
    let (shows_all, set_shows_all) = signal(false);
    let total = data
        .progress
        .with_untracked(|progress| progress.tasks.len());
    let visible = Memo::new(move |_| {
        let selected = data.selected.get();
        let all = shows_all.get();
        data.progress
            .with(|progress| visible(progress, selected, all))
    });
    let hidden = move || total - visible.with(Vec::len);
    view! {
        <table class="tasks">
            <caption class="visually-hidden">"Steps in the order of the definition"</caption>
            <thead>
                <tr>
                    <th scope="col">"Step"</th>
                    <th scope="col">"Type"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Try"</th>
                    <th scope="col" class="number">"Time"</th>
                </tr>
            </thead>
            <tbody>
                <For
                    each=move || visible.get()
                    key=|index| *index
                    children=move |index| view! { <Row data index/> }.into_any()
                />
            </tbody>
        </table>
        {move || (hidden() > 0).then(|| view! {
            <p class="tasks-more">
                {format!("{} more steps wait or are done. ", hidden())}
                <button type="button" class="button only-with-scripts" on:click=move |_| set_shows_all.set(true)>
                    "Show all"
                </button>
            </p>
        })}
    }
    .into_any()
}

fn visible(progress: &Progress, selected: usize, all: bool) -> Vec<usize> {
    use engine::TaskStatus::{
        Cancelled, Completed, Failed, Pending, Queued, Retrying, Running, Skipped,
    };
    let count = progress.tasks.len();
    if all || count <= ROWS {
        return (0..count).collect();
    }
    let current = progress.summary.current_step;
    let near = |index: usize| index.abs_diff(current) < 20 || index == selected;
    let tasks = progress.tasks.iter().enumerate();
    tasks
        .filter(|(index, task)| {
            near(*index)
                || match task.status {
                    Running | Failed | Retrying => true,
                    Pending | Queued | Completed | Skipped | Cancelled => false,
                }
        })
        .map(|(index, _)| index)
        .take(ROWS)
        .collect()
}

/// One step.
#[component]
fn Row(
    /// What the table shows.
    data: TaskTableData,
    /// The step's position.
    index: usize,
) -> impl IntoView {
    let task = Memo::new(move |_| data.progress.with(|p| p.tasks.get(index).cloned()));
    let fixed = move |look: fn(&TaskProgress) -> String| {
        task.with_untracked(|task| task.as_ref().map(look).unwrap_or_default())
    };
    let title = data
        .titles
        .with_value(|titles| titles.title(&fixed(|task| task.task_type.clone())));
    let state = Signal::derive(move || {
        task.with(|task| {
            task.as_ref()
                .map_or(State::Pending, |task| task.status.into())
        })
    });
    let step = data
        .steps
        .with_value(|steps| steps.get(index).cloned().unwrap_or_default());
    let max_retries = step.max_retries;
    let tried = move || {
        task.with(|task| {
            task.as_ref()
                .map(|task| tries(task, max_retries))
                .unwrap_or_default()
        })
    };
    let note = move || {
        data.progress
            .with(|progress| words::note(progress, index, &step, || data.now.get()))
    };
    let time = move || {
        task.with(|task| {
            task.as_ref()
                .map(|task| words::time(task, || data.now.get()))
        })
    };
    let is_selected = move || data.selected.get() == index;
    view! {
        <tr
            class="task"
            data-state=move || state.get().slug()
            data-step=index
            data-selected=move || is_selected().then_some("true")
        >
            <th scope="row" class="task-name">
                <a
                    href=paths::workflow_step(data.id, index)
                    data-noscroll
                    aria-current=move || is_selected().then_some("true")
                >
                    <StateMark state/>
                    <span class="task-number">{index + 1}</span>
                    <span class="task-name-text">{fixed(|task| format::visible(&task.name))}</span>
                </a>
            </th>
            <td class="task-type">{title}</td>
            <td class="task-state">
                <span class="state-word" data-state=move || state.get().slug()>
                    {move || state.get().word()}
                </span>
                <span class="task-note">{note}</span>
            </td>
            <td class="task-tries">{tried}</td>
            <td class="task-time number">{time}</td>
        </tr>
    }
}
