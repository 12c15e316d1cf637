//! The selected step: its log, what it was told, what it gave, its tries.

use engine::event::stands_for;
use engine::orchestrator::{AttemptRecord, LogLine};
use engine::{AttemptOutcome, StepIndex, TaskProgress, TaskStatus, WorkflowId};
use leptos::prelude::*;
use serde_json::Value;

use super::log_view::LogView;
use super::moment::Moment;
use super::status_badge::{State, StatusBadge};
use super::task_table::why_skipped;
use crate::api::workflows::{
    LOG_LINES_MAX, LogPart, StepFacts, StepPanel as PanelData, TypeTitles,
};
use crate::format;
use crate::paths;
use crate::plain_words::{MODE, OUTCOME, meaning};

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
    /// What the types of its steps are called.
    titles: StoredValue<TypeTitles>,
    /// What is stored about it.
    #[prop(into)]
    panel: Signal<PanelData>,
    /// Its log so far.
    #[prop(into)]
    log: Signal<Vec<LogLine>>,
) -> impl IntoView {
    let name = move || name_of(task);
    let kind = move || {
        let kind = task.with(|task| task.as_ref().map(|t| t.task_type.clone()));
        kind.map(|kind| titles.with_value(|titles| titles.title(&kind)))
    };
    let state = Signal::derive(move || {
        task.with(|task| {
            task.as_ref()
                .map_or(State::Pending, |task| task.status.into())
        })
    });
    let error = move || {
        let error = task.with(|task| task.as_ref()?.error_message.as_deref().map(format::visible));
        error.map(|error| view! { <p class="error-text panel-error">{error}</p> })
    };
    let key = Memo::new(move |_| {
        let step = panel.with(|panel| panel.step);
        steps.with_value(|steps| steps.get(step).map(|s| s.key.clone()).unwrap_or_default())
    });
    let output = move || panel.with(|panel| panel.output.clone());
    let config = move || panel.with(|panel| format::pretty_json(&panel.config));
    view! {
        <section class="panel" id="step" aria-labelledby="step-title">
            <div class="panel-head">
                <h2 id="step-title">{name}</h2>
                <StatusBadge state/>
                <span class="tag">{kind}</span>
                <code class="panel-key">{move || key.get()}</code>
            </div>
            {error}
            {move || condition(task, steps, panel.with(|panel| panel.step))}
            <LogPart id task panel log/>
            <h3>"Output"</h3>
            {move || match output() {
                Some(value) => view! {
                    <pre class="json" tabindex="0" role="region" aria-label="Output">{format::pretty_json(&value)}</pre>
                    <p class="hint">
                        "Later steps reach it as "
                        <code>{format!("{{{{ steps.{}.output }}}}", key.get())}</code>
                    </p>
                }
                .into_any(),
                None => view! { <p class="hint">{no_output(task)}</p> }.into_any(),
            }}
            <h3>"Attempts"</h3>
            {move || panel.with(|panel| attempts(id, panel.step, panel.attempts.clone()))}
            <p class="hint">
                "When nobody knows how an attempt ended: "
                {move || panel.with(|panel| meaning(MODE, panel.mode.as_str()))} "."
            </p>
            <h3>"Configuration"</h3>
            <pre class="json" tabindex="0" role="region" aria-label="Configuration">{config}</pre>
        </section>
    }
    .into_any()
}

/// The step's name, as it is shown.
fn name_of(task: Signal<Option<TaskProgress>>) -> String {
    let name = |task: &TaskProgress| format::visible(&task.name);
    task.with(|task| task.as_ref().map(name).unwrap_or_default())
}

/// What has to be true for the step to run, and that it was not; nothing for a step without it.
fn condition(
    task: Signal<Option<TaskProgress>>,
    steps: StoredValue<Vec<StepFacts>>,
    step: usize,
) -> Option<impl IntoView + use<>> {
    let step = steps.with_value(|steps| steps.get(step).cloned())?;
    let condition = step.condition.clone()?;
    let skipped = move || {
        let skipped = task.get().filter(|t| t.status == TaskStatus::Skipped)?;
        let why = why_skipped(&skipped);
        Some(view! { <p class="panel-skipped">{format!("Skipped: {why}.")}</p> })
    };
    Some(view! {
        {skipped}
        <p class="hint">"Runs only if " <code>{format::visible(&condition)}</code></p>
    })
}

/// What stands for an output that is not there.
fn no_output(task: Signal<Option<TaskProgress>>) -> &'static str {
    use TaskStatus::{Cancelled, Completed, Failed, Skipped};
    let status = task.with(|task| task.as_ref().map(|task| task.status));
    match status {
        Some(Completed | Failed | Cancelled | Skipped) => "None.",
        _ => "None yet.",
    }
}

