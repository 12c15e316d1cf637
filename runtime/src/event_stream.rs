//! The events of one workflow, one after the other, as they are committed.

use std::collections::VecDeque;
use std::time::Duration;

use engine::orchestrator::Answer;
use engine::{Actor, EventRecord, JobOrchestratorError, Seq, WorkflowId, Workflows};

use crate::Runtime;

/// Events that are read at once.
const PAGE: usize = 256;
/// A wake-up may be missed; then the stream looks by itself.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The events of one workflow in their order, none missing and none twice: those there are, then
/// each as soon as it is on disk. Made by [`Runtime::follow`].
#[derive(Debug)]
pub struct EventStream {
    runtime: Runtime,
    id: WorkflowId,
    after: Seq,
    read: VecDeque<EventRecord>,
}

impl Runtime {
    /// The events of a workflow with a number above `after`: 0 for all of them, or the last one that
    /// is known, to go on from there.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// use runtime::{JobId, JobOrchestrator, Runtime, WorkflowDefinition, WorkflowStep, json};
    ///
    /// let orchestrator = Runtime::builder().in_memory().start().await?;
    /// let definition = WorkflowDefinition::new("Greet")
    ///     .step(WorkflowStep::new("Hello", "say", |_cx| async { Ok(json!("hello")) }));
    /// let workflow = orchestrator.create_workflow(JobId(1), definition, None).await?;
    /// orchestrator.start_workflow(workflow.id).await?;
    /// let mut kinds = Vec::new();
    /// let mut events = orchestrator.follow(workflow.id, 0);
    /// while let Some(record) = events.next().await? {
    ///     kinds.push(record.event.kind());
    /// }
    /// assert_eq!(kinds, [
    ///     "WorkflowCreated", "WorkflowStarted", "TaskQueued", "TaskStarted", "TaskCompleted",
    ///     "WorkflowCompleted",
    /// ]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn follow(&self, workflow_id: WorkflowId, after: Seq) -> EventStream {
        EventStream {
            runtime: self.clone(),
            id: workflow_id,
            after,
            read: VecDeque::new(),
        }
    }
}

impl EventStream {
    /// The next event; none once the workflow is over and all its events were given. It may be asked
    /// again after a recovery. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`JobOrchestratorError::NotFound`] when there is no such workflow,
    /// [`JobOrchestratorError::Fault`] when it cannot be read; the next call tries again.
    pub async fn next(&mut self) -> Answer<Option<EventRecord>> {
        loop {
            if let Some(next) = self.read.pop_front() {
                self.after = next.seq;
                return Ok(Some(next));
            }
            // Looked at before the events are read: what comes in between is read now or then.
            let is_over = self.runtime.is_over(self.id).await?;
            let page = self
                .runtime
                .events(&Actor::program(), self.id, self.after, PAGE)
                .await?;
            self.read = page.into();
            if !self.read.is_empty() {
                continue;
            }
            if is_over {
                return Ok(None);
            }
            if !self.runtime.is_running() {
                return Err(JobOrchestratorError::Stopping);
            }
            let changed = self.runtime.changed(self.id, self.after);
            drop(tokio::time::timeout(LOOK_AGAIN, changed).await);
        }
    }

    /// The number of the last event that was given.
    #[must_use]
    pub const fn position(&self) -> Seq {
        self.after
    }
}
