//! The public face: every call becomes a command for the committer or a read of the store.

mod asked;
mod boot_loop;
mod builder;
mod definitions;
mod installation;
mod job_orchestrator;
mod latest;
mod leftovers;
mod library;
mod look;
mod missing;
mod retention;
mod room;
mod start_error;
mod stop;
mod stores;
mod switches;
mod take_up;
mod weight;
mod workflows;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::{
    Action, Actor, JobId, JobOrchestratorError, Problem, Role, WorkflowId,
    orchestrator::{ActionRequest, Answer, NewWorkflowRequest, StepSwitches},
    progress::WorkflowState,
};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::clock::Clock;
use crate::committer::{Asked, Creation, KeyedCommand, Message, content_of_act, kept_answer};
use crate::fault;
use crate::feed::Feed;
use crate::handlers::Handlers;
use crate::health::{Ask, Health};
use crate::log::LogWriter;
use crate::moments::Moments;
use crate::quarantine::Quarantine;
use crate::settings::Settings;
use crate::step::SharedSwitches;
use crate::store::{Quarantined, Store, StoreError};

pub use builder::RuntimeBuilder;
pub use start_error::StartError;

/// The running engine. Clones are the same engine; it ends with [`Runtime::shutdown`] or with the
/// tokio runtime that it was started in.
///
/// Dropping it ends nothing: workflows go on, and a file that it was opened on stays locked, so that
/// another start on it is answered with [`StartError::is_in_use`]. Call [`Runtime::shutdown`] and then
/// drop the last clone, also those that closures hold, to have the file free.
///
/// ```
/// use runtime::{JobId, JobOrchestrator, Runtime, WorkflowDefinition, WorkflowStep, json};
///
/// fn greeting() -> WorkflowDefinition {
///     WorkflowDefinition::new("Greet")
///         .step(WorkflowStep::new("Hello", "say", |_cx| async { Ok(json!("hello")) }))
/// }
///
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("data/jobs.db");
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// // The file and its folder are made when they are not there.
/// let orchestrator = Runtime::builder().sqlite(&file).start().await?;
/// let workflow = orchestrator.create_workflow(JobId(1), greeting(), None).await?;
/// orchestrator.shutdown().await;
/// drop(orchestrator);
///
/// // The next run of the program brings the closures back and finds the rest.
/// let orchestrator = Runtime::builder().sqlite(&file).register(&greeting()).start().await?;
/// let found = orchestrator.get_workflow_by_job(JobId(1)).await?;
/// assert_eq!(found.map(|found| found.id), Some(workflow.id));
/// orchestrator.start_workflow(workflow.id).await?;
/// let done = orchestrator.execute_workflow(workflow.id, &greeting()).await?;
/// assert_eq!(done.progress, 100);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Runtime {
    inner: Arc<Inner>,
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}

pub(crate) struct Inner {
    store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    moments: Moments,
    pub(crate) health: Health,
    pub(crate) settings: Settings,
    feed: Feed,
    log: LogWriter,
    handlers: Handlers,
    switches: SharedSwitches,
    /// What the program was started with, whatever an owner says.
    allow: StepSwitches,
    /// The name of this start.
    incarnation: Uuid,
    quarantine: Quarantine,
    pub(crate) outbox: UnboundedSender<Message>,
    /// Set once the engine was asked to stop.
    stopping: stop::Stopping,
    commits: Arc<AtomicU64>,
    latest: latest::Latest,
}

impl Inner {
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    pub(crate) const fn log(&self) -> &LogWriter {
        &self.log
    }
}

