//! One step of a definition that is made in Rust.

use std::time::Duration;

use engine::{Handler, Mode, RunIf};
use serde_json::{Map, Value, json};

use crate::step::{StepContext, StepError, StepOutput};
use crate::step_fn::StepFn;
use crate::step_ref::StepRef;

/// One step of a [`WorkflowDefinition`](crate::WorkflowDefinition): a name, who carries it out, what
/// it runs after, and its limits.
///
/// ```
/// use std::time::Duration;
///
/// use runtime::{RunIf, StepError, WorkflowStep, json};
///
/// // Carried out by a closure. It is called once for each attempt.
/// let download = WorkflowStep::new("Download", "download", |cx| async move {
///     cx.log().stdout("downloading");
///     cx.report_progress(0.5);
///     Ok(json!({ "count": 1000, "by": cx.workflow_id() }))
/// })
/// .max_retries(5)
/// .timeout(Duration::from_secs(300))
/// .estimated_duration(Duration::from_secs(60));
///
/// // `?` on any error means: try again. What cannot be mended by that is told apart.
/// let check = WorkflowStep::new("Check", "check", |cx| async move {
///     let count = cx.output("download")?["count"].as_u64();
///     match count {
///         Some(0) | None => Err(StepError::permanent("nothing was downloaded")),
///         Some(count) => Ok(json!({ "checked": count })),
///     }
/// })
/// .dependencies(["download"]);
///
/// // Carried out by a registered step type, which survives as data alone.
/// let rest = WorkflowStep::of_type("Rest", "delay", json!({ "seconds": 0.1 }))
///     .dependencies([1])
///     .run_if(RunIf::Always);
/// # let _ = (download, check, rest);
/// ```
///
/// Nothing is checked here: creating a workflow lists every problem of its definition at once.
#[derive(Debug, Clone)]
pub struct WorkflowStep {
    fields: Map<String, Value>,
    pub(crate) handler: Option<StepFn>,
}

