//! Parameters and metadata as typed: one `NAME=value` on each line, or a JSON object.
//!
//! A value that reads as JSON is that value (`5`, `true`, `[1, 2]`, `"5"`); anything else is text.

use serde_json::{Map, Value};

use crate::json_text::why_unreadable;

/// Reads what was typed; nothing typed is no entries.
///
/// # Errors
/// Which line is wrong and what would be right.
pub fn from_text(text: &str) -> Result<Map<String, Value>, String> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text)
            .map_err(|error| why_unreadable(&error))
            .map_err(|why| format!("must be NAME=value lines or a JSON object: {why}"));
    }
    let mut entries = Map::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let number = index + 1;
        let (name, value) = line
            .split_once('=')
            .filter(|(name, _)| !name.trim().is_empty())
            .ok_or_else(|| format!("line {number} must be NAME=value"))?;
        let (name, value) = (name.trim(), value_from_text(value.trim()));
        if entries.insert(name.into(), value).is_some() {
            return Err(format!("line {number} names {name} a second time"));
        }
    }
    Ok(entries)
}

/// The lines that [`from_text`] reads as `entries`.
#[must_use]
pub fn to_text(entries: &Map<String, Value>) -> String {
    let lines: Vec<_> = entries
        .iter()
        .map(|(name, value)| format!("{name}={}", value_to_text(value)))
        .collect();
    let text = lines.join("\n");
    if from_text(&text).as_ref() == Ok(entries) {
        text
    } else {
        serde_json::to_string_pretty(entries).unwrap_or_default()
    }
}

/// Reads one value: JSON when it is, text otherwise.
#[must_use]
pub fn value_from_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

/// One value as text on one line; text that would read as something else is quoted.
#[must_use]
pub fn value_to_text(value: &Value) -> String {
    match value {
        Value::String(text)
            if value_from_text(text) == *value
                && text.trim() == text
                && !text.contains(char::is_control) =>
        {
            text.clone()
        }
        other => other.to_string(),
    }
}

/// Reads the value of a parameter whose default is known. A default that is text makes every
/// answer text; any other default asks for a value of its own sort.
///
/// # Errors
/// What would be right.
pub fn like_default(text: &str, default: &Value) -> Result<Value, String> {
    let value = match default {
        Value::String(_) => return Ok(Value::from(text)),
        _ => value_from_text(text.trim()),
    };
    match (default, &value) {
        (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Array(_), Value::Array(_))
        | (Value::Object(_), Value::Object(_))
        | (Value::Null, _) => Ok(value),
        (Value::Number(_), _) => Err("must be a number".into()),
        (Value::Bool(_), _) => Err("must be true or false".into()),
        (Value::Array(_), _) => Err("must be a JSON list, such as [1, 2]".into()),
        _ => Err("must be a JSON object, such as {\"a\": 1}".into()),
    }
}

/// What stands in the field of a parameter before anything is typed.
#[must_use]
pub fn default_text(default: &Value) -> String {
    match default {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => value_to_text(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_shown_of_parameters_is_read_as_the_same_parameters() {
        let parameters = json!({
            "source": "/data/in", "limit": 5, "code": "5", "on": true, "none": null,
            "list": [1, "a"], "text": "two\nlines", "spaced": " x ", "empty": "", "eq": "a=b",
        });
        let parameters = parameters.as_object().unwrap();
        let text = to_text(parameters);
        assert_eq!(from_text(&text).as_ref(), Ok(parameters), "{text}");
        assert!(text.contains("source=/data/in"), "{text}");
    }

    #[test]
    fn a_line_without_a_name_or_named_twice_is_told() {
        assert_eq!(from_text("a=1\nb"), Err("line 2 must be NAME=value".into()));
        assert_eq!(
            from_text("a=1\n\na=2"),
            Err("line 3 names a a second time".into())
        );
        assert!(from_text("{\"a\": ").is_err());
    }

    #[test]
    fn a_parameter_takes_values_of_its_defaults_sort() {
        assert_eq!(like_default("5", &json!("x")), Ok(json!("5")));
        assert_eq!(like_default("5", &json!(1)), Ok(json!(5)));
        assert_eq!(
            like_default("five", &json!(1)),
            Err("must be a number".into())
        );
        assert_eq!(like_default("true", &json!(false)), Ok(json!(true)));
        assert_eq!(like_default("x", &Value::Null), Ok(json!("x")));
    }

    #[test]
    fn what_lines_cannot_say_is_shown_as_json() {
        for parameters in [
            json!({"a=b": 1}),
            json!({"two\nlines": 1}),
            json!({" a": 1}),
        ] {
            let parameters = parameters.as_object().unwrap();
            let text = to_text(parameters);
            assert!(text.starts_with('{'), "{text}");
            assert_eq!(from_text(&text).as_ref(), Ok(parameters));
        }
    }

    #[test]
    fn what_does_not_fit_a_parameter_is_told_with_what_would() {
        for (default, told) in [
            (json!(1), "must be a number"),
            (json!(true), "must be true or false"),
            (json!([]), "must be a JSON list, such as [1, 2]"),
            (json!({}), "must be a JSON object, such as {\"a\": 1}"),
        ] {
            assert_eq!(like_default("soon", &default), Err(told.into()));
        }
        assert_eq!(like_default("soon", &json!(null)), Ok(json!("soon")));
        assert_eq!(like_default(" [1] ", &json!([])), Ok(json!([1])));
    }

    #[test]
    fn a_parameters_field_begins_with_a_text_that_is_read_as_the_default() {
        for default in [
            json!("5"),
            json!(" x "),
            json!(2.5),
            json!(false),
            json!([1, "a"]),
        ] {
            let text = default_text(&default);
            assert_eq!(like_default(&text, &default), Ok(default), "{text}");
        }
        assert_eq!(default_text(&json!(null)), "");
    }
}
