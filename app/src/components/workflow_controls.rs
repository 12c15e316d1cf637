//! The buttons of a workflow: exactly what the engine allows, with the reason on the others.

use engine::progress::Summary;
use engine::{Action, Actor, WorkflowId, allowed_actions};
use leptos::prelude::*;

use crate::api::workflows::{PauseWorkflow, ResumeWorkflow, StartWorkflow};
use crate::components::notice::sentence;
use crate::paths;

/// What the buttons that act at once do; the page owns them.
#[derive(Clone, Copy)]
pub struct WorkflowActions {
    /// Starts it.
    pub start: ServerAction<StartWorkflow>,
    /// Pauses it.
    pub pause: ServerAction<PauseWorkflow>,
    /// Lets it go on.
    pub resume: ServerAction<ResumeWorkflow>,
}

/// One button as it is now.
#[derive(Debug, Clone, PartialEq)]
struct Control {
    action: Action,
    /// Why not, when not.
    reason: Option<String>,
    /// Whether it is the first one that can be pressed.
    is_primary: bool,
}

fn controls(summary: &Summary, user: Option<&Actor>) -> Vec<Control> {
    let mut has_primary = false;
    allowed_actions(summary)
        .into_iter()
        .map(|(action, answer)| {
            let needs = action.needs();
            let reason = if user.is_some_and(|user| user.may(needs)) {
                answer.err()
            } else {
                Some(format!("this needs the role {needs}"))
            };
            let is_primary = reason.is_none() && !has_primary && action != Action::Cancel;
            has_primary |= is_primary;
            Control {
                action,
                reason,
                is_primary,
            }
        })
        .collect()
}

const fn label(action: Action) -> &'static str {
    match action {
        Action::Start => "Start",
        Action::Pause => "Pause",
        Action::Resume => "Resume",
        Action::Cancel => "Cancel…",
        Action::Recover { .. } => "Recover…",
    }
}

/// The buttons.
#[component]
pub fn WorkflowControls(
    /// The workflow's number.
    id: WorkflowId,
    /// What the engine judges by.
    #[prop(into)]
    summary: Signal<Summary>,
    /// Who looks at the page.
    user: Option<Actor>,
    /// What the buttons do.
    actions: WorkflowActions,
) -> impl IntoView {
    let controls = Memo::new(move |_| summary.with(|summary| controls(summary, user.as_ref())));
    view! {
        <div class="controls" role="group" aria-label="Control this workflow">
            {move || {
                controls
                    .get()
                    .into_iter()
                    .map(|control| view! { <ControlButton id control actions/> })
                    .collect_view()
            }}
        </div>
    }
}

/// One button: a form for what acts at once, a link for what asks first, a disabled button with
/// its reason otherwise.
#[component]
fn ControlButton(
    /// The workflow's number.
    id: WorkflowId,
    /// What it shows.
    control: Control,
    /// What it does.
    actions: WorkflowActions,
) -> impl IntoView {
    let class = if control.is_primary {
        "button button-primary"
    } else {
        "button"
    };
    let word = label(control.action);
    if let Some(reason) = control.reason {
        return disabled(word, control.action.as_str(), &reason).into_any();
    }
    let number = id.to_string();
    match control.action {
        Action::Start => view! {
            <ActionForm action=actions.start>
                <input type="hidden" name="id" value=number/>
                <Press class word busy="Starting…" pending=actions.start.pending()/>
            </ActionForm>
        }
        .into_any(),
        Action::Pause => view! {
            <ActionForm action=actions.pause>
                <input type="hidden" name="id" value=number/>
                <Press class word busy="Pausing…" pending=actions.pause.pending()/>
            </ActionForm>
        }
        .into_any(),
        Action::Resume => view! {
            <ActionForm action=actions.resume>
                <input type="hidden" name="id" value=number/>
                <Press class word busy="Resuming…" pending=actions.resume.pending()/>
            </ActionForm>
        }
        .into_any(),
        Action::Cancel => {
            view! { <a class="button button-danger" href=paths::cancel_workflow(id)>{word}</a> }
                .into_any()
        }
        Action::Recover { from_step } => {
            let href = paths::recover_workflow(id, Some(from_step));
            view! { <a class=class href=href>{word}</a> }.into_any()
        }
    }
}

fn disabled(word: &'static str, name: &str, reason: &str) -> impl IntoView + use<> {
    let reason_id = format!("why-not-{name}");
    view! {
        <span class="control-off">
            <button type="button" class="button" disabled aria-describedby=reason_id.clone()>
                {word}
            </button>
            <span class="control-reason" role="note" id=reason_id>{sentence(reason)}</span>
        </span>
    }
}

/// The button of a form: while the answer is awaited it says what is wanted, not that it is done.
#[component]
fn Press(
    /// How it looks.
    class: &'static str,
    /// What it says.
    word: &'static str,
    /// What it says while the answer is awaited.
    busy: &'static str,
    /// Whether the answer is awaited.
    pending: Memo<bool>,
) -> impl IntoView {
    view! {
        <button type="submit" class=class disabled=move || pending.get()>
            {move || if pending.get() { busy } else { word }}
        </button>
    }
}
