//! What an event carries in the place of an output that is too large for it: the output itself
//! stands in the task's row alone.

use serde_json::{Value, json};

/// Largest output that an event carries along, in bytes of JSON.
pub const EVENT_OUTPUT_BYTES_MAX: usize = 8 * 1024;

/// What stands in the event for an output of so many bytes of JSON.
#[must_use]
pub fn stand_in(bytes: usize) -> Value {
    json!({ "not_in_event": true, "bytes": bytes })
}

/// How many bytes of JSON the output has that this stands for, if it stands for one.
#[must_use]
pub fn stands_for(value: &Value) -> Option<usize> {
    let fields = value.as_object().filter(|fields| fields.len() == 2)?;
    let bytes = fields.get("bytes").and_then(Value::as_u64)?;
    let is_one = fields.get("not_in_event") == Some(&Value::Bool(true));
    usize::try_from(bytes)
        .ok()
        .filter(|bytes| is_one && *bytes > EVENT_OUTPUT_BYTES_MAX)
}

/// Whether an output is the one that an event tells of. One that is too large for an event is known
/// by its length alone.
#[must_use]
pub fn is_output(kept: &Value, told: &Value) -> bool {
    kept == told || stands_for(told).is_some_and(|bytes| kept.to_string().len() == bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_for_a_large_output_is_taken_for_one() {
        assert_eq!(stands_for(&stand_in(9_000)), Some(9_000));
        assert_eq!(stands_for(&stand_in(10)), None);
        assert_eq!(stands_for(&json!({"bytes": 9_000})), None);
        let large = json!("x".repeat(9_000));
        assert!(is_output(&large, &stand_in(9_002)));
        assert!(!is_output(&large, &stand_in(9_003)));
    }
}
