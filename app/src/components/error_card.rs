//! What failed and why, in sight without scrolling.

use engine::WorkflowId;
use engine::orchestrator::LogLine;
use leptos::prelude::*;

use super::log_view::Line;
use crate::{format, paths};

/// The step that failed first, as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedStep {
    /// Its position.
    pub step: usize,
    /// Its name.
    pub name: String,
    /// What its type is called.
    pub kind: String,
    /// Why, in words.
    pub error: String,
    /// Which try it was, of how many.
    pub tries: String,
    /// How many other steps failed too.
    pub others: usize,
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
                        <span class="tag">{failed.kind}</span>
                        <span>{failed.tries}</span>
                        {(failed.others > 0).then(|| view! {
                            <span>{format!("and {} failed too", format::count(failed.others, "other step"))}</span>
                        })}
                    </p>
                </div>
                <p class="error-text" role="region" aria-label="Why it failed" tabindex="0">{failed.error}</p>
                {move || (!log.with(Vec::is_empty)).then(|| view! {
                    // It may scroll, so the keyboard must be able to reach it.
                    <div class="error-log" role="region" aria-label="Its last log lines" tabindex="0">
                        <ol class="log-list">
                            {log.get().into_iter().map(|line| view! { <Line line/> }).collect_view()}
                        </ol>
                    </div>
                })}
                <p class="error-card-actions">
                    {move || may_recover.get().then(|| view! {
                        <a class="button button-primary button-long" href=paths::recover_workflow(id, Some(step))>
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
