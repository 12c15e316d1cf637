//! Putting a runtime together, and what happens when it starts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use engine::orchestrator::StepSwitches;
use engine::{Command, Outcome, Problem, StepIndex, WorkflowId};
use tokio::sync::{mpsc, oneshot};
use tracing::{error, info};

use super::latest::Latest;
use super::{Inner, Runtime, retention, switches};
use crate::attempts::{Attempts, Surroundings};
use crate::clock::{Clock, SystemClock};
use crate::committer::{Committer, Message, Parts};
use crate::database::{Database, OpenError};
use crate::feed::Feed;
use crate::handlers::Handlers;
use crate::health::{Health, watch};
use crate::log::{LogFault, LogStore, LogWriter};
use crate::process::{ProcessRunner, RunnerProgram};
use crate::settings::Settings;
use crate::step::{Registry, RegistryError, SharedSwitches, StepServices, StepType, attempt_name};
use crate::store::log_memory::MemoryLogStore;
use crate::store::log_sqlite::SqliteLogStore;
use crate::store::memory::MemoryStore;
use crate::store::sqlite::SqliteStore;
use crate::store::{Store, StoreError};
use crate::workflow_definition::WorkflowDefinition;

/// Adds one step type.
type AddStepType = fn(&mut Registry) -> Result<(), RegistryError>;

/// How long an attempt of a dead server may take to be proven dead.
const PROOF_LIMIT: Duration = Duration::from_secs(60);

/// Why a runtime did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be opened; [`OpenError::InUse`] when another server has it.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The task log cannot be opened.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Two step types share a name, or one cannot be described.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A definition that was registered is wrong.
    #[error("a definition that was registered is wrong: {}", told(.0))]
    Definition(Vec<Problem>),
}

fn told(problems: &[Problem]) -> String {
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    told.join("; ")
}

impl StartError {
    /// Whether another server uses the data.
    #[must_use]
    pub const fn is_in_use(&self) -> bool {
        matches!(self, Self::Open(OpenError::InUse(_)))
    }
}

/// What a runtime is made of. Without a file it keeps everything in memory.
///
/// ```
/// use std::time::Duration;
///
/// use runtime::{Runtime, Settings};
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let orchestrator = Runtime::builder()
///     .in_memory()
///     .settings(Settings {
///         // At most this many attempts at once, of those that start no program.
///         others_at_once: 16,
///         drain: Duration::from_secs(5),
///         ..Settings::default()
///     })
///     .start()
///     .await?;
/// orchestrator.shutdown().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Default)]
pub struct RuntimeBuilder {
    file: Option<PathBuf>,
    work_dir: Option<PathBuf>,
    runner: Option<RunnerProgram>,
    registry: Option<Registry>,
    step_types: Vec<AddStepType>,
    definitions: Vec<WorkflowDefinition>,
    clock: Option<Arc<dyn Clock>>,
    store: Option<Arc<dyn Store>>,
    settings: Settings,
    allow: StepSwitches,
}

impl RuntimeBuilder {
    /// Keeps everything in this SQLite file, and the task log in a file beside it.
    #[must_use]
    pub fn sqlite(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Keeps everything in memory: nothing outlives the program.
    #[must_use]
    pub fn in_memory(mut self) -> Self {
        self.file = None;
        self
    }

    /// Keeps everything in a store of the program's own; the task log stays in memory.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Where steps get their folders. The default lies beside the file.
    #[must_use]
    pub fn work_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.work_dir = Some(folder.into());
        self
    }

    /// The program that starts commands. Without one, command steps fail and say so.
    #[must_use]
    pub fn runner(mut self, runner: RunnerProgram) -> Self {
        self.runner = Some(runner);
        self
    }

    /// Lets steps start programs, whatever the owner's switch says.
    #[must_use]
    pub const fn commands(mut self, allowed: bool) -> Self {
        self.allow.commands = allowed;
        self
    }

    /// Lets HTTP steps reach loopback and private addresses, whatever the owner's switch says.
    #[must_use]
    pub const fn private_addresses(mut self, allowed: bool) -> Self {
        self.allow.private_addresses = allowed;
        self
    }

    /// The step types; without them, the built-in ones.
    #[must_use]
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// One more step type, beside the built-in ones or those of [`registry`](Self::registry).
    #[must_use]
    pub fn step_type<T: StepType>(mut self) -> Self {
        self.step_types.push(Registry::register::<T>);
        self
    }

    /// A definition whose closures are to be there before anything starts: workflows of it that an
    /// earlier program left unfinished go on. Those of definitions that are not registered wait.
    #[must_use]
    pub fn register(mut self, definition: &WorkflowDefinition) -> Self {
        self.definitions.push(definition.clone());
        self
    }

