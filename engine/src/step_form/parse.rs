//! A field's text as typed into a form → its JSON value.
//!
//! Text that holds `{{` is a reference to something that is known only when the step runs; it is
//! kept as text whatever the kind of the field.

use serde_json::{Map, Value};

use super::number::{number, numbers};
use super::{FieldKind, FieldSpec};
use crate::json_text;

impl FieldSpec {
    /// Reads what was typed. Nothing typed is nothing, never an empty value.
    ///
    /// # Errors
    /// What would be right, in a sentence without its full stop.
    pub fn parse(&self, text: &str) -> Result<Option<Value>, String> {
        let is_empty = match self.kind {
            // White space may be meant in several lines of text.
            FieldKind::LongText => text.is_empty(),
            _ => text.trim().is_empty(),
        };
        if is_empty {
            return if self.required {
                Err("is needed; fill it in".into())
            } else {
                Ok(None)
            };
        }
        let value = match &self.kind {
            FieldKind::Text | FieldKind::LongText => Value::from(text),
            FieldKind::Lines => lines(text),
            FieldKind::KeyValues => key_values(text)?,
            FieldKind::Json => json(text)?,
            _ if is_reference(text) => Value::from(text.trim()),
            FieldKind::Number { min, max, whole } => {
                let in_seconds = self.unit.as_deref() == Some("s");
                number(text, *min, *max, *whole, in_seconds)?
            }
            FieldKind::Toggle => toggle(text)?,
            FieldKind::Choice { options } => choice(text, options)?,
            FieldKind::Numbers { min, max } => numbers(text, *min, *max)?,
        };
        Ok(Some(value))
    }
}

/// Whether `text` refers to something that is known only when the step runs.
#[must_use]
pub fn is_reference(text: &str) -> bool {
    text.contains("{{")
}

/// JSON that begins like `text` does, for the kinds that can also be given as JSON.
fn as_json(text: &str, begins: &[char]) -> Option<Value> {
    let text = text.trim();
    if text.starts_with(begins) {
        serde_json::from_str(text).ok()
    } else {
        None
    }
}

fn lines(text: &str) -> Value {
    match as_json(text, &['[', '"']) {
        Some(list @ Value::Array(_)) => return list,
        Some(Value::String(whole)) if is_reference(&whole) => return Value::from(whole),
        _ => {}
    }
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(Value::from)
        .collect()
}

fn key_values(text: &str) -> Result<Value, String> {
    match as_json(text, &['{', '"']) {
        Some(object @ Value::Object(_)) => return Ok(object),
        Some(Value::String(whole)) if is_reference(&whole) => return Ok(Value::from(whole)),
        _ => {}
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
        let name = name.trim();
        if entries.insert(name.into(), Value::from(value)).is_some() {
            return Err(format!("line {number} names {name} a second time"));
        }
    }
    Ok(Value::Object(entries))
}

fn json(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(value) => Ok(value),
        Err(_) if is_reference(text) => Ok(Value::from(text)),
        Err(error) => {
            let why = json_text::why_unreadable(&error);
            Err(format!("must be JSON, text in double quotes: {why}"))
        }
    }
}

fn toggle(text: &str) -> Result<Value, String> {
    match text.trim() {
        "on" | "true" | "yes" => Ok(Value::Bool(true)),
        "off" | "false" | "no" => Ok(Value::Bool(false)),
        _ => Err("must be on or off".into()),
    }
}

