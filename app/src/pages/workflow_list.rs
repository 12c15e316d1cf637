//! All workflows, with filters in the URL.

use std::time::Duration;

use engine::{DefinitionId, Role, WorkflowId, WorkflowStatus};
use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use serde::{Deserialize, Serialize};

use crate::api::ApiError;
use crate::api::visit::use_visit;
use crate::api::workflows::{WorkflowRows, list_workflows};
use crate::components::live_sign::LiveSign;
use crate::components::notice::{Notice, Tone};
use crate::components::page_header::PageHeader;
use crate::components::status_badge::State;
use crate::components::workflow_table::WorkflowTable;
use crate::live::{Link, LiveList};
use crate::pages::problem::RetryingPage;
use crate::paths;

/// How often the page asks while it is shown.
const EVERY: Duration = Duration::from_secs(3);

/// The reference's queries, as tabs: what the query says, what people read.
const TABS: [(&str, &str); 4] = [
    ("", "All"),
    ("active", "Active"),
    ("failed", "Failed"),
    ("recoverable", "Recoverable"),
];

/// What the URL asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Filters {
    status: String,
    text: String,
    definition: Option<DefinitionId>,
    cursor: Option<i64>,
}

impl Filters {
    /// The same with another state, from the newest on.
    fn with_status(&self, status: &str) -> String {
        paths::workflows(status, &self.text, self.definition, None)
    }

    /// The same from another place on.
    fn from(&self, cursor: Option<i64>) -> String {
        paths::workflows(&self.status, &self.text, self.definition, cursor)
    }
}

