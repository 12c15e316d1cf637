//! One attempt from its start to its report.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use engine::definition::limits;
use engine::depth;
use engine::{
    Attempt, Command, FailureKind, Handler, JobId, Mode, Outcome, StepIndex, Timestamp, Workflow,
    WorkflowDefinition, WorkflowId,
};
use futures::FutureExt;
use serde_json::{Map, Value};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Surroundings;
use super::fill::fill;
use super::time_limit::{end_within, time_is_over};
use crate::committer::Message;
use crate::crash_point;
use crate::fault;
use crate::reference::{self, RenderContext};
use crate::step::{
    Effect, ProgressReporter, StepContext, StepContextParts, StepError, StepOutput, attempt_name,
};
use crate::step_fn::StepFn;

/// How long after a program was stopped from outside it may become known that the server stops too.
const STOP_KNOWN_WITHIN: Duration = Duration::from_millis(500);

/// What one attempt needs to know, taken from the workflow when it starts.
pub(super) struct Start {
    id: WorkflowId,
    task: StepIndex,
    attempt: Attempt,
    stop: CancellationToken,
    definition: Arc<WorkflowDefinition>,
    job_id: JobId,
    parameters: Arc<Map<String, Value>>,
    metadata: Arc<Map<String, Value>>,
    created_at: Timestamp,
    redo: u32,
    closure: Option<StepFn>,
    /// Whether an earlier attempt may have taken effect, and the step's mode says to ask.
    probe_first: bool,
    outputs: BTreeMap<StepIndex, Arc<Value>>,
}

impl Start {
    pub(super) fn gather(
        workflow: &Workflow,
        task: StepIndex,
        attempt: Attempt,
        closure: Option<StepFn>,
        stop: CancellationToken,
    ) -> Self {
        let definition = Arc::clone(workflow.definition());
        let record = workflow.record();
        let step = &definition.steps()[task];
        let mut named = reference::steps_named(&step.config);
        if let Some(condition) = &step.condition {
            named.extend(reference::steps_of(condition));
        }
        let referred = named.iter().filter_map(|key| definition.step_of_key(key));
        let wanted = step.dependencies.iter().copied().chain(referred);
        let output = |index: StepIndex| {
            let output = workflow.task(index)?.record().output.clone()?;
            Some((index, output))
        };
        let known = workflow.tasks()[task].record();
        Self {
            id: workflow.id(),
            task,
            attempt,
            stop,
            closure,
            job_id: record.job_id,
            parameters: Arc::new(record.parameters.clone()),
            metadata: Arc::new(record.metadata.clone()),
            created_at: record.created_at,
            redo: known.redo,
            probe_first: known.in_doubt && step.mode == Some(Mode::Probe),
            outputs: wanted.filter_map(output).collect(),
            definition,
        }
    }

    /// How long the attempt may take.
    fn limit(&self, surroundings: &Surroundings) -> Duration {
        let step = &self.definition.steps()[self.task];
        match step.timeout {
            Some(seconds) => Duration::try_from_secs_f64(seconds).ok(),
            None => surroundings.handlers.default_timeout(step),
        }
        .unwrap_or(Duration::from_secs_f64(limits::TIMEOUT_SECONDS_DEFAULT))
    }

    /// How long the attempt may take to end once it is told to, before it is dropped. A thread cannot
    /// be dropped, and nothing may be tried again beside what still runs: it is waited for.
    fn to_stop(&self, surroundings: &Surroundings) -> Option<Duration> {
        let keeps_a_thread = self.closure.as_ref().is_some_and(StepFn::is_blocking);
        (!keeps_a_thread).then_some(surroundings.stop_limit)
    }

    /// The step's configuration as it is written.
    pub(super) fn config(&self) -> &Map<String, Value> {
        &self.definition.steps()[self.task].config
    }

    /// What must be true for the step to have anything to do.
    pub(super) fn condition(&self) -> Option<&str> {
        self.definition.steps()[self.task].condition.as_deref()
    }

    /// The step's configuration with every reference filled in, none when its condition is false,
    /// or why that cannot be done.
    pub(super) fn judge_and_render(&self) -> Result<Option<Value>, String> {
        let steps = self.definition.steps();
        let by_key = |(index, output): (&StepIndex, &Arc<Value>)| {
            (steps[*index].key.clone(), Arc::clone(output))
        };
        let outputs: BTreeMap<_, _> = self.outputs.iter().map(by_key).collect();
        let context = RenderContext {
            outputs: &outputs,
            parameters: &self.parameters,
            workflow_id: self.id,
            job_id: self.job_id,
            metadata: &self.metadata,
            stop: &self.stop,
        };
        // First: what is referred to may be there only where the condition is true.
        if let Some(condition) = self.condition()
            && !reference::holds(condition, &context)?
        {
            return Ok(None);
        }
        reference::render(self.config(), &context).map(Some)
    }

