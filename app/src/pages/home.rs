//! The start page: what needs a person, what runs, how it has been.

use std::time::Duration;

use engine::{Action, Role, Timestamp, WorkflowStatus};
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::visit::use_visit;
use crate::api::workflows::{Failure, Overview, WorkflowRow, read_overview};
use crate::components::live_sign::LiveSign;
use crate::components::moment::Moment;
use crate::components::page_header::PageHeader;
use crate::components::progress_bar::ProgressBar;
use crate::components::status_badge::{State, StatusBadge};
use crate::components::workflow_table::{WorkflowTable, now_at, took};
use crate::live::{Link, LiveList};
use crate::pages::problem::RetryingPage;
use crate::{format, paths};

/// How often the page asks while it is shown.
const EVERY: Duration = Duration::from_secs(3);

/// The page.
#[component]
pub fn HomePage() -> impl IntoView {
    let live = LiveList::default();
    let read = move |()| async move { live.heard(read_overview().await) };
    let overview = Resource::new(|| (), read);
    live.keep_fresh(EVERY, move || overview.refetch());
    view! {
        <Title text="Home"/>
        <Transition fallback=|| view! { <p class="loading">"Loading…"</p> }>
            {move || Suspend::new(async move {
                match live.shown(overview.await) {
                    Ok(overview) => view! { <Content overview link=live.link()/> }.into_any(),
                    Err(error) => view! { <RetryingPage error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// The page with its data.
#[component]
fn Content(
    /// The data.
    overview: Overview,
    /// How the page comes by its data just now.
    link: ReadSignal<Link>,
) -> impl IntoView {
    let now = overview.now;
    view! {
        <PageHeader title="Home">
            <LiveSign
                link
                at=Signal::stored(now)
                href=paths::HOME.to_owned()
            />
        </PageHeader>
        {overview.is_new.then(|| view! { <FirstUse/> })}
        <Attention rows=overview.attention now/>
        <Running rows=overview.running now/>
        <Recent rows=overview.recent now/>
    }
    .into_any()
}

/// What to do when nobody has made anything yet.
#[component]
fn FirstUse() -> impl IntoView {
    let may_edit = use_visit().may(Role::Editor);
    view! {
        <section class="card first-use" aria-labelledby="first-use">
            <h2 id="first-use">"Make your first workflow"</h2>
            <p>"Pick steps from a list, fill in a form for each, say what waits for what, and start it."</p>
            <p class="first-use-actions">
                {may_edit.then(|| view! {
                    <a class="button button-primary" href=paths::NEW_DEFINITION>"New workflow"</a>
                })}
                <a class="button" href=paths::STEP_TYPES>"See what steps can do"</a>
            </p>
        </section>
    }
}

/// What needs a person.
#[component]
fn Attention(
    /// Failed and paused workflows.
    rows: Vec<WorkflowRow>,
    /// When this was true.
    now: Timestamp,
) -> impl IntoView {
    if rows.is_empty() {
        return view! {
            <section class="home-part" aria-labelledby="attention">
                <h2 id="attention">"Needs attention"</h2>
                <p class="empty">"Nothing failed and nothing is paused."</p>
            </section>
        }
        .into_any();
    }
    let count = rows.len();
    let items = rows
        .into_iter()
        .map(|row| view! { <AttentionItem row now/> })
        .collect_view();
    view! {
        <section class="home-part" aria-labelledby="attention">
            <h2 id="attention">"Needs attention " <span class="count">{count}</span></h2>
            <ul class="attention">{items}</ul>
        </section>
    }
    .into_any()
}

/// One workflow that needs a person.
#[component]
fn AttentionItem(
    /// The workflow.
    row: WorkflowRow,
    /// When this was true.
    now: Timestamp,
) -> impl IntoView {
    let recover = Action::recover(row.current_step);
    let may_recover = row.is_recoverable && use_visit().may(recover.needs());
    let id = row.id;
    let what = match &row.failure {
        Some(Failure {
            step: Some(step), ..
        }) => format!("{step} failed"),
        Some(Failure { step: None, .. }) => "In quarantine".to_owned(),
        None if row.status == WorkflowStatus::Paused => format!("Paused at {}", now_at(&row)),
        None => String::new(),
    };
    let why = row
        .failure
        .map(|failure| format::first_sentence(&failure.error));
    let since = row
        .completed_at
        .or(row.started_at)
        .unwrap_or(row.created_at);
    let name = format!("{} #{id}", row.name);
    view! {
        <li class="attention-item" data-state=row.status.as_str() data-workflow=id.to_string()>
            <div class="attention-head">
                <StatusBadge state=State::from(row.status)/>
                <a class="attention-name" href=paths::workflow(id)>
                    {row.name.clone()} <span class="workflow-number">{format!(" #{id}")}</span>
                </a>
                <span class="attention-when"><Moment at=since text=format::ago(since, now)/></span>
            </div>
            <p class="attention-what">
                <strong>{what}</strong>
                {why.map(|why| view! { <span class="attention-why">{why}</span> })}
            </p>
            <p class="attention-actions">
                <a class="button" href=paths::workflow(id) aria-label=format!("Open {name}")>"Open"</a>
                {may_recover.then(|| view! {
                    <a
                        class="button"
                        href=paths::recover_workflow(id, Some(row.current_step))
                        aria-label=format!("Recover {name}")
                    >
                        "Recover…"
                    </a>
                })}
            </p>
        </li>
    }
    .into_any()
}

/// What runs.
#[component]
fn Running(
    /// Running and recovering workflows.
    rows: Vec<WorkflowRow>,
    /// When this was true.
    now: Timestamp,
) -> impl IntoView {
    let count = rows.len();
    let items = rows
        .into_iter()
        .map(|row| {
            let state = State::from(row.status);
            let label = format!("Progress of {} #{}", row.name, row.id);
            view! {
                <li class="running-item" data-workflow=row.id.to_string()>
                    <StatusBadge state/>
                    <a class="running-name" href=paths::workflow(row.id)>
                        {row.name.clone()} <span class="workflow-number">{format!(" #{}", row.id)}</span>
                    </a>
                    <ProgressBar percent=row.percent state label/>
                    <span class="running-now">{now_at(&row)}</span>
                    <span class="running-took number">{took(&row, now)}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="home-part" aria-labelledby="running">
            <h2 id="running">"Running " {(count > 0).then(|| view! { <span class="count">{count}</span> })}</h2>
            {if count == 0 {
                view! { <p class="empty">"Nothing runs just now."</p> }.into_any()
            } else {
                view! { <ul class="running">{items}</ul> }.into_any()
            }}
        </section>
    }
    .into_any()
}

/// What ended last.
#[component]
fn Recent(
    /// Workflows that ended.
    rows: Vec<WorkflowRow>,
    /// When this was true.
    now: Timestamp,
) -> impl IntoView {
    let is_empty = rows.is_empty();
    view! {
        <section class="home-part" aria-labelledby="recent">
            <h2 id="recent">"Recent"</h2>
            {if is_empty {
                view! { <p class="empty">"Nothing has ended yet."</p> }.into_any()
            } else {
                view! {
                    <WorkflowTable rows now caption="Workflows that ended last"/>
                    <p class="more"><a href=paths::WORKFLOWS>"All workflows"</a></p>
                }
                .into_any()
            }}
        </section>
    }
    .into_any()
}
