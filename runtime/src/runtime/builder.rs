//! Putting a runtime together, and what happens when it starts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use engine::orchestrator::StepSwitches;
use tokio::sync::mpsc;
use tracing::error;

use super::boot_loop::{self, BootLoop};
use super::latest::Latest;
use super::start_error::StartError;
use super::stop::Stopping;
use super::stores::Stores;
use super::take_up::TakeUp;
use super::{Inner, Runtime, installation, leftovers, retention, room, switches};
use crate::attempts::{Attempts, Surroundings};
use crate::clock::{Clock, SystemClock};
use crate::committer::{Committer, Parts};
use crate::feed::Feed;
use crate::handlers::Handlers;
use crate::health::{Disk, Health, Memory, Room, watch};
use crate::log::LogWriter;
use crate::moments::Moments;
use crate::process::{ProcessRunner, RunnerProgram};
use crate::quarantine::Quarantine;
use crate::settings::Settings;
use crate::step::{Registry, RegistryError, SharedSwitches, StepServices, StepType};
use crate::store::Store;
use crate::store::soundness::Soundness;
use crate::workflow_definition::WorkflowDefinition;

/// Adds one step type.
type AddStepType = fn(&mut Registry) -> Result<(), RegistryError>;

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
    pub(super) file: Option<PathBuf>,
    work_dir: Option<PathBuf>,
    runner: Option<RunnerProgram>,
    registry: Option<Registry>,
    step_types: Vec<AddStepType>,
    definitions: Vec<WorkflowDefinition>,
    clock: Option<Arc<dyn Clock>>,
    store: Option<Arc<dyn Store>>,
    installation: Option<String>,
    pub(super) disk: Option<Arc<dyn Disk>>,
    pub(super) memory: Option<Arc<dyn Memory>>,
    pub(super) settings: Settings,
    allow: StepSwitches,
}

impl RuntimeBuilder {
    /// Keeps everything in this SQLite file, in a folder of its own: the task log (`logs.db`) and the
    /// folders of steps lie beside it. File and folder are made when they are not there. One program at a
    /// time has it, until [`Runtime::shutdown`]: dropping the [`Runtime`] does not let go of it. Meanwhile
    /// a start on another file in the same folder is refused as well.
    ///
    /// ```standalone_crate
    /// # use std::time::Duration;
    /// # use runtime::{JobId, JobOrchestrator, Runtime, WorkflowDefinition, WorkflowStep, json};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # std::env::set_current_dir(folder.path())?;
    /// let orchestrator = Runtime::builder().sqlite("data/jobs.db").start().await?;   // or .in_memory()
    /// let definition = WorkflowDefinition::new("Dataset Build")
    ///     .step(WorkflowStep::new("Download", "download", |_cx| async { Ok(json!({"count": 1000})) })
    ///         .max_retries(3).timeout(Duration::from_secs(300)).estimated_duration(Duration::from_secs(300)))
    ///     .step(WorkflowStep::new("Validate", "validate", |cx| async move { Ok(json!({"valid": cx.output(0)?["count"]})) })
    ///         .dependencies([0]))
    ///     .max_recovery_attempts(3);
    /// let workflow = orchestrator.create_workflow(JobId(1), definition.clone(), None).await?;
    /// let done = orchestrator.execute_workflow(workflow.id, &definition).await?;
    /// let progress = orchestrator.get_workflow_progress(workflow.id).await?;
    /// assert_eq!((done.progress, progress.completed_tasks), (100, 2));
    /// # orchestrator.shutdown().await;
    /// # drop(orchestrator);
    /// # assert!(folder.path().join("data/jobs.db").is_file());
    /// # let again = Runtime::builder().sqlite("data/jobs.db").start().await?;
    /// # let kept = again.get_workflow_by_job(JobId(1)).await?;
    /// # assert_eq!(kept.map(|kept| kept.progress), Some(100));
    /// # Ok(())
    /// # }
    /// ```
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

    /// Where steps get their folders: a folder of the engine's own, which is emptied at each start. The
    /// default lies beside the file.
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

    /// Lets steps start programs, whatever an owner says; while it runs nobody can switch it off.
    #[must_use]
    pub const fn commands(mut self, allowed: bool) -> Self {
        self.allow.commands = allowed;
        self
    }

    /// Lets HTTP steps reach loopback and private addresses, whatever an owner says; while it runs
    /// nobody can switch it off.
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

    /// Another disk to watch than the one the file lies on, for tests.
    #[must_use]
    pub fn disk(mut self, disk: Arc<dyn Disk>) -> Self {
        self.disk = Some(disk);
        self
    }

    /// Another memory to watch than this process's, for tests.
    #[must_use]
    pub fn memory_use(mut self, memory: Arc<dyn Memory>) -> Self {
        self.memory = Some(memory);
        self
    }

