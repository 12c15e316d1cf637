//! Asks before a workflow is removed with its history: whoever does it types its name.

use engine::progress::Summary;
use engine::{Action, WorkflowId};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::api::command_id;
use crate::api::visit::use_visit;
use crate::api::workflows::{DeleteWorkflow, WorkflowView, read_workflow};
use crate::components::question::{Question, why_not};
use crate::pages::problem::{ForbiddenPage, ProblemPage};
use crate::pages::workflow::id_in_path;
use crate::{format, paths};

/// The page.
#[component]
pub fn DeletePage() -> impl IntoView {
    let id = id_in_path();
    let view = Resource::new(
        move || id.get(),
        |id| async move { read_workflow(id?, None, None).await },
    );
    // They outlive the question: it is drawn anew when the workflow turns out to have changed.
    let delete = ServerAction::<DeleteWorkflow>::new();
    let query = use_query_map();
    let typed = RwSignal::new(
        query.with_untracked(|query| query.get(paths::TYPED_NAME).unwrap_or_default()),
    );
    Effect::new(move |_| {
        if delete.value().with(|answer| matches!(answer, Some(Err(_)))) {
            view.refetch();
        }
    });
    view! {
        <Transition fallback=|| view! { <p class="loading">"Loading…"</p> }>
            {move || Suspend::new(async move {
                match view.await {
                    Ok(view) => view! { <Deletion view delete typed/> }.into_any(),
                    Err(error) => view! { <ProblemPage error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// What will be gone, and the two ways out.
#[component]
fn Deletion(
    /// The workflow.
    view: WorkflowView,
    /// What the button does.
    delete: ServerAction<DeleteWorkflow>,
    /// What was typed.
    typed: RwSignal<String>,
) -> impl IntoView {
    let answer = Signal::derive(move || delete.value().get());
    let busy = delete.pending();
    let needs = Action::Delete.needs();
    if !use_visit().may(needs) {
        return view! { <ForbiddenPage needs/> }.into_any();
    }
    let summary = view.state.summary.clone();
    let id = view.state.id;
    let name = format!("{} #{id}", view.state.name);
    let why_not = why_not(&summary, Action::Delete.as_str());
    let command = command_id::of_action(&view.command_id, &Action::Delete, summary.events);
    let losses = losses(id, &summary).map(|loss| view! { <li>{loss}</li> }.into_any());
    view! {
        <Question id name verb="Delete" mark="?" answer why_not>
            <div class="card">
                <p>"This removes for good, and nothing brings it back:"</p>
                <ul class="effects">{Vec::from(losses)}</ul>
                <ActionForm action=delete>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name=command_id::FIELD value=command/>
                    <input type="hidden" name="expected_rev" value=summary.events.to_string()/>
                    <TypedName name=view.state.name typed/>
                    <div class="form-actions">
                        <a class="button" href=paths::workflow(id)>"Keep it"</a>
                        <button type="submit" class="button button-danger" disabled=busy>"Delete the workflow"</button>
                    </div>
                </ActionForm>
            </div>
        </Question>
    }
    .into_any()
}

/// Where one types the name, so that nobody deletes another one than they think.
#[component]
fn TypedName(
    /// The name.
    name: String,
    /// What stands in it.
    typed: RwSignal<String>,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=paths::TYPED_NAME>"Name of the workflow"</label>
            <input
                id=paths::TYPED_NAME
                name=paths::TYPED_NAME
                type="text"
                autocomplete="off"
                required
                aria-describedby="typed-name-help"
                value=typed.get_untracked()
                on:input=move |event| typed.set(event_target_value(&event))
            />
            <p class="field-help" id="typed-name-help">
                "To go on, type " <strong>{format::visible(&name)}</strong> "."
            </p>
        </div>
    }
}

/// What is lost.
fn losses(id: WorkflowId, summary: &Summary) -> [String; 3] {
    let steps = format::count(summary.total_steps, "step");
    let events = usize::try_from(summary.events).unwrap_or(usize::MAX);
    let results = match summary.quarantine {
        Some(_) => "everything that can still be read of it".to_owned(),
        None => format!("{steps}, with results, tries and logs"),
    };
    [
        results,
        format!("its history of {}", format::count(events, "event")),
        format!(
            "its place in job #{}; the number {id} is not given out again",
            summary.job_id
        ),
    ]
}
