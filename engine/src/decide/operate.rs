//! What an operator does to one task: skip it, take it for done, try it now.

use super::Decision;
use crate::allowed::{self, TaskVerb};
use crate::command::Refusal;
use crate::event::Event;
use crate::id::StepIndex;
use crate::task_status::SkipReason;
use serde_json::Value;

impl Decision<'_> {
    pub(super) fn skip(&mut self, task: StepIndex) -> Result<(), Refusal> {
        self.check_task(task, TaskVerb::Skip)?;
        self.emit(Event::TaskSkipped {
            task,
            reason: SkipReason::Operator,
            attempt: None,
        })?;
        self.settle()
    }

    pub(super) fn mark_done(&mut self, task: StepIndex, output: &Value) -> Result<(), Refusal> {
        self.check_task(task, TaskVerb::MarkDone)?;
        let output = output.clone();
        self.emit(Event::TaskMarkedDone { task, output })?;
        self.settle()
    }

    pub(super) fn try_now(&mut self, task: StepIndex) -> Result<(), Refusal> {
        self.check_task(task, TaskVerb::TryNow)?;
        self.emit(Event::TaskQueued { task })
    }

    fn check_task(&self, task: StepIndex, verb: TaskVerb) -> Result<(), Refusal> {
        allowed::judge_task(
            self.workflow.status(),
            self.workflow.record().cancel_requested,
            task,
            self.workflow.tasks()[task].status(),
            self.workflow.is_blocked(task),
            verb,
        )
    }
}
