//! How deep values may be nested.

use serde_json::{Map, Value};

use crate::definition::limits::DEPTH_MAX;

/// The sentence for a value that [`is_too_deep`].
pub const TOO_DEEP: &str = "is nested more than 100 levels deep";

/// Whether a value is nested deeper than [`DEPTH_MAX`]. Values stand inside of others where they
/// are kept and sent, and readers of JSON give up at 128 levels: what is deeper could be written
/// and never be read again.
#[must_use]
pub fn is_too_deep(value: &Value) -> bool {
    exceeds(value, DEPTH_MAX)
}

/// The same for an object that is at hand without its value around it.
#[must_use]
pub fn has_too_deep(object: &Map<String, Value>) -> bool {
    object.values().any(|value| exceeds(value, DEPTH_MAX - 1))
}

fn exceeds(value: &Value, levels: usize) -> bool {
    let inside = |value: &Value| match levels.checked_sub(1) {
        Some(levels) => exceeds(value, levels),
        None => true,
    };
    match value {
        Value::Array(list) => levels == 0 || list.iter().any(inside),
        Value::Object(map) => levels == 0 || map.values().any(inside),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn nested(levels: usize) -> Value {
        (0..levels).fold(json!(1), |inside, level| {
            if level % 2 == 0 {
                json!([inside])
            } else {
                json!({ "a": inside })
            }
        })
    }

    #[test]
    fn a_hundred_levels_are_fine_and_one_more_is_not() {
        assert!(!is_too_deep(&json!("text")));
        assert!(!is_too_deep(&nested(DEPTH_MAX)));
        assert!(is_too_deep(&nested(DEPTH_MAX + 1)));
        let object = |levels| {
            json!({"a": 1, "b": nested(levels)})
                .as_object()
                .cloned()
                .unwrap()
        };
        assert!(!has_too_deep(&object(DEPTH_MAX - 1)));
        assert!(has_too_deep(&object(DEPTH_MAX)));
        assert!(TOO_DEEP.contains(&DEPTH_MAX.to_string()));
    }
}
