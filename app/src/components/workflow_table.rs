//! Workflows in a table: state, name, progress, where each is, when it started, how long it took.

use engine::{Timestamp, WorkflowStatus};
use leptos::prelude::*;

use super::moment::Moment;
use super::progress_bar::ProgressBar;
use super::status_badge::{State, StatusBadge};
use crate::api::workflows::WorkflowRow;
use crate::{format, paths};

/// The table.
#[component]
pub fn WorkflowTable(
    /// The workflows, in the order they are shown.
    rows: Vec<WorkflowRow>,
    /// When this was true.
    now: Timestamp,
    /// What the table holds, for screen readers.
    #[prop(into)]
    caption: String,
) -> impl IntoView {
    let rows = rows
        .into_iter()
        .map(|row| view! { <Row row now/> })
        .collect_view();
    view! {
        <table class="workflows">
            <caption class="visually-hidden">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">"State"</th>
                    <th scope="col">"Workflow"</th>
                    <th scope="col">"Progress"</th>
                    <th scope="col">"Now at"</th>
                    <th scope="col">"Started"</th>
                    <th scope="col" class="number">"Took"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// One workflow.
#[component]
fn Row(
    /// The workflow.
    row: WorkflowRow,
    /// When this was true.
    now: Timestamp,
) -> impl IntoView {
    let state = State::from(row.status);
    let took = took(&row, now);
    let now_at = now_at(&row);
    let error = row.failure.as_ref().map(|failure| {
        format!(
            "{}: {}",
            failure.step.as_deref().unwrap_or("In quarantine"),
            format::first_sentence(&failure.error)
        )
    });
    let started = match row.started_at {
        Some(at) => view! { <Moment at text=format::ago(at, now)/> }.into_any(),
        None => "not yet".into_any(),
    };
    view! {
        <tr class="workflow-row" data-state=state.slug() data-workflow=row.id.to_string()>
            <td class="workflow-row-state"><StatusBadge state/></td>
            <th scope="row" class="workflow-row-name">
                <a href=paths::workflow(row.id)>
                    {row.name.clone()} <span class="workflow-number">{format!(" #{}", row.id)}</span>
                </a>
                {error.map(|error| view! { <span class="workflow-row-error">{error}</span> })}
            </th>
            <td class="workflow-row-progress">
                <ProgressBar percent=row.percent state label=format!("Progress of {} #{}", row.name, row.id)/>
                <span class="workflow-row-steps">
                    {format!("{} of {}", row.done, format::count(row.total, "step"))}
                </span>
            </td>
            <td class="workflow-row-now">{now_at}</td>
            <td class="workflow-row-started">{started}</td>
            <td class="number">{took}</td>
        </tr>
    }
}

/// The steps under way, in words.
#[must_use]
pub fn now_at(row: &WorkflowRow) -> String {
    match row.now_at.as_slice() {
        [] if row.status.is_active() => format!("step {}", row.current_step + 1),
        [] => "–".to_owned(),
        [one] => one.clone(),
        [one, two] => format!("{one}, {two}"),
        [one, rest @ ..] => format!("{one} and {} more", rest.len()),
    }
}

/// How long it took, or has been going on.
#[must_use]
pub fn took(row: &WorkflowRow, now: Timestamp) -> String {
    match (row.started_at, row.completed_at) {
        (Some(started), Some(ended)) => format::duration(ended.since(started)),
        (Some(started), None) if row.status != WorkflowStatus::Pending => {
            format::elapsed(now.since(started))
        }
        _ => "–".to_owned(),
    }
}
