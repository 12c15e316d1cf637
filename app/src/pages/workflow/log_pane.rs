//! The selected step: what is stored about it, and its log, which grows while it runs.

use engine::orchestrator::LogLine;
use engine::{Progress, StepIndex, TaskStatus, WorkflowId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_query_map;

use crate::api::workflows::{StepPanel, read_log, read_step};
use crate::live::LogTopic;

/// Handles to what is shown of the selected step; cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct LogPane {
    id: WorkflowId,
    progress: RwSignal<Progress>,
    selected: Memo<StepIndex>,
    /// What is stored about it.
    pub panel: RwSignal<StepPanel>,
    /// Its log so far.
    pub log: RwSignal<Vec<LogLine>>,
    /// The step whose log is followed: the one that is shown, unless it was over when that began or the end
    /// of its log is not shown.
    followed: Memo<Option<StepIndex>>,
    /// The step that ran when the page last asked for its log.
    ran: StoredValue<Option<StepIndex>>,
}

impl LogPane {
    pub fn new(
        id: WorkflowId,
        mut panel: StepPanel,
        progress: RwSignal<Progress>,
        selected: Memo<StepIndex>,
    ) -> Self {
        let log = RwSignal::new(std::mem::take(&mut panel.log));
        let panel = RwSignal::new(panel);
        let followed = Memo::new(move |before: Option<&Option<StepIndex>>| {
            let (step, grows) = panel.with(|panel| (panel.step, panel.log_part.grows()));
            let task = |progress: &Progress| progress.tasks.get(step).map(|task| task.status);
            let is_over = progress.with(task).is_none_or(TaskStatus::is_settled);
            let was_followed = before == Some(&Some(step));
            (grows && (was_followed || !is_over)).then_some(step)
        });
        let pane = Self {
            id,
            progress,
            selected,
            panel,
            log,
            followed,
            ran: StoredValue::new(None),
        };
        pane.keep_panel();
        pane
    }

    /// The log for the stream of the page.
    pub fn topic(self) -> LogTopic {
        LogTopic {
            wanted: self.followed.into(),
            last: Signal::derive(move || self.log.with(|log| last_of(log))),
            take: Callback::new(move |(step, lines)| {
                self.append(step, lines);
            }),
        }
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
            let shown = self.panel.with_untracked(|shown| Read {
                is_other_step: shown.step != step,
                is_other_part: shown.log_part != panel.log_part,
                grows: panel.log_part.grows(),
                is_followed: self.followed.get_untracked() == Some(step),
            });
            self.log.maybe_update(|log| shown.put(log, lines));
            self.panel.set(panel);
        });
    }

    /// Adds the lines that are not there yet, if the step is the one that is shown with the end of its log.
    /// Whether any were added.
    fn append(self, step: StepIndex, lines: Vec<LogLine>) -> bool {
        let grows = |panel: &StepPanel| panel.step == step && panel.log_part.grows();
        if self.panel.try_with_untracked(grows) != Some(true) {
            return false;
        }
        let added = self.log.try_maybe_update(|log| {
            let is_news = extend(log, lines);
            (is_news, is_news)
        });
        added == Some(true)
    }

    /// Asks for the lines that are missing, for a page without a stream: while the step runs, and once more
    /// after its end.
    pub fn ask(self) {
        let Some(Some(step)) = self.followed.try_get_untracked() else {
            return;
        };
        let status = |progress: &Progress| progress.tasks.get(step).map(|task| task.status);
        let runs = self.progress.with_untracked(status) == Some(TaskStatus::Running);
        let ran = self.ran.get_value() == Some(step);
        self.ran.set_value(runs.then_some(step));
        if runs || ran {
            spawn_local(async move { while self.ask_once(step).await {} });
        }
    }

    /// Whether there is more to ask for.
    async fn ask_once(self, step: StepIndex) -> bool {
        let Some(last) = self.log.try_with_untracked(|log| last_of(log)) else {
            return false;
        };
        let Ok(page) = read_log(self.id, step, last).await else {
            return false;
        };
        let is_part = last_of(&page.lines) < page.last;
        self.append(step, page.lines) && is_part
    }
}