fn choice(text: &str, options: &[String]) -> Result<Value, String> {
    let text = text.trim();
    if options.iter().any(|option| option == text) {
        Ok(Value::from(text))
    } else {
        Err(format!("must be one of {}", options.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn field(kind: FieldKind) -> FieldSpec {
        FieldSpec {
            name: "field".into(),
            label: "Field".into(),
            help: String::new(),
            required: false,
            default: None,
            unit: None,
            kind,
        }
    }

    fn every_kind() -> Vec<FieldKind> {
        vec![
            FieldKind::Text,
            FieldKind::LongText,
            FieldKind::Number {
                min: Some(0.0),
                max: Some(100.0),
                whole: false,
            },
            FieldKind::Toggle,
            FieldKind::Choice {
                options: vec!["GET".into(), "POST".into()],
            },
            FieldKind::Lines,
            FieldKind::Numbers {
                min: Some(0.0),
                max: Some(255.0),
            },
            FieldKind::KeyValues,
            FieldKind::Json,
        ]
    }

    #[test]
    fn an_empty_optional_field_is_nothing_and_an_empty_required_one_a_problem() {
        for kind in every_kind() {
            let mut spec = field(kind);
            assert_eq!(spec.parse(""), Ok(None), "{:?}", spec.kind);
            spec.required = true;
            assert!(spec.parse("").is_err(), "{:?}", spec.kind);
        }
    }

    #[test]
    fn what_is_shown_of_a_value_is_read_as_the_same_value() {
        let hostile = "</textarea><script>\n\t{{ steps.a.output }} \"=[]{}";
        let table = [
            (FieldKind::Text, json!("  a b ")),
            (FieldKind::LongText, json!(hostile)),
            (every_kind()[2].clone(), json!(7)),
            (every_kind()[2].clone(), json!(0.25)),
            (every_kind()[2].clone(), json!("{{ parameters.n }}")),
            (FieldKind::Toggle, json!(true)),
            (FieldKind::Toggle, json!(false)),
            (every_kind()[4].clone(), json!("POST")),
            (FieldKind::Lines, json!(["-c", "echo  a = b"])),
            (FieldKind::Lines, json!(["-c", "line 1\nline 2"])),
            (FieldKind::Lines, json!(["", " "])),
            (FieldKind::Lines, json!(["[\"a\"]"])),
            (FieldKind::Lines, json!("{{ steps.list.output.files }}")),
            (FieldKind::Lines, json!(["{{ steps.list.output.file }}"])),
            (every_kind()[6].clone(), json!([0, 3, 255])),
            (FieldKind::KeyValues, json!({"A": "1=2", "B": ""})),
            (FieldKind::KeyValues, json!({"A": "two\nlines"})),
            (FieldKind::KeyValues, json!({"{": "}"})),
            (FieldKind::Json, json!({"a": [1, null, "x"]})),
            (FieldKind::Json, json!("{{ steps.a.output }}")),
            (FieldKind::Json, json!("5")),
        ];
        for (kind, value) in table {
            let spec = field(kind);
            let text = spec.to_text(&value);
            assert_eq!(spec.parse(&text), Ok(Some(value)), "{:?} {text}", spec.kind);
        }
    }

    #[test]
    fn a_line_is_kept_as_typed_and_blank_lines_are_left_out() {
        let spec = field(FieldKind::Lines);
        assert_eq!(
            spec.parse("--in\r\n\r\n a b \n"),
            Ok(Some(json!(["--in", " a b "])))
        );
        assert_eq!(spec.to_text(&json!(["x", "y"])), "x\ny");
    }

    #[test]
    fn numbers_are_checked_in_plain_words() {
        let mut spec = field(FieldKind::Number {
            min: Some(1.0),
            max: Some(60.0),
            whole: true,
        });
        for (typed, said) in [
            ("x", "must be a whole number"),
            ("1.5", "must be a whole number"),
            ("1,5", "must be a number, written with a point: 1.5"),
            ("0", "must be from 1 to 60"),
            ("61", "must be from 1 to 60"),
            ("NaN", "must be a whole number"),
        ] {
            assert_eq!(spec.parse(typed), Err(said.into()), "{typed}");
        }
        assert_eq!(spec.parse(" 12 "), Ok(Some(json!(12))));
        spec.unit = Some("s".into());
        assert_eq!(spec.parse("1 m"), Ok(Some(json!(60))));
        assert_eq!(spec.to_text(&json!(30.0)), "30");
    }

    #[test]
    fn a_reference_stands_in_any_field() {
        let text = "{{ parameters.n }}";
        for kind in every_kind() {
            let spec = field(kind);
            let value = spec.parse(text);
            let kept = match value {
                Ok(Some(Value::String(kept))) => Some(kept),
                Ok(Some(Value::Array(items))) => items[0].as_str().map(str::to_owned),
                _ => None,
            };
            if spec.kind != FieldKind::KeyValues {
                assert_eq!(kept.as_deref(), Some(text), "{:?}", spec.kind);
            }
        }
    }

    #[test]
    fn key_values_name_the_line_that_is_wrong() {
        let spec = field(FieldKind::KeyValues);
        assert_eq!(
            spec.parse("A=1\nB"),
            Err("line 2 must be NAME=value".into())
        );
        assert_eq!(
            spec.parse("A=1\nA=2"),
            Err("line 2 names A a second time".into())
        );
    }

    #[test]
    fn a_list_of_numbers_names_the_part_that_is_wrong() {
        let spec = field(every_kind()[6].clone());
        assert_eq!(spec.parse("0, 1 2"), Ok(Some(json!([0, 1, 2]))));
        let problem = spec.parse("0, many").unwrap_err();
        assert!(problem.starts_with("\"many\" must be"), "{problem}");
        assert!(spec.parse("256").is_err());
    }

    #[test]
    fn what_cannot_be_read_is_told_with_what_could() {
        for (kind, typed, said) in [
            (FieldKind::Toggle, "maybe", "must be on or off"),
            (every_kind()[4].clone(), "get", "must be one of GET, POST"),
            (
                FieldKind::Json,
                "text",
                "must be JSON, text in double quotes: there is something that does not belong there (line 1, column 2)",
            ),
        ] {
            assert_eq!(field(kind).parse(typed), Err(said.into()));
        }
        let number = |min, max| {
            field(FieldKind::Number {
                min,
                max,
                whole: false,
            })
        };
        let at_least = number(Some(2.0), None);
        assert_eq!(at_least.parse("1.5"), Err("must be at least 2".into()));
        assert_eq!(at_least.parse("1e9"), Ok(Some(json!(1_000_000_000))));
        let at_most = number(None, Some(2.0));
        assert_eq!(at_most.parse("2.5"), Err("must be at most 2".into()));
        assert_eq!(at_most.parse("-7"), Ok(Some(json!(-7))));
        assert!(number(None, None).parse("inf").is_err());
    }

    #[test]
    fn a_list_or_a_table_that_is_one_reference_is_kept_as_it() {
        let quoted = "\"{{ steps.a.output }}\"";
        let reference = json!("{{ steps.a.output }}");
        for kind in [FieldKind::Lines, FieldKind::KeyValues] {
            let spec = field(kind);
            assert_eq!(spec.parse(quoted), Ok(Some(reference.clone())));
        }
        let table = field(FieldKind::KeyValues).parse("A=1\n\n \nB=2");
        assert_eq!(table, Ok(Some(json!({"A": "1", "B": "2"}))));
        assert_eq!(field(FieldKind::Text).to_text(&Value::Null), "");
        let misplaced = field(FieldKind::Toggle).to_text(&json!([1]));
        assert_eq!(misplaced.split_whitespace().collect::<String>(), "[1]");
    }
}
