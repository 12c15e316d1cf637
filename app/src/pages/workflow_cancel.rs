//! Asks before a workflow is stopped for good.

use engine::{Action, TaskStatus, WorkflowStatus};
use leptos::prelude::*;

use crate::api::command_id;
use crate::api::visit::use_visit;
use crate::api::workflows::{CancelWorkflow, WorkflowView, read_workflow};
use crate::components::question::{Question, why_not};
use crate::pages::problem::{ForbiddenPage, ProblemPage};
use crate::pages::workflow::id_in_path;
use crate::{format, paths};

/// The page.
#[component]
pub fn CancelPage() -> impl IntoView {
    let id = id_in_path();
    let view = Resource::new(
        move || id.get(),
        |id| async move { read_workflow(id?, None, None).await },
    );
    view! {
        <Transition fallback=|| view! { <p class="loading">"Loading…"</p> }>
            {move || Suspend::new(async move {
                match view.await {
                    Ok(view) => view! { <Cancellation view/> }.into_any(),
                    Err(error) => view! { <ProblemPage error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// What will happen, and the two ways out.
#[component]
fn Cancellation(
    /// The workflow.
    view: WorkflowView,
) -> impl IntoView {
    let cancel = ServerAction::<CancelWorkflow>::new();
    let answer = Signal::derive(move || cancel.value().get());
    let busy = cancel.pending();
    let needs = Action::Cancel.needs();
    if !use_visit().may(needs) {
        return view! { <ForbiddenPage needs/> }.into_any();
    }
    let summary = &view.state.summary;
    let id = view.state.id;
    let name = format!("{} #{id}", view.state.name);
    let why_not = why_not(summary, Action::Cancel.as_str());
    let command = command_id::of_action(&view.command_id, &Action::Cancel, summary.events);
    let effects = effects(&view);
    view! {
        <Question id name verb="Cancel" mark="?" answer why_not>
            <div class="card">
                <p>"This stops the workflow:"</p>
                <ul class="effects">{effects}</ul>
                <ActionForm action=cancel>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name=command_id::FIELD value=command/>
                    <div class="form-actions">
                        <a class="button" href=paths::workflow(id)>"Keep it going"</a>
                        <button type="submit" class="button button-danger" disabled=busy>"Cancel the workflow"</button>
                    </div>
                </ActionForm>
            </div>
        </Question>
    }
    .into_any()
}

fn effects(view: &WorkflowView) -> Vec<AnyView> {
    let names = |wanted: TaskStatus| {
        let tasks = view
            .progress
            .tasks
            .iter()
            .filter(move |task| task.status == wanted);
        tasks
            .map(|task| format::visible(&task.name))
            .collect::<Vec<_>>()
    };
    let running = names(TaskStatus::Running);
    let counts = &view.progress.summary.counts;
    let waiting = counts.pending + counts.queued + counts.retrying;
    let mut lines = Vec::new();
    if !running.is_empty() {
        let (verb, they) = if running.len() == 1 {
            ("is", "it is")
        } else {
            ("are", "they are")
        };
        let names = running.join(", ");
        let text = format!(
            "{names} {verb} told to stop, and ended by force if {they} still alive after 10 s."
        );
        lines.push(view! { <li>{text}</li> }.into_any());
    }
    if waiting > 0 {
        let text = format!("{} will not run.", format::count(waiting, "waiting step"));
        lines.push(view! { <li>{text}</li> }.into_any());
    }
    if counts.completed > 0 {
        let text = format!(
            "The results of {} are kept.",
            format::count(counts.completed, "completed step")
        );
        lines.push(view! { <li>{text}</li> }.into_any());
    }
    let recovery = if view.progress.summary.status == WorkflowStatus::Pending {
        "It cannot be started afterwards."
    } else {
        "It can be recovered from a step afterwards, as long as recoveries are left."
    };
    lines.push(view! { <li>{recovery}</li> }.into_any());
    lines
}
