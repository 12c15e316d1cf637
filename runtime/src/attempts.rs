//! Starts what was committed as started, stops it when asked, and reports how it ended.
//!
//! An attempt never touches a state: it sends its outcome to the committer like everybody else.

mod fill;
mod run;
mod time_limit;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use engine::{Attempt, Mode, StepIndex, WaitsFor, Workflow, WorkflowId};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::committer::Message;
use crate::handlers::Handlers;
use crate::health::{Health, Room};
use crate::log::LogWriter;
use crate::step::StepServices;
use run::Start;

/// What every attempt shares.
pub(crate) struct Surroundings {
    pub(crate) handlers: Handlers,
    pub(crate) services: Arc<StepServices>,
    pub(crate) log: LogWriter,
    pub(crate) clock: Arc<dyn Clock>,
    /// Part of the key of every effect.
    pub(crate) installation: String,
    pub(crate) reports: UnboundedSender<Message>,
    /// How long a handler that was told to stop may take before it is dropped.
    pub(crate) stop_limit: Duration,
    /// Set once the engine was asked to stop.
    pub(crate) stopping: CancellationToken,
    /// Learns of panics.
    pub(crate) health: Health,
    /// For what attempts come to, until it is written down.
    pub(crate) room: Room,
}

struct Live {
    attempt: Attempt,
    stop: CancellationToken,
    /// Whether nobody can say what came of it when it is interrupted.
    is_once: bool,
}

/// The attempts under way in this process.
pub(crate) struct Attempts {
    surroundings: Arc<Surroundings>,
    live: HashMap<(WorkflowId, StepIndex), Live>,
    tracker: TaskTracker,
}

impl Attempts {
    pub(crate) fn new(surroundings: Surroundings) -> Self {
        Self {
            surroundings: Arc::new(surroundings),
            live: HashMap::new(),
            tracker: TaskTracker::new(),
        }
    }

    /// The log of all tasks.
    pub(crate) fn log(&self) -> &LogWriter {
        &self.surroundings.log
    }

    /// What the task cannot start without and this program does not have.
    pub(crate) fn missing(
        &self,
        workflow: &Workflow,
        definition_hash: &str,
        task: StepIndex,
    ) -> Option<WaitsFor> {
        let handlers = &self.surroundings.handlers;
        handlers.missing(workflow, definition_hash, task)
    }

    /// Whether the step starts a program on this machine.
    pub(crate) fn starts_program(&self, workflow: &Workflow, task: StepIndex) -> bool {
        let step = workflow.definition().steps().get(task);
        step.is_some_and(|step| self.surroundings.handlers.starts_program(step))
    }

    /// Starts the attempt that the workflow's task stands at.
    pub(crate) fn start(
        &mut self,
        workflow: &Workflow,
        definition_hash: &str,
        task: StepIndex,
        attempt: Attempt,
    ) {
        let stop = CancellationToken::new();
        let handlers = &self.surroundings.handlers;
        let closure = handlers.closure_of(workflow, definition_hash, task);
        let start = Start::gather(workflow, task, attempt, closure, stop.clone());
        let step = workflow.definition().steps().get(task);
        let live = Live {
            attempt,
            stop,
            is_once: step.is_some_and(|step| step.mode == Some(Mode::Once)),
        };
        self.live.insert((workflow.id(), task), live);
        let surroundings = Arc::clone(&self.surroundings);
        self.tracker.spawn(run::run(surroundings, start));
    }

    /// Forgets an attempt that reported its end.
    pub(crate) fn ended(&mut self, id: WorkflowId, task: StepIndex, attempt: Attempt) {
        if self
            .live
            .get(&(id, task))
            .is_some_and(|live| live.attempt == attempt)
        {
            self.live.remove(&(id, task));
        }
    }

    /// Tells the attempts of a workflow to stop.
    pub(crate) fn stop_workflow(&self, id: WorkflowId) {
        let of_workflow = self
            .live
            .iter()
            .filter(|((workflow, _), _)| *workflow == id);
        of_workflow.for_each(|(_, live)| live.stop.cancel());
    }

    /// Tells the attempt of one task to stop, if one is under way.
    pub(crate) fn stop(&self, id: WorkflowId, task: StepIndex) {
        if let Some(live) = self.live.get(&(id, task)) {
            live.stop.cancel();
        }
    }

    /// Tells every attempt to stop.
    pub(crate) fn stop_all(&self) {
        self.live.values().for_each(|live| live.stop.cancel());
    }

    /// Tells those to stop that go on at the next start, where others, of mode `once`, still run: these
    /// are left the rest of the time.
    pub(crate) fn stop_before_once(&self) {
        let (once, again): (Vec<_>, Vec<_>) = self.live.values().partition(|live| live.is_once);
        if !once.is_empty() {
            again.into_iter().for_each(|live| live.stop.cancel());
        }
    }

    /// How many are under way.
    pub(crate) fn count(&self) -> usize {
        self.live.len()
    }

    /// Whether any attempt of the workflow is under way here.
    pub(crate) fn is_any_live(&self, id: WorkflowId) -> bool {
        self.live.keys().any(|(workflow, _)| *workflow == id)
    }

    /// Whether this attempt is under way here.
    pub(crate) fn is_live(&self, id: WorkflowId, task: StepIndex) -> bool {
        self.live.contains_key(&(id, task))
    }
}
