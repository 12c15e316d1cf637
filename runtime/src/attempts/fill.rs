//! Whether an attempt has anything to do, and its references filled in, away from the threads that
//! everything waits for.

use std::sync::Arc;

use serde_json::Value;

use super::run::Start;
use crate::fault;
use crate::reference;
use crate::step::StepError;

/// The configuration with every reference filled in; none when the step's condition is false.
///
/// # Errors
/// Nothing of the step has begun, so what cannot be evaluated fails for good.
pub(super) async fn fill(start: &Arc<Start>) -> Result<Option<Value>, StepError> {
    if start.condition().is_none() && !reference::has_any(start.config()) {
        return Ok(Some(Value::Object(start.config().clone())));
    }
    let blocking = Arc::clone(start);
    match tokio::task::spawn_blocking(move || blocking.judge_and_render()).await {
        Ok(rendered) => rendered.map_err(StepError::Permanent),
        Err(broke) => match broke.try_into_panic() {
            Ok(panic) => {
                let why = fault::text_of(&*panic);
                Err(StepError::Permanent(format!(
                    "its references cannot be filled in: panicked: {why}"
                )))
            }
            // The program ends.
            Err(_) => Err(StepError::Stopped),
        },
    }
}
