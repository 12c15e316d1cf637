//! A wait.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::step::{StepContext, StepError, StepOutput, StepType};

/// Waits for a time. The wait survives a restart of the server and holds no place in which another
/// step could run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Delay {
    /// How long to wait, at most 365 days.
    #[schemars(range(min = 0.0, max = 31_536_000.0), extend("unit" = "s"))]
    seconds: f64,
}

impl StepType for Delay {
    const TASK_TYPE: &'static str = "delay";
    const TITLE: &'static str = "Wait";
    const OUTPUT: &'static str = "An empty object.";
    const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
    const ONLY_WAITS: bool = true;

    fn example() -> Value {
        json!({ "seconds": 30 })
    }

    async fn run(self, cx: StepContext) -> Result<StepOutput, StepError> {
        let wait = Duration::try_from_secs_f64(self.seconds)
            .map_err(|fault| StepError::Permanent(format!("seconds: {fault}")))?;
        cx.log().note(&format!("waits for {} s", self.seconds));
        Ok(StepOutput::Wait(wait))
    }
}
