//! The list of definitions.

use engine::{Role, Timestamp};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::api::definitions::{DefinitionList, DefinitionRow, list_definitions};
use crate::api::visit::use_visit;
use crate::components::moment::Moment;
use crate::components::page_header::PageHeader;
use crate::pages::problem::ProblemPage;
use crate::{format, paths};

/// All definitions, the newest first.
#[component]
pub fn DefinitionListPage() -> impl IntoView {
    let query = use_query_map();
    let cursor = Memo::new(move |_| query.with(|query| query.get("cursor")?.parse().ok()));
    let list = Resource::new(move || cursor.get(), list_definitions);
    let visit = use_visit();
    let rights = Rights {
        edit: visit.may(Role::Editor),
        start: visit.may(Role::Operator),
    };
    view! {
        <Title text="Definitions"/>
        <PageHeader title="Definitions" subtitle="What workflows are made from: steps, and what runs after what.">
            {rights.edit.then(|| view! {
                <a class="button button-primary" href=paths::NEW_DEFINITION>"New definition"</a>
            })}
        </PageHeader>
        <Transition>
            {move || Suspend::new(async move {
                match list.await {
                    Ok(list) => draw(list, cursor.get_untracked().is_some(), rights).into_any(),
                    Err(error) => view! { <ProblemPage error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// What the visitor's role allows here.
#[derive(Debug, Clone, Copy)]
struct Rights {
    /// Making definitions.
    edit: bool,
    /// Starting workflows of them.
    start: bool,
}

fn draw(list: DefinitionList, is_later: bool, rights: Rights) -> impl IntoView {
    if list.rows.is_empty() {
        return view! { <Empty may_edit=rights.edit/> }.into_any();
    }
    let now = list.now;
    let rows = list
        .rows
        .into_iter()
        .map(|row| line(row, now, rights))
        .collect_view();
    view! {
        <div class="table-scroll">
            <table class="table definition-table">
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Version"</th>
                        <th scope="col">"Steps"</th>
                        <th scope="col">"Saved"</th>
                        {rights.start.then(|| view! {
                            <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                        })}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <nav class="pages" aria-label="Pages">
            {is_later.then(|| view! { <a class="button button-small" href=paths::DEFINITIONS>"First page"</a> })}
            {list.next.map(|next| view! {
                <a class="button button-small" href=paths::definitions(Some(next))>"Older"</a>
            })}
        </nav>
    }
    .into_any()
}

/// One definition; whoever may start it gets the link.
fn line(row: DefinitionRow, now: Timestamp, rights: Rights) -> impl IntoView {
    let start = rights.start.then(|| {
        let spoken = format!("Start {}", row.name);
        view! {
            <td class="definition-row-start">
                <a class="button button-small" href=paths::start_definition(row.id) aria-label=spoken>"Start"</a>
            </td>
        }
    });
    view! {
        <tr>
            <th scope="row"><a href=paths::definition(row.id)>{row.name}</a></th>
            <td class="definition-version">{row.version}</td>
            <td class="definition-steps-count">{row.steps}</td>
            <td class="definition-saved"><Moment at=row.saved_at text=format::ago(row.saved_at, now)/> " by " {row.saved_by}</td>
            {start}
        </tr>
    }
}

/// What stands there before the first definition.
#[component]
fn Empty(
    /// Whether the visitor may make one.
    may_edit: bool,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p>"There is no definition yet. One is made from steps, with forms only."</p>
            {may_edit.then(|| view! {
                <p><a class="button button-primary" href=paths::NEW_DEFINITION>"Make the first one"</a></p>
            })}
        </div>
    }
}
