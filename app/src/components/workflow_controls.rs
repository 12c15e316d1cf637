//! The buttons of a workflow: exactly what the engine allows, with the reason for the others.

use engine::progress::Summary;
use engine::{Action, Actor, Seq, WorkflowId, allowed_actions};
use leptos::prelude::*;

use crate::api::command_id;
use crate::api::workflows::{PauseWorkflow, ResumeWorkflow, StartWorkflow};
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
    /// The page's part of the ids of its commands.
    page: StoredValue<String>,
}

impl WorkflowActions {
    /// Nothing is done yet on the page of one workflow, whose commands have ids beginning with
    /// `page`.
    #[must_use]
    pub fn new(page: String) -> Self {
        Self {
            page: StoredValue::new(page),
            start: ServerAction::new(),
            pause: ServerAction::new(),
            resume: ServerAction::new(),
        }
    }
}

/// One button as it is now.
#[derive(Debug, Clone, PartialEq)]
struct Control {
    action: Action,
    /// The id of the line that says why it cannot be pressed, when it cannot.
    reason_id: Option<String>,
    /// Whether it is the first one that can be pressed.
    is_primary: bool,
}

/// Why some buttons cannot be pressed.
#[derive(Debug, Clone, PartialEq)]
struct Reason {
    /// The id that the buttons' descriptions name.
    id: String,
    /// What stands on the buttons.
    names: Vec<&'static str>,
    text: String,
}

/// All buttons, and each reason once.
#[derive(Debug, Clone, PartialEq, Default)]
struct Panel {
    controls: Vec<Control>,
    reasons: Vec<Reason>,
}

impl Panel {
    fn of(summary: &Summary, user: Option<&Actor>) -> Self {
        let mut panel = Self::default();
        for (action, answer) in allowed_actions(summary) {
            let needs = action.needs();
            let reason = if user.is_some_and(|user| user.may(needs)) {
                answer.err()
            } else {
                Some(format!("this needs the role {needs}"))
            };
            let control = Control {
                is_primary: false,
                reason_id: reason.map(|reason| panel.explain(&action, reason)),
                action,
            };
            panel.controls.push(control);
        }
        panel.choose_primary();
        panel
    }

    /// The button that leads: the first that can be pressed, but Resume before Start, which does
    /// the same on a paused workflow.
    fn choose_primary(&mut self) {
        let can = |control: &&mut Control| control.reason_id.is_none();
        let rank = |control: &&mut Control| match control.action {
            Action::Resume => 0,
            Action::Cancel | Action::Delete => 2,
            _ => 1,
        };
        let first = self.controls.iter_mut().filter(can).min_by_key(rank);
        let leads =
            |control: &&mut Control| !matches!(control.action, Action::Cancel | Action::Delete);
        if let Some(first) = first.filter(leads) {
            first.is_primary = true;
        }
    }

    /// Adds the action to the line with this reason; gives the line's id.
    fn explain(&mut self, action: &Action, text: String) -> String {
        let name = label(action).trim_end_matches('…');
        if let Some(known) = self.reasons.iter_mut().find(|known| known.text == text) {
            known.names.push(name);
            return known.id.clone();
        }
        let id = format!("why-not-{}", action.as_str());
        self.reasons.push(Reason {
            id: id.clone(),
            names: vec![name],
            text,
        });
        id
    }
}

const fn label(action: &Action) -> &'static str {
    match action {
        Action::Start => "Start",
        Action::Pause | Action::PauseAndInterrupt => "Pause",
        Action::Resume => "Resume",
        Action::Cancel => "Cancel…",
        Action::Recover(_) => "Recover…",
        Action::Skip { .. } => "Skip…",
        Action::MarkDone { .. } => "Mark done…",
        Action::TryNow { .. } => "Try now",
        Action::RaiseBudget { .. } => "Raise the budget…",
        Action::Delete => "Delete…",
    }
}

/// The buttons, and under them why some cannot be pressed.
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
    let panel = Memo::new(move |_| summary.with(|summary| Panel::of(summary, user.as_ref())));
    let rev = Memo::new(move |_| summary.with(|summary| summary.events));
    let buttons = move || {
        let controls = panel.with(|panel| panel.controls.clone());
        controls
            .into_iter()
            .map(|control| view! { <ControlButton id rev control actions/> })
            .collect_view()
    };
    let reasons = move || {
        let reasons = panel.with(|panel| panel.reasons.clone());
        reasons
            .into_iter()
            .map(|reason| {
                view! {
                    <li id=reason.id>
                        <strong>{reason.names.join(", ")} ": "</strong>
                        {reason.text}
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <div class="controls">
            <div class="controls-buttons" role="group" aria-label="Control this workflow">{buttons}</div>
            <ul class="controls-reasons" aria-label="Why some buttons are off">{reasons}</ul>
        </div>
    }
}

/// One button: a form for what acts at once, a link for what asks first, a disabled button
/// otherwise.
#[component]
fn ControlButton(
    /// The workflow's number.
    id: WorkflowId,
    /// The number of the last event that the page has seen.
    rev: Memo<Seq>,
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
    let word = label(&control.action);
    if let Some(reason_id) = control.reason_id {
        return view! {
            <button type="button" class="button" disabled aria-describedby=reason_id>{word}</button>
        }
        .into_any();
    }
    let action = control.action.clone();
    let page = actions.page;
    let command = move || page.with_value(|page| command_id::of_action(page, &action, rev.get()));
    let inside = move |busy, pending| {
        view! {
            <input type="hidden" name="id" value=id.to_string()/>
            <input type="hidden" name=command_id::FIELD value=command/>
            <Press class word busy pending/>
        }
    };
    let WorkflowActions {
        start,
        pause,
        resume,
        ..
    } = actions;
    match control.action {
        Action::Start => {
            let inside = inside("Starting…", start.pending());
            view! { <ActionForm action=start>{inside}</ActionForm> }.into_any()
        }
        Action::Pause => {
            let inside = inside("Pausing…", pause.pending());
            view! { <ActionForm action=pause>{inside}</ActionForm> }.into_any()
        }
        Action::Resume => {
            let inside = inside("Resuming…", resume.pending());
            view! { <ActionForm action=resume>{inside}</ActionForm> }.into_any()
        }
        Action::Cancel => {
            view! { <a class="button button-danger" href=paths::cancel_workflow(id)>{word}</a> }
                .into_any()
        }
        Action::Delete => {
            view! { <a class="button button-danger" href=paths::delete_workflow(id)>{word}</a> }
                .into_any()
        }
        Action::Recover(recovery) => {
            let href = paths::recover_workflow(id, Some(recovery.from_step));
            view! { <a class=class href=href>{word}</a> }.into_any()
        }
        // What concerns one task stands beside the task.
        Action::PauseAndInterrupt
        | Action::Skip { .. }
        | Action::MarkDone { .. }
        | Action::TryNow { .. }
        | Action::RaiseBudget { .. } => ().into_any(),
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
