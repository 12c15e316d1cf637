//! The selected step: its log, what it was told, what it gave, its tries.

use engine::orchestrator::{AttemptRecord, LogLine};
use engine::{TaskProgress, TaskStatus, WorkflowId};
use leptos::prelude::*;
use serde_json::Value;

use super::log_view::LogView;
use super::moment::Moment;
use super::status_badge::{State, StatusBadge};
use crate::api::workflows::{LOG_LINES, StepFacts, StepPanel as PanelData};
use crate::format;
use crate::paths;

/// The panel.
#[component]
pub fn StepPanel(
    /// The workflow's number.
    id: WorkflowId,
    /// The step as it moves.
    #[prop(into)]
    task: Signal<Option<TaskProgress>>,
    /// What the definition says of each step.
    steps: StoredValue<Vec<StepFacts>>,
    /// What is stored about it.
    #[prop(into)]
    panel: Signal<PanelData>,
    /// Its log so far.
    #[prop(into)]
    log: Signal<Vec<LogLine>>,
) -> impl IntoView {
    let name = move || task.with(|task| task.as_ref().map(|t| t.name.clone()).unwrap_or_default());
    let kind = move || task.with(|task| task.as_ref().map(|t| t.task_type.clone()));
    let state = Signal::derive(move || {
        task.with(|task| {
            task.as_ref()
                .map_or(State::Pending, |task| task.status.into())
        })
    });
    let error = move || {
        let error = task.with(|task| task.as_ref().and_then(|task| task.error_message.clone()));
        error.map(|error| view! { <p class="error-text panel-error">{error}</p> })
    };
    let key = Memo::new(move |_| {
        let step = panel.with(|panel| panel.step);
        steps.with_value(|steps| steps.get(step).map(|s| s.key.clone()).unwrap_or_default())
    });
    let output = move || panel.with(|panel| panel.output.clone());
    let config = move || panel.with(|panel| pretty(&panel.config));
    view! {
        <section class="panel" id="step" aria-labelledby="step-title">
            <div class="panel-head">
                <h2 id="step-title">{name}</h2>
                <StatusBadge state/>
                <span class="tag">{kind}</span>
                <code class="panel-key">{move || key.get()}</code>
            </div>
            {error}
            <LogPart id task panel log/>
            <h3>"Output"</h3>
            {move || match output() {
                Some(value) => view! {
                    <pre class="json" tabindex="0" role="region" aria-label="Output">{pretty(&value)}</pre>
                    <p class="hint">
                        "Later steps reach it as "
                        <code>{format!("{{{{ steps.{}.output }}}}", key.get())}</code>
                    </p>
                }
                .into_any(),
                None => view! { <p class="hint">"None yet."</p> }.into_any(),
            }}
            <h3>"Attempts"</h3>
            {move || attempts(panel.with(|panel| panel.attempts.clone()))}
            <h3>"Configuration"</h3>
            <pre class="json" tabindex="0" role="region" aria-label="Configuration">{config}</pre>
        </section>
    }
    .into_any()
}

/// The log with its link to all of it.
#[component]
fn LogPart(
    /// The workflow's number.
    id: WorkflowId,
    /// The step as it moves.
    task: Signal<Option<TaskProgress>>,
    /// What is stored about it.
    panel: Signal<PanelData>,
    /// Its log so far.
    log: Signal<Vec<LogLine>>,
) -> impl IntoView {
    let first = Memo::new(move |_| log.with(|log| log.first().map_or(1, |line| line.number)));
    let is_empty = Memo::new(move |_| log.with(Vec::is_empty));
    let label = move || {
        let name = task.with(|task| task.as_ref().map(|t| t.name.clone()).unwrap_or_default());
        format!("Log of {name}")
    };
    let opens_at_end = move || {
        task.with(|task| {
            task.as_ref()
                .is_some_and(|task| task.status != TaskStatus::Completed)
        })
    };
    let earlier = move || {
        (first.get() > 1).then(|| {
            let href = paths::workflow_whole_log(id, panel.with(|panel| panel.step));
            let text = format!("{} before the latest {LOG_LINES}. ", lines(first.get() - 1));
            view! { <p class="hint">{text} <a href=href data-noscroll>"Show all"</a></p> }
        })
    };
    view! {
        <h3 id="log">"Log"</h3>
        {earlier}
        {move || if is_empty.get() {
            view! { <p class="hint">"Nothing written yet."</p> }.into_any()
        } else {
            view! {
                <LogView
                    lines=log
                    label=Signal::derive(label)
                    opens_at_end=Signal::derive(opens_at_end)
                />
            }
            .into_any()
        }}
    }
    .into_any()
}

fn lines(count: u64) -> String {
    format::count(usize::try_from(count).unwrap_or(usize::MAX), "line")
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn attempts(attempts: Vec<AttemptRecord>) -> impl IntoView {
    if attempts.is_empty() {
        return view! { <p class="hint">"Not tried yet."</p> }.into_any();
    }
    let rows = attempts
        .into_iter()
        .rev()
        .map(|attempt| {
            let took = attempt.ended_at.map_or("–".to_owned(), |ended| {
                format::duration(ended.since(attempt.started_at))
            });
            let error = attempt.error.as_deref().map(format::first_sentence);
            view! {
                <tr>
                    <th scope="row">{attempt.attempt}</th>
                    <td>
                        {attempt.outcome.replace('_', " ")}
                        <span class="task-note">{error}</span>
                    </td>
                    <td>
                        <Moment
                            at=attempt.started_at
                            text=format::time_of_day(attempt.started_at)
                        />
                    </td>
                    <td class="number">{took}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="attempts">
            <caption class="visually-hidden">"Attempts, newest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Attempt"</th>
                    <th scope="col">"Outcome"</th>
                    <th scope="col">"Started"</th>
                    <th scope="col" class="number">"Took"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
