//! Everything on a workflow's page that moves, and what keeps it moving.

use std::time::Duration;

use engine::orchestrator::LogLine;
use engine::{
    Progress, StepIndex, TaskProgress, TaskStatus, Timestamp, WorkflowId, WorkflowStatus,
};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_query_map;

use crate::api::workflows::{
    StepPanel, WorkflowView, read_log, read_log_end, read_progress, read_step,
};
use crate::live::{Link, Shown, use_clock, use_live, use_visible};

/// How often the log of a running step is asked for.
const LOG_EVERY: Duration = Duration::from_secs(1);
/// How often the progress is asked for while the stream does not open.
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
    /// What is stored about the selected step.
    pub panel: RwSignal<StepPanel>,
    /// The selected step's log so far.
    pub log: RwSignal<Vec<LogLine>>,
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
        let mut panel = view.panel;
        let log = RwSignal::new(std::mem::take(&mut panel.log));
        let state = Self {
            id,
            progress,
            status,
            percent,
            now,
            link: use_live(id, progress),
            selected,
            panel: RwSignal::new(panel),
            log,
            failure_log: RwSignal::new(view.failure_log),
        };
        state.keep_panel();
        state.keep_log();
        state.keep_failure_log();
        state.ask_without_stream();
        state.ask_why_it_waits();
        state
    }

    /// Fetches the panel again when another step is selected, another part of the log is asked for, or the
    /// selected step moves on.
    fn keep_panel(self) {
        let query = use_query_map();
        let wanted = Memo::new(move |_| {
            let step = self.selected.get();
            let log = query.with(|query| query.get("log"));
            let moves = self.progress.with(|progress| {
                let task = progress.tasks.get(step);
                task.map(|task| (task.status, task.attempt, task.retry_count))
            });
            (step, log, moves)
        });
        Effect::new(move |before: Option<_>| {
            let present = wanted.get();
            if before.is_some_and(|before| before != present) {
                self.fetch_panel(present.0, present.1.clone());
            }
            present
        });
    }

    fn fetch_panel(self, step: StepIndex, log: Option<String>) {
        spawn_local(async move {
            let Ok(mut panel) = read_step(self.id, step, log).await else {
                return;
            };
            if self.selected.try_get_untracked() != Some(step) {
                return;
            }
            let lines = std::mem::take(&mut panel.log);
            let before = self.panel.try_get_untracked();
            let is_same = before
                .is_some_and(|before| before.step == step && before.log_part == panel.log_part);
            if is_same {
                self.append(step, lines);
            } else {
                self.log.set(lines);
            }
            self.panel.set(panel);
        });
    }

    /// Asks for new lines each second while the selected step runs, the page is shown and the server
    /// is there, and once more after it ended: its last lines are written a moment later.
    fn keep_log(self) {
        let visible = use_visible();
        let runs = Memo::new(move |_| {
            let step = self.selected.get();
            let status = self
                .progress
                .with(|p| p.tasks.get(step).map(|task| task.status));
            (step, status == Some(TaskStatus::Running))
        });
        let is_there = Memo::new(move |_| {
            let away = |link| {
                matches!(
                    link,
                    Link::Reconnecting | Link::Offline(_) | Link::SignedOut
                )
            };
            !away(self.link.get())
        });
        Effect::new(move |before: Option<(StepIndex, bool)>| {
            let (step, is_running) = runs.get();
            if visible.get() && is_there.get() && is_running {
                self.fetch_log(step);
                if let Ok(handle) =
                    set_interval_with_handle(move || self.fetch_log(step), LOG_EVERY)
                {
                    on_cleanup(move || handle.clear());
                }
            } else if !is_running && before == Some((step, true)) {
                set_timeout(move || self.fetch_log(step), LOG_EVERY);
            }
            (step, is_running)
        });
    }

    fn fetch_log(self, step: StepIndex) {
        let Some(last) = self
            .log
            .try_with_untracked(|log| log.last().map_or(0, |line| line.number))
        else {
            return;
        };
        spawn_local(async move {
            if let Ok(page) = read_log(self.id, step, last).await {
                self.append(step, page.lines);
            }
        });
    }

    /// Adds the lines that are not there yet, if the step is still the selected one and the page
    /// shows the end of its log.
    fn append(self, step: StepIndex, lines: Vec<LogLine>) {
        let grows = |panel: &StepPanel| panel.step == step && panel.log_part.grows();
        if self.panel.try_with_untracked(grows) != Some(true) {
            return;
        }
        self.log.try_maybe_update(|log| {
            let last = log.last().map_or(0, |line| line.number);
            let before = log.len();
            log.extend(lines.into_iter().filter(|line| line.number > last));
            (log.len() > before, ())
        });
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
            if visible.get()
                && self.link.get() == Link::Asking
                && let Ok(handle) = set_interval_with_handle(move || self.ask(), ASK_EVERY)
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