/// The page.
#[component]
pub fn WorkflowListPage() -> impl IntoView {
    let query = use_query_map();
    let filters = Memo::new(move |_| {
        query.with(|query| Filters {
            status: query.get("status").unwrap_or_default(),
            text: query.get("q").unwrap_or_default(),
            definition: query
                .get("definition")
                .and_then(|text| text.parse().ok().map(DefinitionId)),
            cursor: query.get("cursor").and_then(|text| text.parse().ok()),
        })
    });
    let live = LiveList::default();
    let rows = Resource::new(
        move || filters.get(),
        move |filters| async move {
            let asked = filters.clone();
            let Filters {
                status,
                text,
                definition,
                cursor,
            } = filters;
            let answer = list_workflows(status, text, definition, cursor).await;
            (asked, live.heard(answer))
        },
    );
    live.keep_fresh(EVERY, move || rows.refetch());
    view! {
        <Title text="Workflows"/>
        <Transition fallback=|| view! { <p class="loading">"Loading…"</p> }>
            {move || Suspend::new(async move {
                let (asked, answer) = rows.await;
                match live.shown(answer.map(|rows| (asked.clone(), rows))) {
                    Ok((filters, rows)) if filters == asked => {
                        view! { <Content filters rows link=live.link()/> }.into_any()
                    }
                    // What was there before is no answer to another question.
                    Ok(_) => view! { <RetryingPage error=ApiError::SignedOut/> }.into_any(),
                    Err(error) => view! { <RetryingPage error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// The page with its data.
#[component]
fn Content(
    /// What the URL asks for.
    filters: Filters,
    /// The workflows.
    rows: WorkflowRows,
    /// How the page comes by its data just now.
    link: ReadSignal<Link>,
) -> impl IntoView {
    let now = rows.now;
    let here = filters.from(filters.cursor);
    let is_empty = rows.items.is_empty();
    let older = rows.next.map(|next| filters.from(Some(next)));
    let newest = filters.cursor.map(|_| filters.from(None));
    let shown = filters.clone();
    view! {
        <PageHeader title="Workflows">
            <LiveSign link at=Signal::stored(now) href=here/>
        </PageHeader>
        {deleted().map(|id| view! { <Notice tone=Tone::Success title=format!("Workflow #{id} was deleted.")/> })}
        <Tabs filters=filters.clone()/>
        <FilterForm filters/>
        {if is_empty {
            view! { <Empty filters=shown/> }.into_any()
        } else {
            view! { <WorkflowTable rows=rows.items now caption="Workflows, newest first"/> }.into_any()
        }}
        <nav class="pages" aria-label="Pages of the list">
            {newest.map(|href| view! { <a class="button" href=href>"Newest"</a> })}
            {older.map(|href| view! { <a class="button" href=href rel="next">"Older"</a> })}
        </nav>
    }
    .into_any()
}

/// The workflow that was deleted a moment ago, as the address says; it names a number and nothing else.
fn deleted() -> Option<WorkflowId> {
    let named = use_query_map().with_untracked(|query| query.get(paths::DELETED));
    named.and_then(|id| id.parse().ok())
}

/// The reference's queries.
#[component]
fn Tabs(
    /// What the URL asks for.
    filters: Filters,
) -> impl IntoView {
    let tabs = TABS
        .into_iter()
        .map(|(status, label)| {
            let current = (filters.status == status).then_some("page");
            let href = filters.with_status(status);
            view! { <li><a href=href aria-current=current>{label}</a></li> }
        })
        .collect_view();
    view! { <nav class="tabs" aria-label="Kinds of workflows"><ul>{tabs}</ul></nav> }
}

/// State and text. A plain form with the filters in the URL.
#[component]
fn FilterForm(
    /// What the URL asks for.
    filters: Filters,
) -> impl IntoView {
    let state_option = |status: WorkflowStatus| {
        let selected = filters.status == status.as_str();
        view! { <option value=status.as_str() selected=selected>{State::from(status).word()}</option> }
    };
    let states = WorkflowStatus::ALL
        .into_iter()
        .map(state_option)
        .collect_view();
    let group = TABS
        .into_iter()
        .skip(1)
        .filter(|(status, _)| status.parse::<WorkflowStatus>().is_err())
        .map(|(status, label)| {
            let selected = filters.status == status;
            view! { <option value=status selected=selected>{label}</option> }
        })
        .collect_view();
    let of = filters.definition;
    let has_filter = filters != Filters::default();
    let definition = filters.definition.map(|id| {
        view! {
            <p class="filters-definition">
                <input type="hidden" name="definition" value=id.to_string()/>
                "Only those of " <a href=paths::definition(id)>{format!("definition #{id}")}</a>
            </p>
        }
    });
    let (state, text) = (
        NodeRef::<html::Select>::new(),
        NodeRef::<html::Input>::new(),
    );
    let navigate = use_navigate();
    // A form that is left to the browser works too, but puts its empty fields into the URL.
    let go = move |event: SubmitEvent| {
        if let (Some(state), Some(text)) = (state.get_untracked(), text.get_untracked()) {
            event.prevent_default();
            let url = paths::workflows(&state.value(), text.value().trim(), of, None);
            navigate(&url, NavigateOptions::default());
        }
    };
    view! {
        <form method="get" action=paths::WORKFLOWS on:submit=go>
            <div class="filters" role="search" aria-label="Filter workflows">
                <label class="field-inline">
                    <span>"State"</span>
                    <select name="status" node_ref=state>
                        <option value="" selected=filters.status.is_empty()>"Any"</option>
                        {group}
                        {states}
                    </select>
                </label>
                <label class="field-inline filters-text">
                    <span>"Name or number"</span>
                    <input type="search" name="q" value=filters.text.clone() maxlength="200" node_ref=text/>
                </label>
                {definition}
                <button type="submit" class="button">"Filter"</button>
                {has_filter.then(|| view! { <a class="button button-quiet" href=paths::WORKFLOWS>"Clear"</a> })}
            </div>
        </form>
    }
    .into_any()
}

/// What is said when there is nothing to list.
#[component]
fn Empty(
    /// What the URL asks for.
    filters: Filters,
) -> impl IntoView {
    let may_edit = use_visit().may(Role::Editor);
    if filters == Filters::default() {
        return view! {
            <div class="card empty-state">
                <p>"No workflow has been started yet."</p>
                {may_edit.then(|| view! {
                    <p><a class="button button-primary" href=paths::NEW_DEFINITION>"New workflow"</a></p>
                })}
                <p class="hint">
                    "From a terminal, in a data folder of its own and therefore not listed here: "
                    <code>"job-orchestrator --data FOLDER run FILE"</code>
                </p>
            </div>
        }
        .into_any();
    }
    view! {
        <div class="card empty-state">
            <p>"No workflow matches these filters."</p>
            <p><a class="button" href=paths::WORKFLOWS>"Show all workflows"</a></p>
        </div>
    }
    .into_any()
}