impl WorkflowStep {
    /// A step that a closure carries out. `task_type` is a label that pages and the API show; it may
    /// be anything, also the name of a registered step type: the closure is what runs.
    ///
    /// The closure is called once for each attempt and gives what later steps see as the step's
    /// output: any JSON up to 1 MiB, `()` for nothing, or a [`StepOutput`] to wait or to say that
    /// there was nothing to do. It should watch [`StepContext::stopped`]: an attempt that does not end
    /// within 12 s of being told to ([`Settings::stop`](crate::Settings::stop)) is dropped.
    ///
    /// Its future is polled on the threads of the tokio runtime on which the engine itself works, so it
    /// must not block: between two `await`s neither its time limit nor a cancel nor that drop can reach
    /// it, and two closures that block stop everything on a machine with two cores. One that keeps a
    /// thread for a second is told of in the log of the program. What blocks (`std::thread::sleep`,
    /// files, a database without `async`, long computing) belongs into [`blocking`](Self::blocking).
    pub fn new<F, Fut, T>(name: impl Into<String>, task_type: impl Into<String>, handler: F) -> Self
    where
        F: Fn(StepContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, StepError>> + Send + 'static,
        T: Into<StepOutput>,
    {
        Self::of_closure(name.into(), task_type.into(), StepFn::new(handler))
    }

    /// A step that a closure carries out which blocks: an ordinary function, no future. It gets a thread
    /// to itself for each attempt ([`tokio::task::spawn_blocking`], by default at most 512 at once); the
    /// engine and all other steps go on meanwhile. Otherwise it is like [`new`](Self::new).
    ///
    /// ```
    /// use runtime::{StepError, WorkflowStep, json};
    ///
    /// let count = WorkflowStep::blocking("Count", "count", |cx| {
    ///     let mut primes = 0_u64;
    ///     for number in 2..10_000_u64 {
    ///         // Nobody can take the thread away: look now and then whether it is to end.
    ///         if cx.is_stopped() {
    ///             return Err(StepError::Stopped);
    ///         }
    ///         primes += u64::from((2..number).all(|part| number % part != 0));
    ///     }
    ///     Ok(json!({ "primes": primes }))
    /// });
    /// # let _ = count;
    /// ```
    ///
    /// A thread cannot be dropped. When its time is over, or the workflow is cancelled, the attempt is
    /// told to stop ([`StepContext::is_stopped`]) and then waited for, however long that takes: until it
    /// returns the step counts as running, is not tried again, and the workflow is not yet cancelled.
    /// [`Runtime::shutdown`](crate::Runtime::shutdown) does not wait for longer than its limits; the
    /// thread then goes on, tokio waits for it where its runtime is dropped, and the attempt is made
    /// again when the data is opened the next time, even beside a thread of the same program that has
    /// not returned.
    pub fn blocking<F, T>(name: impl Into<String>, task_type: impl Into<String>, handler: F) -> Self
    where
        F: Fn(StepContext) -> Result<T, StepError> + Send + Sync + 'static,
        T: Into<StepOutput>,
    {
        Self::of_closure(name.into(), task_type.into(), StepFn::blocking(handler))
    }

    fn of_closure(name: String, task_type: String, handler: StepFn) -> Self {
        let mut step = Self::named(name, task_type);
        step.set("handler", json!(Handler::Closure.as_str()));
        step.handler = Some(handler);
        step
    }

    /// A step that a registered step type carries out with this configuration, an object. Texts in
    /// it may refer to parameters and outputs: `{{ steps.download.output.count }}`.
    pub fn of_type(
        name: impl Into<String>,
        task_type: impl Into<String>,
        config: impl Into<Value>,
    ) -> Self {
        Self::named(name.into(), task_type.into()).config(config)
    }

    fn named(name: String, task_type: String) -> Self {
        let mut step = Self {
            fields: Map::new(),
            handler: None,
        };
        step.set("name", name.into());
        step.set("task_type", task_type.into());
        step
    }

    /// What references and other steps name it by: lower-case letters, digits and `_`, at most 100.
    /// Unless given it is made from the name.
    #[must_use]
    pub fn key(self, key: impl Into<String>) -> Self {
        self.with("key", key.into().into())
    }

    /// Settings, an object. A closure finds them filled in as [`StepContext::config`].
    #[must_use]
    pub fn config(self, config: impl Into<Value>) -> Self {
        self.with("config", config.into())
    }

    /// The steps it runs after, by position from 0 or by key.
    #[must_use]
    pub fn dependencies<I>(self, steps: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<StepRef>,
    {
        let steps = steps.into_iter().map(|step| step.into().to_json());
        let steps = steps.collect();
        self.with("dependencies", Value::Array(steps))
    }

    /// Tries after the first, 0 to 100; 3 unless given. They come after 1, 2, 4, 8 … seconds, at
    /// most five minutes.
    #[must_use]
    pub fn max_retries(self, tries: u32) -> Self {
        self.with("max_retries", tries.into())
    }

    /// The longest an attempt may take, above 0 and at most 365 days. Unless given: what its step
    /// type says, and 24 hours for a closure. It counts as a failure, so it is tried again.
    #[must_use]
    pub fn timeout(self, limit: Duration) -> Self {
        self.with("timeout", limit.as_secs_f64().into())
    }

    /// How long an attempt usually takes, above 0 and at most 365 days: it weighs the progress.
    #[must_use]
    pub fn estimated_duration(self, estimate: Duration) -> Self {
        self.with("estimated_duration", estimate.as_secs_f64().into())
    }

    /// When it runs, judged by what it depends on; [`RunIf::Ok`] unless given.
    #[must_use]
    pub fn run_if(self, run_if: RunIf) -> Self {
        self.with("run_if", run_if.as_str().into())
    }

    /// An expression over parameters and outputs that says whether there is anything to do: where it
    /// is false when an attempt starts, the step is skipped (`condition_not_met`), and what depends on
    /// it goes on as its [`RunIf`] says. It is written without braces and has to be true or false:
    /// anything else, or a name that is not there, fails the step.
    ///
    /// ```
    /// use runtime::{WorkflowStep, json};
    ///
    /// let report = WorkflowStep::of_type("Report", "noop", json!({}))
    ///     .dependencies(["scan"])
    ///     .condition("steps.scan.output.count > 0 and parameters.send");
    ///
    /// // A step that may itself be skipped gives no output then.
    /// let archive = WorkflowStep::of_type("Archive", "noop", json!({}))
    ///     .dependencies(["scan", "report"])
    ///     .condition("steps.report.output is not defined");
    /// # let _ = (report, archive);
    /// ```
    #[must_use]
    pub fn condition(self, expression: impl Into<String>) -> Self {
        self.with("condition", expression.into().into())
    }

    /// What an attempt means whose end nobody knows; [`Mode::Retry`] unless given.
    #[must_use]
    pub fn mode(self, mode: Mode) -> Self {
        self.with("mode", mode.as_str().into())
    }

    /// How often an attempt may be lost to a dying program before the step fails, 1 to 100; 3 unless
    /// given.
    #[must_use]
    pub fn max_lost(self, times: u32) -> Self {
        self.with("max_lost", times.into())
    }

    /// A step that was made elsewhere, as in a definition's JSON.
    pub(crate) fn of_fields(fields: Map<String, Value>) -> Self {
        Self {
            fields,
            handler: None,
        }
    }

    /// As in a definition's JSON.
    pub(crate) fn to_json(&self) -> Value {
        Value::Object(self.fields.clone())
    }

    fn set(&mut self, field: &str, value: Value) {
        self.fields.insert(field.to_owned(), value);
    }

    fn with(mut self, field: &str, value: Value) -> Self {
        self.set(field, value);
        self
    }
}