    /// Another clock, for tests.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// What a new file or store is called, instead of by chance, for tests that know the keys of effects
    /// ([`Effect::idempotency_key`](crate::step::Effect::idempotency_key)). One that has a name keeps it.
    #[must_use]
    pub fn installation(mut self, name: impl Into<String>) -> Self {
        self.installation = Some(name.into());
        self
    }

    async fn stores(&mut self, work_dir: &Path) -> Result<Stores, StartError> {
        match self.store.take() {
            Some(store) => Ok(Stores::given(store)),
            None => Stores::open(self.file.as_deref(), work_dir).await,
        }
    }

    /// Beside the file. A program may have several engines in memory; each has its own folder.
    fn place_for_work(&mut self) -> PathBuf {
        match (self.work_dir.take(), &self.file) {
            (Some(folder), _) => folder,
            (None, Some(file)) => file.with_file_name("work"),
            (None, None) => {
                let name = format!("job-orchestrator-{}", uuid::Uuid::new_v4());
                std::env::temp_dir().join(name).join("work")
            }
        }
    }

    /// What starts programs, if this program named a runner.
    fn processes(&mut self, work_dir: &Path) -> Option<ProcessRunner> {
        let lock_dir = work_dir.with_file_name("attempts");
        let runner = self.runner.take();
        runner.map(|program| ProcessRunner::new(program, lock_dir))
    }

    /// Opens the stores and starts the engine; active workflows go on.
    ///
    /// # Errors
    /// [`StartError`]; nothing was started.
    pub async fn start(mut self) -> Result<Runtime, StartError> {
        let clock = self.clock.clone().unwrap_or_else(|| Arc::new(SystemClock));
        let handlers = handlers(self.registry.take(), &self.step_types, &self.definitions)?;
        let work_dir = self.place_for_work();
        let stores = self.stores(&work_dir).await?;
        let store = stores.store;
        let boot_loop = BootLoop::begin(store.as_ref(), clock.as_ref()).await;
        let runner = self.processes(&work_dir);
        let switches = SharedSwitches::default();
        switches.set(switches::load(store.as_ref(), self.allow).await?);
        let services = StepServices::new(runner.clone(), switches.clone(), work_dir);
        let services = Arc::new(services);
        remove_leftovers(&services).await;
        let health = Health::new(Arc::clone(&clock), room::ballast(&self));
        let log = LogWriter::watched(stores.log, Arc::clone(&clock), &health);
        let (outbox, inbox) = mpsc::unbounded_channel();
        let stopping = Stopping::default();
        let attempts = Attempts::new(Surroundings {
            handlers: handlers.clone(),
            installation: installation::of(store.as_ref(), self.installation.take()).await?,
            services: Arc::clone(&services),
            log: log.clone(),
            clock: Arc::clone(&clock),
            reports: outbox.clone(),
            stop_limit: self.settings.stop,
            stopping: stopping.told(),
            health: health.clone(),
            room: Room::default(),
        });
        let moments = Moments::of(Arc::clone(&clock));
        let feed = Feed::default();
        let commits = Arc::<AtomicU64>::default();
        let quarantine = Quarantine::with(store.aside().await?);
        watch_over(Committer::new(Parts {
            numbers: store.last_numbers().await?,
            store: Arc::clone(&store),
            moments: moments.clone(),
            feed: feed.clone(),
            attempts,
            inbox,
            commits: Arc::clone(&commits),
            quarantine: quarantine.clone(),
            settings: self.settings,
            health: health.clone(),
        }));
        let inner = Arc::new(Inner {
            store,
            clock,
            moments,
            health,
            feed,
            log,
            handlers,
            switches,
            allow: self.allow,
            settings: self.settings,
            incarnation: boot_loop.incarnation,
            quarantine,
            outbox,
            stopping,
            commits,
            latest: Latest::default(),
        });
        watch::start(&inner, room::disk(&self), room::memory(&self));
        let take_up = TakeUp::new(&inner, runner, boot_loop.poison);
        take_up.at_start().await?;
        leftovers::start(&inner, services);
        accompany(&inner, take_up, stores.file);
        Ok(Runtime { inner })
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
        let frozen = definition.frozen().map_err(StartError::Definition)?;
        for frozen in handlers.as_created(frozen) {
            handlers.register(&frozen);
        }
    }
    Ok(handlers)
}

/// Begins what goes on beside the committer.
fn accompany(inner: &Arc<Inner>, take_up: TakeUp, file: Option<Soundness>) {
    take_up.go_on();
    retention::start(inner);
    boot_loop::note_when_it_lasts(inner);
    if let Some(file) = file {
        file.look_in_background(inner.health.clone());
    }
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
