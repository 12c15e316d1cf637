//! What failed and why, in sight without scrolling.

use engine::WorkflowId;
use engine::orchestrator::LogLine;
use leptos::prelude::*;

use super::log_view::Line;
use crate::paths;

/// The step that failed first, as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedStep {
    /// Its position.
    pub step: usize,
    /// Its name.
    pub name: String,
    /// Its type.
    pub task_type: String,
    /// Why, in words.
    pub error: String,
    /// Which try it was, of how many.
    pub tries: String,
}

/// The card.
#[component]
pub fn ErrorCard(
    /// The workflow's number.
    id: WorkflowId,
    /// What failed; nothing when nothing did.
    #[prop(into)]
    failed: Signal<Option<FailedStep>>,
    /// The last lines of its log.
    #[prop(into)]
    log: Signal<Vec<LogLine>>,
    /// Whether it may be recovered, by state, budget and role.
    #[prop(into)]
    may_recover: Signal<bool>,
) -> impl IntoView {
    let card = move |failed: FailedStep| {
        let title = format!("{} failed", failed.name);
        let recover = format!("Recover from {}…", failed.name);
        let step = failed.step;
        view! {
            <section class="error-card" aria-labelledby="error-card-title">
                <div class="error-card-head">
                    <h2 id="error-card-title">{title}</h2>
                    <p class="error-card-facts">
                        <span class="tag">{failed.task_type}</span>
                        <span>{failed.tries}</span>
                    </p>
                </div>
                <p class="error-text">{failed.error}</p>
                {move || (!log.with(Vec::is_empty)).then(|| view! {
                    <ol class="log-list error-log" aria-label="Its last log lines">
                        {log.get().into_iter().map(|line| view! { <Line line/> }).collect_view()}
                    </ol>
                })}
                <p class="error-card-actions">
                    {move || may_recover.get().then(|| view! {
                        <a class="button button-primary" href=paths::recover_workflow(id, Some(step))>
                            {recover.clone()}
                        </a>
                    })}
                    <a class="button" href=paths::workflow_whole_log(id, step)>"Whole log"</a>
                </p>
            </section>
        }
    };
    move || failed.get().map(card)
}
