//! The reference's two calls that take a definition, for definitions with closures.

use engine::allowed::{Execution, execution};
use engine::orchestrator::{ActionRequest, Answer};
use engine::progress::WorkflowState;
use engine::{Action, Actor, JobId, JobOrchestratorError, Refusal, Seq, WorkflowId, Workflows};
use serde_json::{Map, Value};

use super::Runtime;
use crate::committer::{Creation, Message};
use crate::workflow_definition::{Frozen, WorkflowDefinition};

impl Runtime {
    /// Creates a pending workflow of `definition` under `job_id`, a number from 1 that is the
    /// caller's own: a new one makes a job, a known one adds a workflow to it. The closures of the
    /// definition are registered with it. It takes definitions made in Rust and those of the
    /// [contract](engine::JobOrchestrator::create_workflow) alike, and acts as the program itself.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// use runtime::{JobId, JobOrchestratorError, Runtime, WorkflowDefinition, WorkflowStep, json};
    ///
    /// let orchestrator = Runtime::builder().in_memory().start().await?;
    /// let definition = WorkflowDefinition::new("Greet")
    ///     .step(WorkflowStep::new("Hello", "say", |_cx| async { Ok(json!("hello")) }));
    /// let remembered = json!({ "asked_by": "Ada" }).as_object().cloned();
    /// let workflow = orchestrator.create_workflow(JobId(1), definition, remembered).await?;
    /// assert_eq!((workflow.id.0, workflow.total_steps), (1, 1));
    ///
    /// // Everything that is wrong is told at once.
    /// let circle = WorkflowDefinition::new(" ")
    ///     .step(WorkflowStep::of_type("A", "no_such_type", json!({})).dependencies([1]))
    ///     .step(WorkflowStep::new("B", "b", |_cx| async { Ok(()) }).dependencies([0]));
    /// let refused = orchestrator.create_workflow(JobId(1), circle, None).await;
    /// let Err(JobOrchestratorError::Invalid(problems)) = refused else { panic!() };
    /// let fields: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
    /// assert_eq!(fields, ["#/name", "#/steps/0/task_type", "#/steps/0/dependencies"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`JobOrchestratorError::Invalid`] with every problem of the definition at its field, or when
    /// the job's number is none that can be used; [`JobOrchestratorError::Stopping`] during an
    /// orderly stop; [`JobOrchestratorError::Fault`] when it could not be written.
    pub async fn create_workflow(
        &self,
        job_id: JobId,
        definition: impl Into<WorkflowDefinition>,
        metadata: Option<Map<String, Value>>,
    ) -> Answer<WorkflowState> {
        let frozen = self.freeze(&definition.into())?;
        self.keep(&frozen);
        let creation = Creation {
            job_id: Some(job_id),
            source: None,
            definition_hash: frozen.hash,
            parameters: frozen.definition.parameters().clone(),
            metadata: metadata.unwrap_or_default(),
            start: false,
            command: None,
            definition: frozen.definition,
        };
        self.create(creation, &Actor::program()).await
    }

    /// Starts the workflow if it is pending, and waits until it is completed, failed or cancelled:
    /// that is its `status` in the answer, not an error. The closures of `definition` are registered
    /// first. One that is completed or cancelled is answered at once. Dropping the future stops the
    /// waiting alone.
    ///
    /// # Errors
    /// [`Refusal::NotExecutable`] when the workflow is paused or had failed before the call: resume
    /// or recover it first; [`Refusal::Cancelling`] while it is being cancelled;
    /// [`JobOrchestratorError::Conflict`] when it was created with another definition (closures
    /// aside); [`JobOrchestratorError::NotFound`] when there is none with this
    /// number; [`JobOrchestratorError::Invalid`] when the definition is wrong;
    /// [`JobOrchestratorError::SwitchedOff`] when one of its steps may not run here;
    /// [`JobOrchestratorError::Stopping`] and [`JobOrchestratorError::Fault`] as everywhere.
    pub async fn execute_workflow(
        &self,
        workflow_id: WorkflowId,
        definition: impl Into<WorkflowDefinition>,
    ) -> Answer<WorkflowState> {
        let given = definition
            .into()
            .frozen()
            .map_err(JobOrchestratorError::Invalid)?;
        let given_hash = given.hash.clone();
        let mut frozen = self.inner.handlers.settle(given);
        let mut standing = self.standing(workflow_id).await?;
        if standing.header.definition_hash == given_hash {
            // Created before its steps' modes were written into what is frozen.
            frozen.hash = given_hash;
        }
        if standing.header.definition_hash != frozen.hash {
            let text = "the workflow was created with another definition, which never changes";
            return Err(JobOrchestratorError::Conflict(text.into()));
        }
        self.keep(&frozen);
        if self.is_aside(workflow_id) {
            // Its row says that it failed, whatever it was.
            return self.finished(workflow_id).await;
        }
        while execution(standing.status, standing.cancel_requested)? == Execution::Start {
            match self.start_seen(workflow_id, standing.rev).await {
                // Somebody was quicker: what they made of it decides.
                Err(JobOrchestratorError::Refused(Refusal::StaleView { .. })) => {
                    standing = self.standing(workflow_id).await?;
                }
                started => {
                    started?;
                    break;
                }
            }
        }
        self.finished(workflow_id).await
    }

