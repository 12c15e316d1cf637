//! The percentage on a page.

use engine::{Progress, Timestamp, WorkflowStatus};

/// A percentage that a page shows, and after how many recoveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// 0 to 100.
    pub percent: u8,
    recoveries: u32,
}

impl Shown {
    /// What is shown at `now` where `before` was shown: no less than that until a recovery begins anew, and
    /// no less than the server said, however the clocks of the two machines are set.
    #[must_use]
    pub fn after(before: Option<&Self>, progress: &Progress, now: Timestamp) -> Self {
        let recoveries = progress.summary.recovery_attempts;
        let kept = before.filter(|before| before.recoveries == recoveries);
        let kept = kept.map_or(progress.summary.progress, |before| before.percent);
        let reached = kept
            .max(progress.summary.progress)
            .max(progress.percent_at(now));
        let is_completed = progress.summary.status == WorkflowStatus::Completed;
        Self {
            percent: if is_completed { 100 } else { reached.min(99) },
            recoveries,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use engine::workflow::NewWorkflow;
    use engine::{
        Action, Command, FailureKind, JobId, Outcome, StepDefinition, TaskId, Workflow,
        WorkflowDefinition, WorkflowId, advance,
    };

    use super::*;

    #[test]
    fn what_is_shown_is_not_taken_back_by_a_clock_but_by_a_recovery() {
        let mut step = StepDefinition::new("Download", "anything");
        step.estimated_duration = Some(100.0);
        step.max_retries = 0;
        let definition = WorkflowDefinition::new("Build", &[step]).unwrap();
        let begin = Timestamp::from_micros(1_704_067_200_000_000);
        let new = NewWorkflow {
            id: WorkflowId(1),
            job_id: JobId(1),
            first_task_id: TaskId(1),
            definition: Arc::new(definition),
            metadata: serde_json::Map::new(),
            parameters: serde_json::Map::new(),
        };
        let mut workflow = Workflow::new(new, begin);
        let mut command = |command, now| {
            advance(&mut workflow, &command, None, now).unwrap();
            Progress::of(&workflow, now)
        };
        let after = |seconds| begin.plus(Duration::from_secs(seconds));
        command(Command::Create, begin);
        command(Command::Act(Action::Start), begin);
        let runs = command(Command::StartTask { task: 0 }, begin);
        let shown = Shown::after(None, &runs, after(40));
        assert_eq!(shown.percent, 40);
        // The browser's clock is set back, or the step ends by a server whose clock is behind.
        assert_eq!(Shown::after(Some(&shown), &runs, after(3)).percent, 40);
        let outcome = Outcome::Failed {
            failure: FailureKind::Permanent,
            error: "no luck".into(),
        };
        let (task, attempt) = (0, 1);
        let failed = command(
            Command::Report {
                task,
                attempt,
                outcome,
            },
            after(35),
        );
        let shown = Shown::after(Some(&shown), &failed, after(41));
        assert_eq!(shown.percent, 40);
        let fresh = Shown::after(None, &failed, begin);
        assert_eq!(fresh.percent, 35, "what the server said");
        let again = command(Command::Act(Action::recover(0)), after(50));
        assert_eq!(Shown::after(Some(&shown), &again, after(50)).percent, 0);
    }
}
