//! Everything on a workflow's page that moves, and what keeps it moving.

use std::time::Duration;

use engine::orchestrator::LogLine;
use engine::{
    Progress, StepIndex, TaskProgress, TaskStatus, Timestamp, WorkflowId, WorkflowStatus,
};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_query_map;

use super::log_pane::LogPane;
use crate::api::workflows::{WorkflowView, read_log_end, read_progress};
use crate::live::{Link, Shown, use_clock, use_live, use_visible};

/// How often the progress and the log are asked for while the stream does not open.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// How long a step waits in the queue before the page asks why.
const WHY_AFTER: Duration = Duration::from_secs(2);

/// Handles to everything that moves; cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct LiveState {
    /// The workflow's number.
    pub id: WorkflowId,
    /// The whole progress, folded event by event.
    pub progress: RwSignal<Progress>,
    /// Its state alone.
    pub status: Memo<WorkflowStatus>,
    /// How much is done at the present moment.
    pub percent: Memo<u8>,
    /// The present moment.
    pub now: ReadSignal<Timestamp>,
    /// How fresh all of this is.
    pub link: ReadSignal<Link>,
    /// The selected step.
    pub selected: Memo<StepIndex>,
    /// What is stored about the selected step, with its log.
    pub pane: LogPane,
    /// The last lines of the step that failed first.
    pub failure_log: RwSignal<Vec<LogLine>>,
}

impl LiveState {
    pub fn new(view: WorkflowView) -> Self {
        let id = view.state.id;
        let progress = RwSignal::new(view.progress);
        let status = Memo::new(move |_| progress.with(|progress| progress.summary.status));
        let now = use_clock(view.now, move || !status.get().is_terminal());
        let shown = Memo::new(move |before: Option<&Shown>| {
            progress.with(|progress| Shown::after(before, progress, now.get()))
        });
        let percent = Memo::new(move |_| shown.get().percent);
        let keys: Vec<_> = view.steps.into_iter().map(|step| step.key).collect();
        let first = view.panel.step;
        let query = use_query_map();
        let selected = Memo::new(move |_| {
            let wanted = query.with(|query| query.get("step"));
            wanted
                .and_then(|wanted| find(&keys, &wanted))
                .unwrap_or(first)
        });
        let pane = LogPane::new(id, view.panel, progress, selected);
        let state = Self {
            id,
            progress,
            status,
            percent,
            now,
            link: use_live(id, progress, pane.topic()),
            selected,
            pane,
            failure_log: RwSignal::new(view.failure_log),
        };
        state.keep_failure_log();
        state.ask_without_stream();
        state.ask_why_it_waits();
        state
    }

    /// Fetches the end of the failed step's log when a step fails while the page is open.
    fn keep_failure_log(self) {
        let failed = Memo::new(move |_| {
            let is_failed = self.status.get() == WorkflowStatus::Failed;
            is_failed
                .then(|| self.progress.with(Progress::failed_step))
                .flatten()
        });
        Effect::new(move |before: Option<Option<StepIndex>>| {
            let present = failed.get();
            if let (Some(before), Some(step)) = (before, present)
                && before != present
            {
                spawn_local(async move {
                    if let Ok(lines) = read_log_end(self.id, step).await {
                        self.failure_log.try_set(lines);
                    }
                });
            }
            present
        });
    }

    /// While the stream does not open, the page asks.
    fn ask_without_stream(self) {
        let visible = use_visible();
        Effect::new(move |_| {
            let ask = move || {
                self.ask();
                self.pane.ask();
            };
            if visible.get()
                && self.link.get() == Link::Asking
                && let Ok(handle) = set_interval_with_handle(ask, ASK_EVERY)
            {
                on_cleanup(move || handle.clear());
            }
        });
    }

    /// What a step in the queue cannot start without is told by no event: a server that was started
    /// again may lack what the one before had. The page asks once when something stays in the queue.
    fn ask_why_it_waits(self) {
        let visible = use_visible();
        let unexplained = Memo::new(move |_| {
            let waits = |task: &&TaskProgress| {
                task.status == TaskStatus::Queued && task.waits_for.is_none()
            };
            self.progress.with(|p| p.tasks.iter().filter(waits).count())
        });
        Effect::new(move |_| {
            if unexplained.get() > 0
                && visible.get()
                && self.link.get() == Link::Live
                && let Ok(handle) = set_timeout_with_handle(move || self.ask(), WHY_AFTER)
            {
                on_cleanup(move || handle.clear());
            }
        });
    }

    /// Asks for the progress once, and shows it unless the page knows more.
    fn ask(self) {
        spawn_local(async move {
            if let Ok(found) = read_progress(self.id).await {
                self.progress.try_maybe_update(|progress| {
                    let found = found.instead_of(progress);
                    let news = found.filter(|found| found != progress);
                    let is_news = news.is_some();
                    if let Some(news) = news {
                        *progress = news;
                    }
                    (is_news, ())
                });
            }
        });
    }
}

fn find(keys: &[String], wanted: &str) -> Option<StepIndex> {
    let by_position = wanted.parse().ok().filter(|index| *index < keys.len());
    by_position.or_else(|| keys.iter().position(|key| key == wanted))
}