    /// Starts a workflow that was pending when its last event had this number. One that was started
    /// and paused meanwhile is not resumed by it.
    async fn start_seen(&self, id: WorkflowId, rev: Seq) -> Answer<WorkflowState> {
        let request = ActionRequest {
            expected_rev: Some(rev),
            ..Action::Start.into()
        };
        self.command(id, request, &Actor::program()).await
    }

    /// Deletes a workflow that is over or was never started, with its history: its steps, tries, events
    /// and log. Answers how it stood at the end. Its number is never given out again, and nothing brings
    /// it back. One in quarantine may be deleted as well.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// use runtime::{JobId, JobOrchestrator, Runtime, WorkflowDefinition, WorkflowStep, json};
    ///
    /// let orchestrator = Runtime::builder().in_memory().start().await?;
    /// let definition = WorkflowDefinition::new("Greet")
    ///     .step(WorkflowStep::new("Hello", "say", |_cx| async { Ok(json!("hello")) }));
    /// let id = orchestrator.create_workflow(JobId(1), definition.clone(), None).await?.id;
    /// orchestrator.execute_workflow(id, definition).await?;
    ///
    /// assert_eq!(orchestrator.delete_workflow(id).await?.progress, 100);
    /// assert_eq!(orchestrator.get_workflow(id).await?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Refusal::NotDeletable`] when it is not over, [`Refusal::Cancelling`],
    /// [`JobOrchestratorError::NotFound`]; [`JobOrchestratorError::Stopping`] and
    /// [`JobOrchestratorError::Fault`] as everywhere.
    pub async fn delete_workflow(&self, workflow_id: WorkflowId) -> Answer<WorkflowState> {
        self.command(workflow_id, Action::Delete.into(), &Actor::program())
            .await
    }

    /// Registers the closures of a definition in place of those it had before. Unfinished workflows
    /// of it that waited for their handler, such as those of an earlier program on the same file, go
    /// on at once. Attempts under way keep the closure they began with.
    ///
    /// [`RuntimeBuilder::register`](super::RuntimeBuilder::register) does the same before anything
    /// starts, so that nothing has to wait.
    ///
    /// # Errors
    /// [`JobOrchestratorError::Invalid`] with the problems of the definition.
    pub fn register(&self, definition: &WorkflowDefinition) -> Answer<()> {
        let frozen = definition.frozen().map_err(JobOrchestratorError::Invalid)?;
        for frozen in self.inner.handlers.as_created(frozen) {
            self.keep(&frozen);
        }
        Ok(())
    }

    /// Lets go of the closures of a definition, for programs that make a new one for each job: they
    /// are kept until then, since a workflow that failed may be recovered. Attempts under way keep
    /// theirs; what is still to be started waits until the definition is registered again.
    ///
    /// # Errors
    /// [`JobOrchestratorError::Invalid`] with the problems of the definition.
    pub fn unregister(&self, definition: &WorkflowDefinition) -> Answer<()> {
        let frozen = definition.frozen().map_err(JobOrchestratorError::Invalid)?;
        let handlers = &self.inner.handlers;
        for frozen in handlers.as_created(frozen) {
            handlers.unregister(&frozen.hash);
        }
        Ok(())
    }

    /// The definition with all that the runtime checks beside the engine, unchangeable.
    fn freeze(&self, definition: &WorkflowDefinition) -> Answer<Frozen> {
        let problems = self.problems_of(&definition.reading());
        if !problems.is_empty() {
            return Err(JobOrchestratorError::Invalid(problems));
        }
        let frozen = definition.frozen().map_err(JobOrchestratorError::Invalid)?;
        Ok(self.inner.handlers.settle(frozen))
    }

    fn keep(&self, frozen: &Frozen) {
        if self.inner.handlers.register(frozen) {
            let definition_hash = frozen.hash.clone();
            // An engine that stopped starts nothing, so nothing waits.
            drop(
                self.inner
                    .outbox
                    .send(Message::Registered { definition_hash }),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::{JobOrchestrator, WorkflowStatus};
    use serde_json::json;

    use super::*;
    use crate::WorkflowStep;

    #[tokio::test]
    async fn what_was_started_and_paused_since_it_was_looked_at_is_not_resumed() {
        let engine = Runtime::builder().in_memory().start().await.unwrap();
        let step = WorkflowStep::of_type("Wait", "delay", json!({ "seconds": 3_600 }));
        let definition = WorkflowDefinition::new("Waits").step(step);
        let made = engine.create_workflow(JobId(1), definition, None).await;
        let id = made.unwrap().id;
        let seen = engine.standing(id).await.unwrap();
        engine.start_workflow(id).await.unwrap();
        engine.pause_workflow(id).await.unwrap();
        let started = engine.start_seen(id, seen.rev).await;
        let Err(JobOrchestratorError::Refused(Refusal::StaleView { .. })) = started else {
            panic!("{started:?}");
        };
        let state = engine.get_workflow(id).await.unwrap().unwrap();
        assert_eq!(state.status, WorkflowStatus::Paused);
    }
}