    /// Limits other than the defaults.
    #[must_use]
    pub const fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Another clock, for tests.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Opens the stores and starts the engine; active workflows go on.
    ///
    /// # Errors
    /// [`StartError`]; nothing was started.
    pub async fn start(self) -> Result<Runtime, StartError> {
        let clock = self.clock.clone().unwrap_or_else(|| Arc::new(SystemClock));
        let handlers = handlers(self.registry, &self.step_types, &self.definitions)?;
        let (store, log_store) = open(self.store, self.file.as_deref()).await?;
        let work_dir = self.work_dir;
        let work_dir = work_dir.unwrap_or_else(|| default_work_dir(self.file.as_deref()));
        let lock_dir = work_dir.with_file_name("attempts");
        let runner = self
            .runner
            .map(|program| ProcessRunner::new(program, lock_dir));
        let switches = SharedSwitches::default();
        switches.set(switches::load(store.as_ref(), self.allow).await?);
        let services = Arc::new(StepServices::new(
            runner.clone(),
            switches.clone(),
            work_dir,
        ));
        remove_leftovers(&services).await;
        let log = LogWriter::start(log_store, Arc::clone(&clock));
        let (outbox, inbox) = mpsc::unbounded_channel();
        let attempts = Attempts::new(Surroundings {
            handlers: handlers.clone(),
            services,
            log: log.clone(),
            clock: Arc::clone(&clock),
            reports: outbox.clone(),
            stop_limit: self.settings.stop,
        });
        let feed = Feed::default();
        let commits = Arc::<AtomicU64>::default();
        let committer = Committer::new(Parts {
            numbers: store.last_numbers().await?,
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            feed: feed.clone(),
            attempts,
            inbox,
            commits: Arc::clone(&commits),
            settings: self.settings,
        });
        watch_over(committer);
        let inner = Inner {
            store,
            clock,
            health: Health::default(),
            feed,
            log,
            handlers,
            switches,
            settings: self.settings,
            outbox,
            commits,
            latest: Latest::default(),
        };
        let runtime = Runtime {
            inner: Arc::new(inner),
        };
        watch::start(&runtime.inner);
        runtime.take_up(runner).await?;
        retention::start(&runtime.inner);
        Ok(runtime)
    }
}

/// What carries steps out: the program's step types beside the built-in ones or those it brought,
/// and the closures of the definitions it registered.
fn handlers(
    registry: Option<Registry>,
    step_types: &[AddStepType],
    definitions: &[WorkflowDefinition],
) -> Result<Handlers, StartError> {
    let mut registry = match registry {
        Some(registry) => registry,
        None => Registry::builtin()?,
    };
    for add in step_types {
        add(&mut registry)?;
    }
    let handlers = Handlers::new(Arc::new(registry));
    for definition in definitions {
        handlers.register(&definition.frozen().map_err(StartError::Definition)?);
    }
    Ok(handlers)
}

/// Beside the file. A program may have several engines in memory; each has its own folder.
fn default_work_dir(file: Option<&Path>) -> PathBuf {
    match file {
        Some(file) => file.with_file_name("work"),
        None => {
            let name = format!("job-orchestrator-{}", uuid::Uuid::new_v4());
            std::env::temp_dir().join(name).join("work")
        }
    }
}

/// The store of the program's own, the file, or memory; and where the task log is kept.
async fn open(
    own: Option<Arc<dyn Store>>,
    file: Option<&Path>,
) -> Result<(Arc<dyn Store>, Arc<dyn LogStore>), StartError> {
    let (None, Some(file)) = (&own, file) else {
        let store = own.unwrap_or_else(|| Arc::new(MemoryStore::default()));
        return Ok((store, Arc::new(MemoryLogStore::default())));
    };
    let store = SqliteStore::new(Database::open(file).await?);
    let log = SqliteLogStore::open(&file.with_file_name("logs.db")).await?;
    Ok((Arc::new(store), Arc::new(log)))
}

/// Runs the committer, and says so if it ever breaks: nothing else would.
fn watch_over(committer: Committer) {
    let running = tokio::spawn(committer.run());
    tokio::spawn(async move {
        if let Err(fault) = running.await {
            error!(%fault, "the engine broke; restart the server, nothing that was answered is lost");
        }
    });
}

/// Removes the folders of attempts that a dead server left. Their processes die with it (the
/// lifeline), and no new attempt starts before the workflows are taken up.
async fn remove_leftovers(services: &StepServices) {
    if let Err(fault) = services.remove_leftovers().await {
        error!(%fault, "the work folder of an earlier server cannot be removed");
    }
}

impl Runtime {
    /// Brings every active workflow into memory. Attempts of a server that died become lost, each
    /// once it is proven dead; everything else goes on at once.
    async fn take_up(&self, runner: Option<ProcessRunner>) -> Result<(), StoreError> {
        let active = self.inner.store.active().await?;
        info!(workflows = active.len(), "taking up active workflows");
        for id in active {
            let (orphans, found) = oneshot::channel();
            let sent = self.inner.outbox.send(Message::Adopt { id, orphans });
            let Ok(found) = (match sent {
                Ok(()) => found.await,
                Err(_) => return Ok(()),
            }) else {
                continue;
            };
            for (task, attempt) in found {
                let lost = lose(self.inner.outbox.clone(), runner.clone(), id, task, attempt);
                tokio::spawn(lost);
            }
        }
        Ok(())
    }
}

/// Reports an attempt as lost once nothing of it can be alive.
async fn lose(
    outbox: mpsc::UnboundedSender<Message>,
    runner: Option<ProcessRunner>,
    id: WorkflowId,
    task: StepIndex,
    attempt: u32,
) {
    if let Some(runner) = runner {
        let name = attempt_name(id, task, attempt);
        while let Err(fault) = runner.prove_dead(&name, PROOF_LIMIT).await {
            // Starting it anew beside a living one would do the work twice: keep trying.
            error!(%fault, attempt = name, "an attempt of the last server cannot be proven dead");
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
    }
    let command = Command::Report {
        task,
        attempt,
        outcome: Outcome::Lost,
    };
    drop(outbox.send(Message::Report { id, command }));
}
