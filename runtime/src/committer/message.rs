//! What the committer is asked and told.

use std::sync::Arc;

use engine::orchestrator::ActionRequest;
use engine::progress::WorkflowState;
use engine::{
    Actor, Command, DefinitionId, JobId, JobOrchestratorError, StepIndex, WorkflowDefinition,
    WorkflowId,
};
use serde_json::{Map, Value};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::timers::Wait;
use crate::health::{Ask, Place};

/// Where an answer goes.
pub(crate) type Reply = oneshot::Sender<Result<WorkflowState, JobOrchestratorError>>;

/// A workflow to be made.
#[derive(Debug, Clone)]
pub(crate) struct Creation {
    pub(crate) job_id: Option<JobId>,
    pub(crate) definition: Arc<WorkflowDefinition>,
    pub(crate) source: Option<(DefinitionId, u32)>,
    pub(crate) definition_hash: String,
    pub(crate) parameters: Map<String, Value>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) start: bool,
    /// The caller's id of the command, when it carries one.
    pub(crate) command: Option<KeyedCommand>,
}

/// A command that carries an id.
#[derive(Debug, Clone)]
pub(crate) struct KeyedCommand {
    /// The caller's id.
    pub(crate) id: String,
    /// The hash of what the caller sent.
    pub(crate) content: String,
}

/// One thing to decide.
pub(crate) enum Message {
    /// Make a workflow.
    Create {
        creation: Box<Creation>,
        actor: Actor,
        reply: Reply,
    },
    /// Somebody asks something of a workflow.
    Act {
        id: WorkflowId,
        request: Box<ActionRequest>,
        actor: Actor,
        reply: Reply,
    },
    /// An attempt or a timer has something to tell.
    Report {
        id: WorkflowId,
        command: Command,
        /// When a wait is over that it begins, by the clock that nobody can set: the wall clock may be
        /// set before it is written down.
        waits_until: Option<Instant>,
        /// The room it takes up until it is written down; none for what is small and can be told
        /// again.
        _place: Option<Place>,
    },
    /// Bring active workflows into memory, and tell which attempts of theirs nobody carries out.
    Adopt {
        ids: Vec<WorkflowId>,
        reply: oneshot::Sender<Vec<(WorkflowId, StepIndex, u32)>>,
    },
    /// Look at the rows of a workflow that could not be read; told once it is put aside, or is not.
    Examine {
        id: WorkflowId,
        done: oneshot::Sender<()>,
    },
    /// The program has registered the closures of a definition.
    Registered { definition_hash: String },
    /// Start nothing new from now on; told once nothing is under way.
    Quiesce { idle: oneshot::Sender<()> },
    /// Interrupt what is under way, when some of it must not be: all that may be done again.
    InterruptAgain,
    /// Interrupt what is under way.
    Interrupt,
    /// Somebody set the wall clock: look at due times again, and at what running steps have reached.
    ClockWasSet,
    /// What stood in the way of new attempts may be gone.
    LookAgain,
    /// End the loop.
    Exit { done: oneshot::Sender<()> },
}

impl Message {
    /// Whether it concerns the committer itself and is carried out at once.
    pub(super) const fn is_control(&self) -> bool {
        matches!(
            self,
            Self::Registered { .. }
                | Self::Quiesce { .. }
                | Self::Interrupt
                | Self::InterruptAgain
                | Self::ClockWasSet
                | Self::LookAgain
        )
    }

    /// What a person or a program asks for with it.
    pub(super) fn ask(&self) -> Option<Ask> {
        match self {
            Self::Create { .. } => Some(Ask::Create),
            Self::Act { request, .. } => Some(Ask::of(&request.action)),
            _ => None,
        }
    }

    /// The same, and where the answer goes.
    pub(super) fn asked(self) -> Result<(Ask, Reply), Self> {
        match (self.ask(), self) {
            (Some(ask), Self::Create { reply, .. } | Self::Act { reply, .. }) => Ok((ask, reply)),
            (_, other) => Err(other),
        }
    }

    /// The workflow it is about, when it exists already.
    pub(super) const fn workflow(&self) -> Option<WorkflowId> {
        match self {
            Self::Act { id, .. } | Self::Report { id, .. } | Self::Examine { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// The moment a task waits for has come.
    pub(super) const fn due(wait: Wait) -> Self {
        let Wait { id, task, due_at } = wait;
        let command = Command::Due { task, due_at };
        Self::small(id, command)
    }

    /// A report that takes up no room worth counting.
    pub(crate) const fn small(id: WorkflowId, command: Command) -> Self {
        Self::Report {
            id,
            command,
            waits_until: None,
            _place: None,
        }
    }
}
