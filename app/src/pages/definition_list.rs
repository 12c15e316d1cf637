//! The list of definitions.

use engine::Role;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::api::definitions::{DefinitionList, DefinitionRow, list_definitions};
use crate::api::visit::use_visit;
use crate::components::page_header::PageHeader;
use crate::pages::problem::ProblemPage;
use crate::{format, paths};

/// All definitions, the newest first.
#[component]
pub fn DefinitionListPage() -> impl IntoView {
    let query = use_query_map();
    let cursor = Memo::new(move |_| query.with(|query| query.get("cursor")?.parse().ok()));
    let list = Resource::new(move || cursor.get(), list_definitions);
    let may_edit = use_visit().may(Role::Editor);
    view! {
        <Title text="Definitions"/>
        <PageHeader title="Definitions" subtitle="What workflows are made from: steps, and what runs after what.">
            {may_edit.then(|| view! {
                <a class="button button-primary" href=paths::NEW_DEFINITION>"New definition"</a>
            })}
        </PageHeader>
        <Transition>
            {move || Suspend::new(async move {
                match list.await {
                    Ok(list) => draw(list, cursor.get_untracked().is_some(), may_edit).into_any(),
                    Err(error) => view! { <ProblemPage error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

fn draw(list: DefinitionList, is_later: bool, may_edit: bool) -> impl IntoView {
    if list.rows.is_empty() {
        return view! { <Empty may_edit/> }.into_any();
    }
    let now = list.now;
    let rows = list
        .rows
        .into_iter()
        .map(|row| {
            let DefinitionRow {
                id,
                name,
                version,
                steps,
                saved_at,
                saved_by,
            } = row;
            let spoken = format!("Start {name}");
            view! {
                <tr>
                    <th scope="row"><a href=paths::definition(id)>{name}</a></th>
                    <td>{version}</td>
                    <td>{steps}</td>
                    <td>
                        <time datetime=saved_at.to_string() title=format::moment(saved_at)>
                            {format::ago(saved_at, now)}
                        </time>
                        " by " {saved_by}
                    </td>
                    <td><a class="button button-small" href=paths::start_definition(id) aria-label=spoken>"Start"</a></td>
                </tr>
            }
        })
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
                        <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <nav class="pager" aria-label="Pages">
            {is_later.then(|| view! { <a class="button button-small" href=paths::DEFINITIONS>"First page"</a> })}
            {list.next.map(|next| view! {
                <a class="button button-small" href=paths::definitions(Some(next))>"Older"</a>
            })}
        </nav>
    }
    .into_any()
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
