//! The top of a workflow's page: name, state, progress, times, buttons.

use engine::{Actor, TaskStatus, WorkflowId, WorkflowState, WorkflowStatus};
use leptos::prelude::*;

use super::live_state::LiveState;
use crate::arrival::take_up_keyboard;
use crate::components::live_sign::LiveSign;
use crate::components::moment::Moment;
use crate::components::progress_bar::ProgressBar;
use crate::components::status_badge::StatusBadge;
use crate::components::workflow_controls::{WorkflowActions, WorkflowControls};
use crate::live::Link;
use crate::{format, paths};

/// The header. It never moves while the page is live: numbers change in place.
#[component]
pub(super) fn WorkflowHeader(
    /// The workflow's number.
    id: WorkflowId,
    /// What does not move.
    facts: WorkflowState,
    /// What moves.
    state: LiveState,
    /// Who looks at the page.
    user: Option<Actor>,
    /// What the buttons do.
    actions: WorkflowActions,
) -> impl IntoView {
    let summary = Memo::new(move |_| state.progress.with(|progress| progress.summary.clone()));
    let badge = Signal::derive(move || state.status.get().into());
    take_up_keyboard();
    let name = format::visible(&facts.name);
    let is_gone = Memo::new(move |_| state.link.get() == Link::Gone);
    let controls = move || {
        let user = user.clone();
        (!is_gone.get()).then(|| view! { <WorkflowControls id summary user actions/> })
    };
    view! {
        <header class="page-header workflow-header">
            <div class="workflow-where">
                <nav class="trail" aria-label="Where you are">
                    <ol><li><a href=paths::WORKFLOWS>"Workflows"</a></li></ol>
                </nav>
                <LiveSign link=state.link at=state.now href=paths::workflow(id)/>
            </div>
            <div class="page-header-line">
                <div class="workflow-title">
                    <StatusBadge state=badge/>
                    <h1>{name.clone()} <span class="workflow-number">{format!(" #{id}")}</span></h1>
                </div>
                {controls}
            </div>
            <ProgressBar percent=state.percent state=badge label=format!("Progress of {name}")/>
            <Facts facts state/>
            {move || remark(&summary.get()).map(|text| view! { <p class="workflow-remark">{text}</p> })}
        </header>
    }
    .into_any()
}

/// One line of numbers.
#[component]
fn Facts(
    /// What does not move.
    facts: WorkflowState,
    /// What moves.
    state: LiveState,
) -> impl IntoView {
    let summary = move |look: fn(&engine::progress::Summary) -> String| {
        Memo::new(move |_| state.progress.with(|progress| look(&progress.summary)))
    };
    let steps = Memo::new(move |_| state.progress.with(done));
    let recoveries = summary(|s| format!("{} of {}", s.recovery_attempts, s.max_recovery_attempts));
    let events = summary(|s| s.events.to_string());
    let started = Memo::new(move |_| state.progress.with(|progress| progress.summary.started_at));
    let took = move || {
        state
            .progress
            .with(|progress| took(progress, || state.now.get()))
    };
    let definition = facts.definition_id.map(|id| {
        view! { <div><dt>"Definition"</dt><dd><a href=paths::definition(id)>{format!("#{id}")}</a></dd></div> }
    });
    view! {
        <dl class="facts">
            <div><dt>"Done"</dt><dd>{move || steps.get()}</dd></div>
            <div>
                <dt>"Started"</dt>
                <dd>{move || match started.get() {
                    Some(at) => view! { <Moment at/> }.into_any(),
                    None => "not yet".into_any(),
                }}</dd>
            </div>
            <div><dt>"Took"</dt><dd>{took}</dd></div>
            <div><dt>"Recovery"</dt><dd>{move || recoveries.get()}</dd></div>
            <div><dt>"Job"</dt><dd>{format!("#{}", facts.summary.job_id)}</dd></div>
            {definition}
            <div><dt>"Events"</dt><dd>{move || events.get()}</dd></div>
        </dl>
    }
    .into_any()
}

/// How many steps are done, and why the percentage is higher when it is.
fn done(progress: &engine::Progress) -> String {
    let (done, total) = (progress.completed_tasks, progress.total_tasks);
    // A share that a step reached counts also after it failed or was cancelled.
    let is_part = |task: &engine::TaskProgress| match task.status {
        TaskStatus::Completed => false,
        TaskStatus::Running => true,
        _ => task.progress > 0.0,
    };
    let begun = if progress.progress < 100 && progress.tasks.iter().any(is_part) {
        ", what was begun counts in part"
    } else {
        ""
    };
    format!("{done} of {}{begun}", format::count(total, "step"))
}

fn took(progress: &engine::Progress, now: impl Fn() -> engine::Timestamp) -> String {
    let summary = &progress.summary;
    match (summary.started_at, summary.completed_at) {
        (Some(started), Some(ended)) => format::duration(ended.since(started)),
        (Some(started), None) => format::elapsed(now().since(started)),
        (None, _) => "–".to_owned(),
    }
}

/// What is going on that the state alone does not say.
fn remark(summary: &engine::progress::Summary) -> Option<String> {
    if let Some(sentence) = summary.quarantine_sentence() {
        return Some(format::visible(&sentence));
    }
    if summary.cancel_requested {
        return Some("Cancelling: it waits until everything it started has ended.".to_owned());
    }
    let running = summary.running_tasks;
    (summary.status == WorkflowStatus::Paused && running > 0).then(|| {
        let verb = if running == 1 { "runs" } else { "run" };
        let steps = format::count(running, "step");
        format!("Pausing: {steps} still {verb} and will finish. Nothing new starts.")
    })
}