    fn context(&self, surroundings: &Surroundings, config: Value) -> StepContext {
        let (id, task, attempt) = (self.id, self.task, self.attempt);
        let reports = surroundings.reports.clone();
        let progress = ProgressReporter::new(move |progress| {
            let command = Command::Progress {
                task,
                attempt,
                progress,
            };
            // A committer that is gone has nobody left to tell.
            drop(reports.send(Message::small(id, command)));
        });
        let effect = Effect {
            installation: &surroundings.installation,
            workflow_id: id,
            created_at: self.created_at,
            task,
            redo: self.redo,
        };
        StepContext::new(StepContextParts {
            workflow_id: id,
            job_id: self.job_id,
            task,
            attempt,
            idempotency_key: effect.idempotency_key(),
            probe_first: self.probe_first,
            stop: self.stop.clone(),
            log: surroundings.log.task_log(id, task, attempt),
            progress,
            definition: Arc::clone(&self.definition),
            config: Arc::new(config),
            parameters: Arc::clone(&self.parameters),
            metadata: Arc::clone(&self.metadata),
            outputs: Arc::new(self.outputs.clone()),
            services: Arc::clone(&surroundings.services),
        })
    }
}

/// Runs the attempt and reports its end, whatever happens in it, once nothing of it is alive.
pub(super) async fn run(surroundings: Arc<Surroundings>, start: Start) {
    let (id, task, attempt) = (start.id, start.task, start.attempt);
    let start = Arc::new(start);
    crash_point::reach("c2");
    let executed = AssertUnwindSafe(execute(&surroundings, &start)).catch_unwind();
    // A handler's panic is caught where its stop and its time are known; this one is ours.
    let end = executed.await.unwrap_or_else(|panic| broke(&*panic));
    crash_point::reach("c4");
    if let Some(processes) = &surroundings.services.processes {
        // A handler that was dropped, because it did not stop or because it broke, leaves its
        // command to be killed; nothing may be tried again beside what still lives.
        processes
            .prove_left_behind(&attempt_name(id, task, attempt))
            .await;
    }
    let waits_until = match end {
        End::Waits(_, at) => Some(at),
        End::Over(_) => None,
    };
    let command = match end {
        End::Waits(until, _) => Command::Wait {
            task,
            attempt,
            until,
        },
        End::Over(outcome) => Command::Report {
            task,
            attempt,
            outcome,
        },
    };
    // Where nothing can be written down for long, it is held here, at its end.
    let place = surroundings.room.take(bytes_of(&command)).await;
    let report = Message::Report {
        id,
        command,
        waits_until,
        _place: place,
    };
    drop(surroundings.reports.send(report));
}

/// About as many bytes as an outcome takes up in memory.
fn bytes_of(command: &Command) -> usize {
    match command {
        Command::Report {
            outcome: Outcome::Succeeded(value) | Outcome::Late { output: value, .. },
            ..
        } => serde_json::to_string(value).map_or(0, |text| text.len()),
        Command::Report {
            outcome: Outcome::Failed { error, .. },
            ..
        } => error.len(),
        _ => 0,
    }
}

enum End {
    Waits(engine::Timestamp, Instant), // by both clocks
    Over(Outcome),
}

/// What doing a step comes to, when it comes to something.
enum Work {
    Done(StepOutput),
    ConditionNotMet,
}

/// Asks the condition and fills the references in, then does what the step is for. All of it has
/// the attempt's time limit.
async fn work(surroundings: &Surroundings, start: &Arc<Start>) -> Result<Work, StepError> {
    let Some(config) = fill(start).await? else {
        let log = surroundings
            .log
            .task_log(start.id, start.task, start.attempt);
        let condition = start.condition().unwrap_or_default();
        log.note(&format!(
            "skipped, because its condition is false: {condition}"
        ));
        return Ok(Work::ConditionNotMet);
    };
    let step = &start.definition.steps()[start.task];
    let output = match (&start.closure, step.handler) {
        (Some(closure), _) => closure.call(start.context(surroundings, config)).await,
        (None, Handler::StepType) => {
            let context = start.context(surroundings, Value::Null);
            let registry = surroundings.handlers.registry();
            registry.run(&step.task_type, config, context).await
        }
        // Claimed with its closure, started without it: that was let go of in between.
        (None, Handler::Closure) => Err(StepError::Stopped),
    };
    output.map(Work::Done)
}

