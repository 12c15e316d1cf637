//! Faults of ours: the log gets the detail, the visitor a code that finds it there.

use std::error::Error;

/// Logs `error` with all its causes and answers the code it is logged under.
pub fn log(error: &dyn Error) -> String {
    let code = uuid::Uuid::new_v4().simple().to_string()[..12].to_owned();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text.push_str(": ");
        text.push_str(&deeper.to_string());
        cause = deeper.source();
    }
    tracing::error!(%code, error = %text, "a fault");
    code
}
