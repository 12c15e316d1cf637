//! A joining point.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::step::{StepContext, StepError, StepOutput, StepType};

/// Does nothing. Use it to join branches: what depends on it waits for all it depends on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Noop {}

impl StepType for Noop {
    const TASK_TYPE: &'static str = "noop";
    const TITLE: &'static str = "Joining point";
    const OUTPUT: &'static str = "An empty object.";
    const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

    fn example() -> Value {
        json!({})
    }

    async fn run(self, _cx: StepContext) -> Result<StepOutput, StepError> {
        Ok(StepOutput::Done(json!({})))
    }
}
