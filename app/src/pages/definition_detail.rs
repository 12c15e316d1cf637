//! One definition.

use engine::{DefinitionId, Role, Timestamp};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use serde_json::Value;

use crate::api::definitions::{DefinitionOverview, look_at_definition};
use crate::api::visit::use_visit;
use crate::api::workflows::WorkflowRow;
use crate::components::definition_steps::{DefinitionSteps, picture_nodes};
use crate::components::dependency_picture::DependencyPicture;
use crate::components::notice::sentence;
use crate::components::page_header::PageHeader;
use crate::components::workflow_table::WorkflowTable;
use crate::pages::problem::ProblemPage;
use crate::plain_words::{ON_FAILURE, meaning};
use crate::{format, paths};

/// A definition's latest version, its steps, its picture, its newest workflows.
#[component]
pub fn DefinitionDetailPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| numbered(params.get("id"))));
    let overview = Resource::new(move || id.get(), look_at_definition);
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match overview.await {
                    Ok(overview) => view! { <Overview overview/> }.into_any(),
                    Err(error) => view! { <ProblemPage error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// The number in a URL; a text that is none is the number of nothing.
pub(super) fn numbered(text: Option<String>) -> DefinitionId {
    let number = text.and_then(|text| text.parse().ok());
    DefinitionId(number.unwrap_or(0))
}

/// The way to the pages of one definition.
pub(super) fn trail() -> Vec<(String, String)> {
    vec![("Definitions".to_owned(), paths::DEFINITIONS.to_owned())]
}

/// Everything on the page.
#[component]
fn Overview(
    /// What is shown.
    overview: DefinitionOverview,
) -> impl IntoView {
    let DefinitionOverview {
        saved,
        specs,
        workflows,
        now,
    } = overview;
    let visit = use_visit();
    let id = saved.definition_id;
    let json = &saved.definition;
    let name = format::visible(json["name"].as_str().unwrap_or_default());
    let subtitle = format!(
        "Version {}, saved by {} {}",
        saved.version,
        saved.saved_by,
        format::ago(saved.saved_at, now)
    );
    let nodes = picture_nodes(json, &specs);
    let pretty = format::pretty_json(json);
    view! {
        <Title text=name.clone()/>
        <PageHeader title=name subtitle=subtitle trail=trail()>
            {visit.may(Role::Editor).then(|| view! { <a class="button" href=paths::edit_definition(id)>"Edit"</a> })}
            {visit.may(Role::Operator).then(|| view! { <a class="button button-primary" href=paths::start_definition(id)>"Start"</a> })}
        </PageHeader>
        <section class="page-part" aria-labelledby="picture-title">
            <h2 id="picture-title">"Picture"</h2>
            <DependencyPicture nodes=Signal::stored(nodes) selected=Signal::stored(None)/>
        </section>
        <section class="page-part" aria-labelledby="steps-title">
            <h2 id="steps-title">"Steps"</h2>
            <DefinitionSteps definition=json.clone() specs/>
        </section>
        <Newest id rows=workflows now/>
        <Rules definition=json.clone()/>
        <details class="builder-part">
            <summary>"Show JSON"</summary>
            <pre class="code" tabindex="0">{pretty}</pre>
        </details>
    }
}

/// The newest workflows made of it.
#[component]
fn Newest(
    /// The definition's number.
    id: DefinitionId,
    /// The workflows, newest first.
    rows: Vec<WorkflowRow>,
    /// When this was true.
    now: Timestamp,
) -> impl IntoView {
    let is_empty = rows.is_empty();
    view! {
        <section class="page-part" aria-labelledby="recent-title">
            <h2 id="recent-title">"Newest workflows"</h2>
            {if is_empty {
                view! { <p class="muted">"It was not started yet."</p> }.into_any()
            } else {
                view! {
                    <WorkflowTable rows now caption="Newest workflows of this definition"/>
                    <p class="more"><a href=paths::workflows_of(id)>"All workflows of this definition"</a></p>
                }
                .into_any()
            }}
        </section>
    }
}

/// What holds for the whole definition.
#[component]
fn Rules(
    /// The definition.
    definition: Value,
) -> impl IntoView {
    let budget = definition["max_recovery_attempts"]
        .as_u64()
        .unwrap_or_default();
    let on_failure = definition["on_failure"].as_str().unwrap_or_default();
    let on_failure = sentence(&meaning(ON_FAILURE, on_failure));
    let parameters = definition["parameters"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let parameters = if parameters.is_empty() {
        "None.".to_owned()
    } else {
        format::visible(&engine::draft::parameters::to_text(&parameters))
    };
    view! {
        <section class="page-part" aria-labelledby="rules-title">
            <h2 id="rules-title">"Rules"</h2>
            <dl class="pairs">
                <dt>"When a step fails"</dt><dd>{on_failure}</dd>
                <dt>"Recoveries"</dt><dd>{format!("At most {budget}.")}</dd>
                <dt>"Parameters"</dt><dd class="pairs-code">{parameters}</dd>
            </dl>
        </section>
    }
}
