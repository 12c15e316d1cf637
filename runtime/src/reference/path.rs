//! Plain paths: what nearly every reference is.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

/// One part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// `.name` or `['name']`.
    Name(Cow<'a, str>),
    /// `[3]`, or `[-1]` counted from the end.
    Index(i64),
}

/// Reads a path: `steps.a.output[0]['b c']`. Any other expression is none.
pub(super) fn parse(source: &str) -> Option<Vec<Part<'_>>> {
    let (first, mut rest) = name(source.trim())?;
    let mut parts = vec![Part::Name(Cow::Borrowed(first))];
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let (next, after) = name(after)?;
            parts.push(Part::Name(Cow::Borrowed(next)));
            rest = after;
        } else {
            let (inside, after) = rest.strip_prefix('[')?.split_once(']')?;
            parts.push(subscript(inside.trim())?);
            rest = after;
        }
    }
    Some(parts)
}

fn name(text: &str) -> Option<(&str, &str)> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.find(|c| !fits(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let starts_well = !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
    starts_well.then_some((name, rest))
}

fn subscript(inside: &str) -> Option<Part<'_>> {
    let quoted = ['\'', '"'].iter().find_map(|quote| {
        let text = inside.strip_prefix(*quote)?.strip_suffix(*quote)?;
        // Escapes and further quotes are left to the whole language.
        (!text.contains(['\'', '"', '\\'])).then_some(text)
    });
    match quoted {
        Some(text) => Some(Part::Name(Cow::Borrowed(text))),
        None => inside.parse().ok().map(Part::Index),
    }
}

/// The value at the end of a path, or a sentence that names what is missing. `walked` is the text
/// of the path up to `value`.
pub(super) fn follow<'v>(
    value: &'v Value,
    walked: &str,
    parts: &[Part<'_>],
) -> Result<&'v Value, String> {
    let mut value = value;
    let mut walked = walked.to_owned();
    for part in parts {
        let found = match (value, part) {
            (Value::Object(map), Part::Name(name)) => map.get(name.as_ref()),
            (Value::Array(list), Part::Index(index)) => list.get(place(*index, list.len())),
            _ => None,
        };
        let Some(found) = found else {
            return Err(format!(
                "{walked}{part} is not there: {walked} is {}",
                sketch(value)
            ));
        };
        walked.push_str(&part.to_string());
        value = found;
    }
    Ok(value)
}

fn place(index: i64, length: usize) -> usize {
    let from_end = usize::try_from(index.unsigned_abs()).ok();
    let place = match from_end {
        Some(back) if index < 0 => length.checked_sub(back),
        forward => forward,
    };
    place.unwrap_or(usize::MAX)
}

/// What a value is, in a few words.
fn sketch(value: &Value) -> String {
    const NAMES_SHOWN: usize = 10;
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "true or false".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::String(_) => "a text".to_owned(),
        Value::Array(list) => format!("a list of {}", list.len()),
        Value::Object(map) if map.is_empty() => "an empty object".to_owned(),
        Value::Object(map) => {
            let names: Vec<_> = map.keys().take(NAMES_SHOWN).map(String::as_str).collect();
            let more = if map.len() > NAMES_SHOWN { ", …" } else { "" };
            format!("an object with {}{more}", names.join(", "))
        }
    }
}

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(text) if name(text).is_some_and(|(_, rest)| rest.is_empty()) => {
                write!(f, ".{text}")
            }
            Self::Name(text) => write!(f, "['{text}']"),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_is_read_and_anything_else_is_not() {
        let path = parse(" steps.a.output[0]['b c'][\"d\"][-1] ").unwrap();
        let shown: String = path.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ".steps.a.output[0]['b c'].d[-1]");
        for other in [
            "",
            "1",
            "a.",
            "a b",
            "a | length",
            "a.b()",
            "a[b]",
            "a['b",
            "'a'",
            "a.0",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_missing_part_is_named_with_what_there_is() {
        let value = json!({"list": [1, {"deep": true}], "n": 3});
        let at = |text: &str| follow(&value, "out", &parse(text).unwrap()[1..]).cloned();
        assert_eq!(at("x.list[1].deep"), Ok(json!(true)));
        assert_eq!(at("x.list[-2]"), Ok(json!(1)));
        assert_eq!(
            at("x.m"),
            Err("out.m is not there: out is an object with list, n".into())
        );
        assert_eq!(
            at("x.n.k"),
            Err("out.n.k is not there: out.n is a number".into())
        );
        for beyond in ["x.list[2]", "x.list[-3]"] {
            assert!(
                at(beyond).unwrap_err().ends_with("out.list is a list of 2"),
                "{beyond}"
            );
        }
    }
}