const LOG_IS_AWAY: &str = "The log cannot be read just now. Everything else on this page can.";

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
    let label = move || format!("Log of {}", name_of(task));
    let opens_at_end = move || {
        task.with(|task| {
            task.as_ref()
                .is_some_and(|task| task.status != TaskStatus::Completed)
        })
    };
    let shown = Memo::new(move |_| panel.with(|panel| (panel.step, panel.log_part)));
    let step = Memo::new(move |_| shown.get().0);
    let earlier = move || {
        let (step, part) = shown.get();
        around(part, first.get() - 1).map(|around| {
            let Around {
                before,
                more,
                later,
            } = around;
            let more = more.map(|(more, word)| {
                let href = match more {
                    LogPart::Before(line) => paths::workflow_log_before(id, step, line),
                    _ => paths::workflow_whole_log(id, step),
                };
                view! { <a href=href data-noscroll>{word}</a> " " }
            });
            let later = later.then(|| {
                let href = paths::workflow_whole_log(id, step);
                view! { <a href=href data-noscroll>"Show the latest lines"</a> }
            });
            view! { <p class="hint">{before} " " {more} {later}</p> }
        })
    };
    view! {
        <h3 id="log">"Log"</h3>
        {earlier}
        {move || {
            // Lines of two steps have the same numbers, and where one was read is not where the other is.
            step.track();
            if is_empty.get() {
                let away = panel.with(|panel| panel.log_is_away);
                let said = if away { LOG_IS_AWAY } else { "Nothing written yet." };
                view! { <p class="hint">{said}</p> }.into_any()
            } else {
                view! {
                    <LogView
                        lines=log
                        label=Signal::derive(label)
                        opens_at_end=Signal::derive(opens_at_end)
                    />
                }
                .into_any()
            }
        }}
    }
    .into_any()
}

/// What lies around the shown lines of a log, in words, and what leads there.
#[derive(Debug, PartialEq, Eq)]
struct Around {
    before: String,
    more: Option<(LogPart, &'static str)>,
    /// Whether there are later lines that the page does not show.
    later: bool,
}

/// What lies around a part with so many lines before it; nothing when it is all there is.
fn around(part: LogPart, before: u64) -> Option<Around> {
    let later = !part.grows();
    if before == 0 {
        return later.then(|| Around {
            before: "The first lines of a longer log.".to_owned(),
            more: None,
            later,
        });
    }
    let count = usize::try_from(before).unwrap_or(usize::MAX);
    let count = format::count(count, "line");
    let most = part.most();
    let earlier = LogPart::Before(before + 1);
    let is_within_reach = before as usize + most <= LOG_LINES_MAX;
    let (before, more) = match part {
        LogPart::Before(_) => (format!("{count} before these."), (earlier, "Show them")),
        LogPart::Latest if is_within_reach => (
            format!("{count} before the latest {most}."),
            (LogPart::Whole, "Show all"),
        ),
        LogPart::Latest => (
            format!("{count} before the latest {most}."),
            (LogPart::Whole, "Show more"),
        ),
        LogPart::Whole => (
            format!("{count} before the latest {most}."),
            (earlier, "Show them"),
        ),
    };
    Some(Around {
        before,
        more: Some(more),
        later,
    })
}

fn attempts(
    id: WorkflowId,
    step: StepIndex,
    attempts: Vec<AttemptRecord>,
) -> impl IntoView + use<> {
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
            let number = attempt.attempt;
            let output = attempt.output.as_ref().map(|output| {
                attempt_output(paths::api_attempt(id, step, number), &attempt, output)
            });
            view! {
                <tr>
                    <th scope="row">{attempt.attempt}</th>
                    <td>
                        {meaning(OUTCOME, &attempt.outcome)}
                        <span class="task-note">{error}</span>
                        {output}
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

/// What came too late to be used, so that somebody may take it for the step's output after all; or what
/// the attempt had given before its step was done again. A large one is not here: `whole` is where a
/// program reads it.
fn attempt_output(whole: String, attempt: &AttemptRecord, output: &Value) -> impl IntoView + use<> {
    let is_late = attempt.outcome == AttemptOutcome::Late.as_str();
    if let Some(bytes) = stands_for(output) {
        let unused = if is_late { ", which were not used" } else { "" };
        let said = format!("It gave {bytes} bytes{unused}. The HTTP API has them at ");
        return view! { <p class="hint">{said} <code>{whole}</code></p> }.into_any();
    }
    let summary = if is_late {
        "Output, not used"
    } else {
        "Output, before it was done again"
    };
    let label = format!("{summary}: attempt {}", attempt.attempt);
    view! {
        <details>
            <summary>{summary}</summary>
            <pre class="json" tabindex="0" role="region" aria-label=label>
                {format::pretty_json(output)}
            </pre>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(part: LogPart, before: u64) -> Option<(String, Option<LogPart>, bool)> {
        let around = around(part, before)?;
        Some((
            around.before,
            around.more.map(|(part, _)| part),
            around.later,
        ))
    }

    #[test]
    fn every_part_of_a_log_says_what_lies_before_it_and_leads_there() {
        let text = |text: &str| text.to_owned();
        assert_eq!(said(LogPart::Latest, 0), None);
        assert_eq!(said(LogPart::Whole, 0), None);
        let some = said(LogPart::Latest, 10);
        let whole = Some(LogPart::Whole);
        assert_eq!(
            some,
            Some((text("10 lines before the latest 500."), whole, false))
        );
        let ten = Some(LogPart::Before(11));
        let some = said(LogPart::Whole, 10);
        assert_eq!(
            some,
            Some((text("10 lines before the latest 20000."), ten, false))
        );
        let some = said(LogPart::Before(20_011), 10);
        assert_eq!(some, Some((text("10 lines before these."), ten, true)));
        let some = said(LogPart::Before(11), 0);
        assert_eq!(
            some,
            Some((text("The first lines of a longer log."), None, true))
        );
    }

    #[test]
    fn all_is_promised_only_when_the_page_can_show_all() {
        let word = |before| around(LogPart::Latest, before).unwrap().more.unwrap().1;
        assert_eq!(word(19_500), "Show all");
        assert_eq!(word(19_501), "Show more");
    }
}