async fn execute(surroundings: &Surroundings, start: &Arc<Start>) -> End {
    let failed = |failure, error: String| End::Over(Outcome::Failed { failure, error });
    let work = AssertUnwindSafe(work(surroundings, start)).catch_unwind();
    tokio::pin!(work);
    let limit = start.limit(surroundings);
    let to_stop = start.to_stop(surroundings);
    let (result, was_late) = tokio::select! {
        biased;
        result = &mut work => (Some(result), false),
        () = start.stop.cancelled() => (end_within(to_stop, &mut work).await, false),
        () = time_is_over(limit) => {
            start.stop.cancel();
            (end_within(to_stop, &mut work).await, true)
        }
    };
    if was_late {
        let error = format!("timed out after {}", seconds(limit));
        let end = match result {
            Some(Ok(Ok(work))) => ended_well(work, surroundings),
            _ => return failed(FailureKind::TimedOut, error),
        };
        return match end {
            End::Over(Outcome::Succeeded(output)) => {
                let error = format!("{error}; it ended well after that, too late to be used");
                End::Over(Outcome::Late { error, output })
            }
            _ => failed(FailureKind::TimedOut, error),
        };
    }
    match result {
        Some(Ok(Ok(work))) => ended_well(work, surroundings),
        // What ends badly once it was told to stop, ended because of that.
        _ if start.stop.is_cancelled() => End::Over(Outcome::Interrupted),
        Some(Ok(Err(StepError::Transient(error)))) => failed(FailureKind::Error, error),
        Some(Ok(Err(StepError::Unknown(error)))) => failed(FailureKind::OutcomeUnknown, error),
        Some(Ok(Err(StepError::Permanent(error)))) => failed(FailureKind::Permanent, error),
        Some(Ok(Err(StepError::Stopped))) => unasked_stop(surroundings, start).await,
        None => End::Over(Outcome::Interrupted),
        // It may have done its work before it panicked.
        Some(Err(panic)) => {
            let step = &start.definition.steps()[start.task];
            if step.handler == Handler::StepType {
                surroundings.health.panicked(&step.task_type);
            }
            broke(&*panic)
        }
    }
}

/// It ended as stopped although nobody had told the attempt to stop.
async fn unasked_stop(surroundings: &Surroundings, start: &Start) -> End {
    let step = &start.definition.steps()[start.task];
    let was_let_go = start.closure.is_none() && step.handler == Handler::Closure;
    if was_let_go {
        return End::Over(Outcome::Interrupted);
    }
    // Whoever stops a service often signals everything it started as well, and that may be seen here
    // before the word to stop.
    let is_program = surroundings.handlers.starts_program(step);
    let stopping = surroundings.stopping.cancelled();
    if is_program
        && tokio::time::timeout(STOP_KNOWN_WITHIN, stopping)
            .await
            .is_ok()
    {
        return End::Over(Outcome::Interrupted);
    }
    // Uncharged it would be tried again for ever.
    End::Over(Outcome::Failed {
        failure: FailureKind::OutcomeUnknown,
        error: "it stopped although nobody here had told it to".to_owned(),
    })
}

fn broke(panic: &(dyn std::any::Any + Send)) -> End {
    End::Over(Outcome::Failed {
        failure: FailureKind::OutcomeUnknown,
        error: format!("panicked: {}", fault::text_of(panic)),
    })
}

fn ended_well(work: Work, surroundings: &Surroundings) -> End {
    let output = match work {
        Work::Done(output) => output,
        Work::ConditionNotMet => return End::Over(Outcome::ConditionNotMet),
    };
    let refused = |error: String| {
        End::Over(Outcome::Failed {
            failure: FailureKind::Permanent,
            error,
        })
    };
    match output {
        StepOutput::Wait(duration) if duration > Duration::from_secs_f64(limits::SECONDS_MAX) => {
            let days = duration.as_secs() / (24 * 60 * 60);
            refused(format!(
                "it wants to wait for more than {days} days; a step waits for 365 days at most"
            ))
        }
        StepOutput::Wait(duration) => {
            let clock = &surroundings.clock;
            End::Waits(clock.now().plus(duration), clock.steady() + duration)
        }
        StepOutput::NothingToDo => End::Over(Outcome::NothingToDo),
        StepOutput::Done(value) if depth::is_too_deep(&value) => {
            refused(format!("its output {}", depth::TOO_DEEP))
        }
        StepOutput::Done(value) => {
            let bytes = serde_json::to_string(&value).map_or(0, |text| text.len());
            if bytes <= limits::OUTPUT_BYTES_MAX {
                return End::Over(Outcome::Succeeded(value));
            }
            refused(format!(
                "its output has {bytes} bytes; at most 1 MiB is kept"
            ))
        }
    }
}

/// A limit as people read it: `300 s`, `0.5 s`.
fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}
