//! The aggregate: one execution of a definition, all its tasks, and the fold of its events.
//!
//! States are private. They change only in [`Workflow::apply`], which the decisions call, so no
//! other crate can put a workflow into a state that the tables do not know.

mod apply;
mod class;
mod record;
mod tally;

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::definition::WorkflowDefinition;
use crate::id::{JobId, Seq, StepIndex, TaskId, WorkflowId};
use crate::task_status::TaskStatus;
use crate::time::Timestamp;
use crate::workflow_status::WorkflowStatus;

pub use apply::Impossible;
pub(crate) use class::{Class, Readiness};
pub use record::{TaskRecord, WorkflowRecord};
pub use tally::{Counts, Tally};

/// What is needed to create a workflow.
#[derive(Debug, Clone)]
pub struct NewWorkflow {
    /// Its number.
    pub id: WorkflowId,
    /// The job it belongs to.
    pub job_id: JobId,
    /// The number of its first task; the others follow.
    pub first_task_id: TaskId,
    /// What it executes; never changes afterwards.
    pub definition: Arc<WorkflowDefinition>,
    /// What the caller wants to remember with it.
    pub metadata: Map<String, Value>,
    /// The definition's parameters with the caller's values in them.
    pub parameters: Map<String, Value>,
}

/// One step of one workflow.
#[derive(Debug, Clone)]
pub struct Task {
    record: TaskRecord,
    /// How many of its dependencies are in which class.
    upstream: class::Upstream,
    class: Class,
}

impl Task {
    /// All that is stored about it.
    #[must_use]
    pub const fn record(&self) -> &TaskRecord {
        &self.record
    }

    /// Its state.
    #[must_use]
    pub const fn status(&self) -> TaskStatus {
        self.record.status
    }
}

/// One execution of a definition.
#[derive(Debug, Clone)]
pub struct Workflow {
    record: WorkflowRecord,
    definition: Arc<WorkflowDefinition>,
    tasks: Vec<Task>,
    tally: Tally,
    /// Tasks whose dependencies changed since the last decision looked.
    touched: Vec<StepIndex>,
}

impl Workflow {
    /// A workflow before its first event: the fold starts here.
    #[must_use]
    pub fn new(new: NewWorkflow, now: Timestamp) -> Self {
        let record = WorkflowRecord::new(&new, now);
        let mut id = new.first_task_id.0;
        let records = new.definition.steps().iter().map(|_| {
            let record = TaskRecord::new(TaskId(id));
            // The first number of a damaged row may be any.
            id = id.saturating_add(1);
            record
        });
        let records = records.collect();
        Self::restore(record, new.definition, records)
    }

    /// A workflow as it was stored.
    #[must_use]
    pub fn restore(
        record: WorkflowRecord,
        definition: Arc<WorkflowDefinition>,
        records: Vec<TaskRecord>,
    ) -> Self {
        let tasks = records
            .into_iter()
            .enumerate()
            .map(|(index, record)| {
                let open = definition.graph().dependencies(index).len();
                Task {
                    record,
                    upstream: class::Upstream::all_open(open),
                    class: Class::Open,
                }
            })
            .collect();
        let mut workflow = Self {
            record,
            definition,
            tasks,
            tally: Tally::default(),
            touched: Vec::new(),
        };
        workflow.recount();
        workflow.touched.clear();
        workflow
    }

    /// All that is stored about it, its tasks aside.
    #[must_use]
    pub const fn record(&self) -> &WorkflowRecord {
        &self.record
    }

    /// Its number.
    #[must_use]
    pub const fn id(&self) -> WorkflowId {
        self.record.id
    }

    /// Its state.
    #[must_use]
    pub const fn status(&self) -> WorkflowStatus {
        self.record.status
    }

    /// The number of its last event.
    #[must_use]
    pub const fn rev(&self) -> Seq {
        self.record.rev
    }

    /// What it executes.
    #[must_use]
    pub const fn definition(&self) -> &Arc<WorkflowDefinition> {
        &self.definition
    }

    /// Its tasks, in the order of the steps.
    #[must_use]
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// One task, if there is such a step.
    #[must_use]
    pub fn task(&self, index: StepIndex) -> Option<&Task> {
        self.tasks.get(index)
    }

    /// How many tasks are in which state.
    #[must_use]
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Whether a queued task may start now.
    #[must_use]
    pub fn may_start(&self, index: StepIndex) -> bool {
        self.record.status.starts_tasks()
            && !self.record.cancel_requested
            // A recovery with force does again whatever had not ended well, so everything that
            // could start now waits until what it stopped is proven dead.
            && !self.tally.has_superseded()
            && self
                .task(index)
                .is_some_and(|t| t.status() == TaskStatus::Queued)
            && !self.is_blocked(index)
    }

    /// The positions of all tasks that may start now, for a runtime that looks afresh.
    pub fn startable(&self) -> impl Iterator<Item = StepIndex> + '_ {
        (0..self.tasks.len()).filter(|index| self.may_start(*index))
    }

    /// Whether an attempt is under way. One that waits for a moment holds nothing.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let under_way = |t: &Task| t.status() == TaskStatus::Running && !t.record.waiting;
        self.tally.counts.running > 0 && self.tasks.iter().any(under_way)
    }

    pub(crate) fn take_touched(&mut self) -> Vec<StepIndex> {
        std::mem::take(&mut self.touched)
    }
}
