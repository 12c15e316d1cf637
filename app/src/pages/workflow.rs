//! One workflow: state, progress, what failed, every step, the selected step's log. It follows
//! the event stream when scripts are there.

mod header;
mod live_state;
mod log_pane;

use engine::{WorkflowId, WorkflowStatus};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use self::header::WorkflowHeader;
use self::live_state::LiveState;
use self::log_pane::LogPane;
use crate::api::ApiError;
use crate::api::visit::use_visit;
use crate::api::workflows::{StepFacts, TypeTitles, WorkflowView, read_workflow};
use crate::components::dependency_picture::{DependencyPicture, NODES_MAX, PictureNode};
use crate::components::error_card::{ErrorCard, FailedStep};
use crate::components::notice::ErrorNotice;
use crate::components::start_values::StartValues;
use crate::components::status_badge::State;
use crate::components::step_panel::StepPanel;
use crate::components::task_table::{TaskTable, TaskTableData, tries};
use crate::components::workflow_controls::WorkflowActions;
use crate::pages::problem::ProblemPage;
use crate::{format, paths};

/// The number in the URL.
pub(super) fn id_in_path() -> Memo<Result<WorkflowId, ApiError>> {
    let params = use_params_map();
    Memo::new(move |_| {
        let text = params.with(|params| params.get("id").unwrap_or_default());
        text.parse().map_err(|_| ApiError::Unreadable(text))
    })
}

/// The page.
#[component]
pub fn WorkflowPage() -> impl IntoView {
    let id = id_in_path();
    let query = use_query_map();
    let view = Resource::new(
        move || id.get(),
        move |id| {
            // Another selected step is fetched by itself; only another workflow is a new page.
            let step = query.with_untracked(|query| query.get("step"));
            let log = query.with_untracked(|query| query.get("log"));
            async move { read_workflow(id?, step, log).await }
        },
    );
    view! {
        <Transition fallback=|| view! { <p class="loading">"Loading…"</p> }>
            {move || Suspend::new(async move {
                match view.await {
                    Ok(view) => view! { <LiveWorkflow view/> }.into_any(),
                    Err(error) => view! { <ProblemPage error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// The part that owns what moves.
#[component]
fn LiveWorkflow(
    /// What the server sent.
    view: WorkflowView,
) -> impl IntoView {
    let user = use_visit().user;
    let id = view.state.id;
    let name = format::visible(&view.state.name);
    let steps = StoredValue::new(view.steps.clone());
    let titles = StoredValue::new(view.titles.clone());
    let facts = view.state.clone();
    let actions = WorkflowActions::new(view.command_id.clone());
    let state = LiveState::new(view);
    let progress = state.progress;
    // On the server the head is written last, when the page's own signals may be gone already.
    let at_first = title(
        &name,
        state.id,
        state.status.get_untracked(),
        state.percent.get_untracked(),
    );
    let title = move || match (state.status.try_get(), state.percent.try_get()) {
        (Some(status), Some(percent)) => title(&name, state.id, status, percent),
        _ => at_first.clone(),
    };
    let failed = Memo::new(move |_| failed_step(state, steps, titles));
    let needs = engine::Action::recover(0).needs();
    let has_role = user.as_ref().is_some_and(|user| user.may(needs));
    let may_recover =
        move || has_role && progress.with(|progress| progress.summary.is_recoverable());
    let nodes = Memo::new(move |_| nodes(state, id, titles));
    let data = TaskTableData {
        id,
        progress: progress.into(),
        steps,
        titles,
        now: state.now.into(),
        selected: state.selected.into(),
    };
    let LogPane { panel, log, .. } = state.pane;
    let task = move || progress.with(|p| p.tasks.get(panel.with(|panel| panel.step)).cloned());
    view! {
        <Title text=title/>
        <WorkflowHeader id facts=facts.clone() state user actions/>
        <Refusals actions/>
        <ErrorCard
            id
            failed
            log=state.failure_log
            may_recover=Signal::derive(may_recover)
        />
        <div class="workflow-body" hidden=move || progress.with(|p| p.tasks.is_empty())>
            <DependencyPicture
                nodes
                selected=Signal::derive(move || Some(state.selected.get()))
            />
            <div class="workflow-steps">
                <h2>"Steps"</h2>
                <TaskTable data/>
            </div>
            <StepPanel
                id
                task=Signal::derive(task)
                steps
                titles
                panel
                log
            />
        </div>
        <StartValues facts=&facts/>
    }
    .into_any()
}

/// The tab's title: the state first.
fn title(name: &str, id: WorkflowId, status: WorkflowStatus, percent: u8) -> String {
    let glyph = State::from(status).glyph();
    if status.is_terminal() {
        format!("{glyph} {name} #{id}")
    } else {
        format!("{glyph} {percent}% {name} #{id}")
    }
}

/// What the server said no to, where the buttons are.
#[component]
fn Refusals(
    /// The buttons' actions.
    actions: WorkflowActions,
) -> impl IntoView {
    let (start, pause, resume) = (
        actions.start.value(),
        actions.pause.value(),
        actions.resume.value(),
    );
    let refusal = move || {
        [start.get(), pause.get(), resume.get()]
            .into_iter()
            .flatten()
            .find_map(Result::err)
    };
    move || refusal().map(|error| view! { <ErrorNotice error/> })
}

fn failed_step(
    state: LiveState,
    steps: StoredValue<Vec<StepFacts>>,
    titles: StoredValue<TypeTitles>,
) -> Option<FailedStep> {
    if state.status.get() != WorkflowStatus::Failed {
        return None;
    }
    state.progress.with(|progress| {
        let step = progress.failed_step()?;
        let task = progress.tasks.get(step)?;
        let retries = steps.with_value(|steps| steps.get(step).map_or(0, |s| s.max_retries));
        Some(FailedStep {
            step,
            name: format::visible(&task.name),
            kind: titles.with_value(|titles| titles.title(&task.task_type)),
            error: format::visible(task.error_message.as_deref().unwrap_or_default()),
            tries: format!("try {}", tries(task, retries)),
            others: progress.summary.failed_tasks.saturating_sub(1),
        })
    })
}

fn nodes(state: LiveState, id: WorkflowId, titles: StoredValue<TypeTitles>) -> Vec<PictureNode> {
    state.progress.with(|progress| {
        if progress.tasks.len() > NODES_MAX {
            // Not drawn: only their number is told.
            return vec![PictureNode::default(); progress.tasks.len()];
        }
        progress
            .tasks
            .iter()
            .enumerate()
            .map(|(index, task)| PictureNode {
                name: task.name.clone(),
                note: titles.with_value(|titles| titles.title(&task.task_type)),
                state: Some(task.status.into()),
                dependencies: task.dependencies.clone(),
                href: paths::workflow_step(id, index),
                problems: 0,
            })
            .collect()
    })
}
