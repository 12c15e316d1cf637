//! A step type of one's own: a configuration struct and what it does. Unlike a closure it is found by
//! name, so that definitions in JSON can use it, and pages draw a form for it.

use std::time::Duration;

use runtime::{
    JobId, Runtime, StepContext, StepError, StepOutput, StepType, Value, WorkflowDefinition,
    WorkflowStatus, WorkflowStep, json,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Outcome;

/// Counts the words of a text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CountWords {
    /// The text to count in.
    text: String,
}

impl StepType for CountWords {
    const TASK_TYPE: &'static str = "count_words";
    const TITLE: &'static str = "Count words";
    const OUTPUT: &'static str = "The number of words.";
    const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

    fn example() -> Value {
        json!({ "text": "one two" })
    }

    async fn run(self, _cx: StepContext) -> Result<StepOutput, StepError> {
        let words = self.text.split_whitespace().count();
        Ok(StepOutput::Done(json!({ "words": words })))
    }
}

/// Uses it beside a closure.
pub async fn run() -> Outcome {
    let orchestrator = Runtime::builder()
        .in_memory()
        .step_type::<CountWords>()
        .start()
        .await?;
    let definition = WorkflowDefinition::new("Words")
        .parameter("text", "to be or not to be")
        .step(WorkflowStep::of_type(
            "Count",
            "count_words",
            json!({ "text": "{{ parameters.text }}" }),
        ))
        .step(
            WorkflowStep::new("Judge", "judge", |cx| async move {
                Ok(json!(cx.output("count")?["words"] == 6))
            })
            .dependencies(["count"]),
        );
    let workflow = orchestrator
        .create_workflow(JobId(1), definition.clone(), None)
        .await?;
    let done = orchestrator
        .execute_workflow(workflow.id, &definition)
        .await?;
    println!("{}: {} %", done.status, done.progress);
    assert_eq!(done.status, WorkflowStatus::Completed);
    Ok(())
}
