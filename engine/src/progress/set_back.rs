//! What a clock that is set back would take from steps that run.

use super::share;
use crate::command::Command;
use crate::task_status::TaskStatus;
use crate::time::Timestamp;
use crate::workflow::Workflow;

/// What is to be reported of running steps because the clock was set back from `before` to `now`: how
/// far each had come, where it would fall behind that. With these commands carried out, progress at
/// `now` is what it was at `before`.
#[must_use]
pub fn reached(workflow: &Workflow, before: Timestamp, now: Timestamp) -> Vec<Command> {
    if workflow.tally().counts.running == 0 {
        return Vec::new();
    }
    let steps = workflow.definition().steps().iter();
    let tasks = steps.zip(workflow.tasks()).enumerate();
    tasks
        .filter_map(|(index, (step, task))| {
            let record = task.record();
            let share_at = |moment| {
                let estimate = step.estimated_duration;
                share::running(record.share, record.started_at, estimate, moment)
            };
            let progress = share_at(before);
            let falls = record.status == TaskStatus::Running && share_at(now) < progress;
            falls.then_some(Command::Progress {
                task: index,
                attempt: record.attempt,
                progress,
            })
        })
        .collect()
}
