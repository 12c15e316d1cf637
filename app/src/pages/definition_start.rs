//! The form that starts a workflow of a definition. It is a plain form, posted to its own URL.

use engine::draft::DefinitionDraft;
use engine::step_form::{FieldKind, FieldSpec};
use engine::{DefinitionId, Problem, WorkflowId};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use serde_json::Value;

use super::definition_detail::{numbered, trail};
use crate::api::command_id;
use crate::api::definitions::start::{StartPage, names, open_start};
use crate::components::field::{Field, FieldView};
use crate::components::notice::{ErrorNotice, Notice, Tone};
use crate::components::page_header::PageHeader;
use crate::components::problem_list::{ProblemLine, ProblemList, field_id, problems_at};
use crate::pages::problem::ProblemPage;
use crate::{format, paths};

/// Asks for parameters, job number and metadata, and starts.
#[component]
pub fn DefinitionStartPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| numbered(params.get("id"))));
    let query = use_query_map();
    let form = move || query.with_untracked(|query| query.get(paths::FORM));
    let page = Resource::new(move || id.get(), move |id| open_start(id, form()));
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(page) => {
                        let is_at_its_address = form().as_ref() == Some(&page.command_id);
                        view! { <StartForm page is_at_its_address/> }.into_any()
                    }
                    Err(error) => view! { <ProblemPage error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// Gives the form an address of its own: who goes back to it after sending it finds the same one,
/// and not another whose command would be done once more.
fn show_own_address(page: &StartPage) {
    let path = paths::start_form(page.saved.definition_id, &page.command_id);
    #[cfg(feature = "ssr")]
    leptos_axum::redirect(&path);
    // In the browser only, as all effects.
    Effect::new(move |_| crate::address::show(&path));
}

/// The form with everything that was typed.
#[component]
fn StartForm(
    /// What is drawn.
    page: StartPage,
    /// Whether the address names this form already.
    is_at_its_address: bool,
) -> impl IntoView {
    super::set_status(page.status);
    if !page.posted && !is_at_its_address {
        show_own_address(&page);
    }
    let id = page.saved.definition_id;
    let name = format::visible(page.saved.definition["name"].as_str().unwrap_or_default());
    let mut trail = trail();
    trail.push((name.clone(), paths::definition(id)));
    let title = format!("Start {name}");
    let version = page.saved.version;
    let lines = Signal::stored(problem_lines(&page.problems));
    let (error, api_call) = (page.error.clone(), page.api_call.clone());
    let sent_before = page
        .sent_before
        .map(|workflow| view! { <SentBefore id workflow/> });
    let command_id = page.command_id.clone();
    view! {
        <Title text=title.clone()/>
        <PageHeader title trail subtitle=format!("Version {version}")/>
        <form class="start-form" method="post" action=paths::start_definition(id)>
            <input type="hidden" name=command_id::FIELD value=command_id/>
            {sent_before}
            {error.map(|error| view! { <ErrorNotice error/> })}
            <ProblemList lines/>
            <Fields page/>
            <Buttons/>
            {api_call.map(|call| view! {
                <Notice tone=Tone::Info title="The same as an API call; put a token of yours into TOKEN.">
                    <pre class="code" tabindex="0">{format::visible(&call)}</pre>
                </Notice>
            })}
        </form>
    }
}

/// What came of the form already.
#[component]
fn SentBefore(
    /// The definition's number.
    id: DefinitionId,
    /// The workflow that was made.
    workflow: WorkflowId,
) -> impl IntoView {
    view! {
        <Notice tone=Tone::Info title=format!("Workflow #{workflow} came of this form.")>
            <p>
                "Sent again as it was, it leads to "
                <a href=paths::workflow(workflow)>{format!("workflow #{workflow}")}</a>
                "; with other values it makes another one. For one more with the same values, "
                <a href=paths::start_definition(id) rel="external">"begin a new form"</a>
                "."
            </p>
        </Notice>
    }
}

/// The label of the job's number.
const JOB_NUMBER: &str = "Job number";
/// The label of what the caller wants to remember.
const METADATA: &str = "Metadata";

/// What is wrong, each with the label of its field: the last part of its pointer.
fn problem_lines(problems: &[Problem]) -> Vec<ProblemLine> {
    let line = |problem: &Problem| {
        let mut line = ProblemLine::of(problem, 0, &DefinitionDraft::default(), &[]);
        let field = problem.pointer.rsplit('/').next().unwrap_or_default();
        line.place = match problem.pointer.as_str() {
            "#/job_id" => JOB_NUMBER.to_owned(),
            "#/metadata" => METADATA.to_owned(),
            _ => field.to_owned(),
        };
        line
    };
    problems.iter().map(line).collect()
}

/// Parameters, job number, metadata.
#[component]
fn Fields(
    /// What is drawn.
    page: StartPage,
) -> impl IntoView {
    let StartPage {
        saved,
        parameters,
        job_id,
        metadata,
        problems,
        ..
    } = page;
    let field = |spec: FieldSpec, name: String, pointer: &str, text: String| {
        let problems = Signal::stored(problems_at(&problems, pointer));
        let id = field_id(pointer);
        let field = FieldView {
            spec,
            name,
            id,
            text,
        };
        view! { <Field field problems/> }
    };
    let defaults = &saved.definition["parameters"];
    let parameters: Vec<_> = parameters
        .into_iter()
        .map(|(name, text)| {
            let posted = format!("{}{name}", names::PARAMETER_PREFIX);
            let pointer = format!("#/parameters/{name}");
            field(parameter(&name, &defaults[&name]), posted, &pointer, text)
        })
        .collect();
    let job = spec(
        JOB_NUMBER,
        "Another run of a known job, or a number of your own. Empty means the next free one",
        FieldKind::Text,
    );
    let notes = spec(
        METADATA,
        "What you want to remember with it",
        FieldKind::KeyValues,
    );
    view! {
        <fieldset class="step-form-part">
            <legend>"Parameters"</legend>
            {if parameters.is_empty() {
                view! { <p class="muted">"It takes no parameters."</p> }.into_any()
            } else {
                parameters.into_any()
            }}
        </fieldset>
        <fieldset class="step-form-part">
            <legend>"Job"</legend>
            {field(job, names::JOB_ID.to_owned(), "#/job_id", job_id)}
            {field(notes, names::METADATA.to_owned(), "#/metadata", metadata)}
        </fieldset>
    }
}

/// What can be done with what was typed.
#[component]
fn Buttons() -> impl IntoView {
    view! {
        <div class="builder-buttons">
            <button type="submit" class="button button-primary" name=names::PRESS value=names::START>"Start"</button>
            <button type="submit" class="button" name=names::PRESS value=names::CREATE>"Create without starting"</button>
            <button type="submit" class="button button-quiet" name=names::PRESS value=names::API_CALL>"Show as API call"</button>
        </div>
    }
}

/// The field of one parameter, by the sort of its default.
fn parameter(name: &str, default: &Value) -> FieldSpec {
    let help = match default {
        Value::String(_) => "Text",
        Value::Number(_) => "A number",
        Value::Bool(_) => "true or false",
        Value::Array(_) => "A JSON list",
        Value::Object(_) => "A JSON object",
        Value::Null => "Text, or anything that reads as JSON",
    };
    let kind = match default {
        Value::String(text) if text.contains('\n') => FieldKind::LongText,
        Value::Array(_) | Value::Object(_) => FieldKind::LongText,
        _ => FieldKind::Text,
    };
    spec(&format::visible(name), help, kind)
}

fn spec(label: &str, help: &str, kind: FieldKind) -> FieldSpec {
    FieldSpec {
        name: label.to_owned(),
        label: label.to_owned(),
        help: help.to_owned(),
        required: false,
        default: None,
        unit: None,
        kind,
    }
}
