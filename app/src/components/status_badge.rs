//! The one place that knows how a state looks: a shape, a word and a colour.

use engine::{TaskStatus, WorkflowStatus};
use leptos::prelude::*;

/// The ten states that pages show: those of workflows and of tasks together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Waits for what it depends on, or to be started.
    Pending,
    /// May start as soon as there is room.
    Queued,
    /// Under way.
    Running,
    /// Waits for its next try.
    Retrying,
    /// Does again what broke.
    Recovering,
    /// Starts nothing new until resumed.
    Paused,
    /// Ended well.
    Completed,
    /// Failed for good.
    Failed,
    /// Did not run and need not.
    Skipped,
    /// Stopped by somebody.
    Cancelled,
}

impl From<WorkflowStatus> for State {
    fn from(status: WorkflowStatus) -> Self {
        match status {
            WorkflowStatus::Pending => Self::Pending,
            WorkflowStatus::Running => Self::Running,
            WorkflowStatus::Paused => Self::Paused,
            WorkflowStatus::Completed => Self::Completed,
            WorkflowStatus::Failed => Self::Failed,
            WorkflowStatus::Cancelled => Self::Cancelled,
            WorkflowStatus::Recovering => Self::Recovering,
        }
    }
}

impl From<TaskStatus> for State {
    fn from(status: TaskStatus) -> Self {
        match status {
            TaskStatus::Pending => Self::Pending,
            TaskStatus::Queued => Self::Queued,
            TaskStatus::Running => Self::Running,
            TaskStatus::Completed => Self::Completed,
            TaskStatus::Failed => Self::Failed,
            TaskStatus::Retrying => Self::Retrying,
            TaskStatus::Skipped => Self::Skipped,
            TaskStatus::Cancelled => Self::Cancelled,
        }
    }
}

/// A mark in a square of 16: what is filled, what is cut out of it or drawn as lines.
struct Shape {
    filled: &'static str,
    lines: &'static str,
}

impl State {
    /// The word people read.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Queued => "Queued",
            Self::Running => "Running",
            Self::Retrying => "Retrying",
            Self::Recovering => "Recovering",
            Self::Paused => "Paused",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Skipped => "Skipped",
            Self::Cancelled => "Cancelled",
        }
    }

    /// The word in `data-state`, by which styles and tests know it.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Retrying => "retrying",
            Self::Recovering => "recovering",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        }
    }

    /// One character for the tab's title.
    #[must_use]
    pub const fn glyph(self) -> &'static str {
        match self {
            Self::Pending => "○",
            Self::Queued => "◌",
            Self::Running => "▶",
            Self::Retrying => "↻",
            Self::Recovering => "⟳",
            Self::Paused => "‖",
            Self::Completed => "✓",
            Self::Failed => "✕",
            Self::Skipped => "»",
            Self::Cancelled => "⊘",
        }
    }

    const fn shape(self) -> Shape {
        const RING: &str = "M14 8a6 6 0 1 1-12 0a6 6 0 0 1 12 0z";
        const DISC: &str = "M15 8a7 7 0 1 1-14 0a7 7 0 0 1 14 0z";
        const OCTAGON: &str = "M5 1h6l4 4v6l-4 4H5l-4-4V5z";
        let (filled, lines) = match self {
            Self::Pending | Self::Queued => ("", RING),
            Self::Running => ("", "M8 2a6 6 0 1 1-6 6M8 8h.01"),
            Self::Retrying => ("", "M13.5 8a5.5 5.5 0 1 1-1.7-4M12.5 1v3.2H9.3"),
            Self::Recovering => (
                "",
                "M1 9h5.5M4.5 6.5 7 9l-2.5 2.5M9.8 2a3 3 0 0 0 .9 4v8.5M14.6 2a3 3 0 0 1-.9 4v8.5M12.2 2v3",
            ),
            Self::Paused => ("", "M5.2 3v10M10.8 3v10"),
            Self::Completed => (DISC, "M4.8 8.3l2.2 2.2 4.3-4.6"),
            Self::Failed => (OCTAGON, "M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2"),
            Self::Skipped => ("", "M3 3.5 7.5 8 3 12.5M8.5 3.5 13 8l-4.5 4.5"),
            Self::Cancelled => ("", "M14 8a6 6 0 1 1-12 0a6 6 0 0 1 12 0zM3.8 12.2l8.4-8.4"),
        };
        Shape { filled, lines }
    }
}

/// The shape alone, where the word stands beside it. It may be nested in another picture.
#[component]
pub fn StateMark(
    /// The state.
    #[prop(into)]
    state: Signal<State>,
    /// How far from the left, when it stands in another picture.
    #[prop(optional)]
    x: Option<f64>,
    /// How far from the top, when it stands in another picture.
    #[prop(optional)]
    y: Option<f64>,
) -> impl IntoView {
    view! {
        <svg
            class="state-mark"
            data-state=move || state.get().slug()
            viewBox="0 0 16 16"
            width="16"
            height="16"
            x=x
            y=y
            aria-hidden="true"
            focusable="false"
        >
            <path class="state-mark-filled" d=move || state.get().shape().filled/>
            <path class="state-mark-lines" d=move || state.get().shape().lines/>
        </svg>
    }
}

/// A state as shape and word.
#[component]
pub fn StatusBadge(
    /// The state.
    #[prop(into)]
    state: Signal<State>,
) -> impl IntoView {
    view! {
        <span class="state" data-state=move || state.get().slug()>
            <StateMark state/>
            <span class="state-word">{move || state.get().word()}</span>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_engine() {
        for status in WorkflowStatus::ALL {
            assert_eq!(State::from(status).slug(), status.as_str());
        }
        for status in TaskStatus::ALL {
            assert_eq!(State::from(status).slug(), status.as_str());
        }
    }
}