/// How a part of a log that was read stands to what is shown.
#[derive(Debug, Clone, Copy)]
struct Read {
    is_other_step: bool,
    is_other_part: bool,
    /// Whether it is the end of the log.
    grows: bool,
    /// Whether every line that is missing comes by itself.
    is_followed: bool,
}

impl Read {
    /// Puts it in the place of what is shown, or adds it. Whether that changed anything.
    fn put(self, shown: &mut Vec<LogLine>, mut read: Vec<LogLine>) -> bool {
        let fits = |before: &[LogLine], after: &[LogLine]| {
            after
                .first()
                .is_none_or(|line| line.number <= last_of(before) + 1)
        };
        if !self.is_other_step && !self.is_other_part && self.grows {
            if fits(shown, &read) {
                return extend(shown, read);
            }
            if self.is_followed {
                // It was read ahead of what comes line by line.
                return false;
            }
        }
        if !self.is_other_step && self.grows && fits(&read, shown) {
            // What came while it was read.
            extend(&mut read, std::mem::take(shown));
        }
        *shown = read;
        true
    }
}

/// Adds the lines that are not there yet. Whether there are any.
fn extend(log: &mut Vec<LogLine>, lines: Vec<LogLine>) -> bool {
    let last = last_of(log);
    let before = log.len();
    log.extend(lines.into_iter().filter(|line| line.number > last));
    log.len() > before
}

fn last_of(lines: &[LogLine]) -> u64 {
    lines.last().map_or(0, |line| line.number)
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;

    use engine::Timestamp;
    use engine::orchestrator::LogStream;

    use super::*;

    const SAME: Read = Read {
        is_other_step: false,
        is_other_part: false,
        grows: true,
        is_followed: true,
    };

    fn lines(numbers: RangeInclusive<u64>) -> Vec<LogLine> {
        let line = |number| LogLine {
            number,
            at: Timestamp::default(),
            attempt: 1,
            stream: LogStream::Stdout,
            text: String::new(),
        };
        numbers.map(line).collect()
    }

    fn put(how: Read, shown: RangeInclusive<u64>, read: RangeInclusive<u64>) -> Vec<u64> {
        let mut log = lines(shown);
        how.put(&mut log, lines(read));
        log.iter().map(|line| line.number).collect()
    }

    fn all(numbers: RangeInclusive<u64>) -> Vec<u64> {
        numbers.collect()
    }

    #[test]
    fn a_log_that_is_read_again_adds_what_is_new_and_leaves_no_gap() {
        assert_eq!(put(SAME, 1..=5, 3..=8), all(1..=8));
        assert_eq!(put(SAME, 1..=5, 6..=8), all(1..=8));
        assert_eq!(put(SAME, 1..=8, 1..=5), all(1..=8), "lines overtook it");
        assert_eq!(
            put(SAME, 1..=5, 9..=12),
            all(1..=5),
            "the others come by themselves"
        );
        let alone = Read {
            is_followed: false,
            ..SAME
        };
        assert_eq!(put(alone, 1..=5, 9..=12), all(9..=12));
    }

    #[test]
    fn another_part_of_a_log_takes_the_place_of_what_is_shown_but_for_lines_that_came_meanwhile() {
        let other = Read {
            is_other_part: true,
            ..SAME
        };
        assert_eq!(put(other, 501..=1_010, 1..=1_000), all(1..=1_010));
        assert_eq!(put(other, 1..=20, 501..=1_000), all(501..=1_000));
        let before = Read {
            grows: false,
            ..other
        };
        assert_eq!(put(before, 501..=1_010, 1..=500), all(1..=500));
        let step = Read {
            is_other_step: true,
            ..SAME
        };
        assert_eq!(put(step, 1..=9, 1..=2), all(1..=2));
    }
}