impl Runtime {
    /// Says where things are kept and what is allowed, then starts.
    #[must_use]
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::default()
    }

    /// How many transactions of workflows were written since the start. Everything that waits at
    /// the same time shares one; a chain costs one for each of its steps.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.inner.commits.load(Ordering::Relaxed)
    }

    /// How often since the start something that must always hold (`engine::invariant`) did not.
    /// Each time, the workflow it was seen in was put aside. It is 0 unless the engine or the disk is
    /// broken.
    #[must_use]
    pub fn breaches(&self) -> u64 {
        self.inner.quarantine.counted()
    }

    /// The workflows that are in quarantine, by number.
    #[must_use]
    pub fn quarantined(&self) -> Vec<Quarantined> {
        self.inner.quarantine.all()
    }

    async fn create(&self, creation: Creation, actor: &Actor) -> Answer<WorkflowState> {
        if creation.job_id.is_some_and(|job| !job.is_usable()) {
            let detail = format!("must be a whole number from 1 to {}", JobId::LARGEST);
            return Err(JobOrchestratorError::Invalid(vec![Problem::new(
                "#/job_id", detail,
            )]));
        }
        asked::check_given("#/parameters", &creation.parameters)?;
        asked::check_given("#/metadata", &creation.metadata)?;
        asked::check_command_id(creation.command.as_ref().map(|command| command.id.as_str()))?;
        self.is_possible(Ask::Create)?;
        let (reply, answer) = oneshot::channel();
        self.send(
            Message::Create {
                creation: Box::new(creation),
                actor: actor.clone(),
                reply,
            },
            answer,
        )
        .await
    }

    async fn command(
        &self,
        id: WorkflowId,
        request: ActionRequest,
        actor: &Actor,
    ) -> Answer<WorkflowState> {
        require(actor, request.action.needs())?;
        asked::check(&request)?;
        self.is_possible(Ask::of(&request.action))?;
        if request.action == Action::Start
            && let Err(refused) = self.may_be_started(id).await
        {
            // What the switches say may have changed since the same command was carried out.
            let answered = self.started_before(actor, id, &request).await;
            return answered.unwrap_or(Err(refused));
        }
        let (reply, answer) = oneshot::channel();
        self.send(
            Message::Act {
                id,
                request: Box::new(request),
                actor: actor.clone(),
                reply,
            },
            answer,
        )
        .await
    }

    /// Refuses at once what could not be written down anyway.
    fn is_possible(&self, ask: Ask) -> Answer<()> {
        match self.inner.health.hinders(ask) {
            Some(hindrance) => Err(hindrance.into()),
            None => Ok(()),
        }
    }

    /// What was answered when the same request came before.
    async fn answered_before(
        &self,
        actor: &Actor,
        command: Option<&KeyedCommand>,
        request: &NewWorkflowRequest,
    ) -> Option<Answer<WorkflowState>> {
        let command = command?;
        let asked = Asked {
            id: &command.id,
            content: &command.content,
            request: Some(request),
        };
        let (store, health) = (self.inner.store.as_ref(), &self.inner.health);
        kept_answer(store, health, actor, asked).await
    }

    /// The same for a command about a workflow.
    async fn started_before(
        &self,
        actor: &Actor,
        id: WorkflowId,
        request: &ActionRequest,
    ) -> Option<Answer<WorkflowState>> {
        let asked = Asked {
            id: request.command_id.as_deref()?,
            content: &content_of_act(id, &request.action),
            request: None,
        };
        let (store, health) = (self.inner.store.as_ref(), &self.inner.health);
        kept_answer(store, health, actor, asked).await
    }

    async fn send(
        &self,
        message: Message,
        answer: oneshot::Receiver<Answer<WorkflowState>>,
    ) -> Answer<WorkflowState> {
        let sent = self.inner.outbox.send(message);
        sent.map_err(|_| JobOrchestratorError::Stopping)?;
        answer.await.unwrap_or_else(|_| {
            Err(if self.inner.outbox.is_closed() {
                JobOrchestratorError::Stopping
            } else {
                fault::log("carrying out a command", &"the engine broke on it")
            })
        })
    }
}

/// Refuses an actor whose role is too low.
fn require(actor: &Actor, needs: Role) -> Answer<()> {
    if actor.may(needs) {
        Ok(())
    } else {
        Err(JobOrchestratorError::Forbidden { needs })
    }
}

fn read_fault(cause: &StoreError) -> JobOrchestratorError {
    fault::of_store("reading", cause)
}
