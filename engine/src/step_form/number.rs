//! Numbers as typed into a form.

use serde_json::Value;

use super::seconds::seconds_from_text;

/// Reads a number; with `in_seconds` a duration such as `2 m` as well.
pub(super) fn number(
    text: &str,
    min: Option<f64>,
    max: Option<f64>,
    whole: bool,
    in_seconds: bool,
) -> Result<Value, String> {
    let text = text.trim();
    let float = if in_seconds {
        seconds_from_text(text)
    } else {
        text.parse().ok()
    };
    let Some(float) = float.filter(|n: &f64| n.is_finite()) else {
        return Err(if text.contains(',') {
            "must be a number, written with a point: 1.5".into()
        } else {
            format!(
                "must be a {}",
                if whole { "whole number" } else { "number" }
            )
        });
    };
    if whole && float.fract() != 0.0 {
        return Err("must be a whole number".into());
    }
    in_range(float, min, max)?;
    if let Ok(integer) = text.parse::<i64>() {
        return Ok(Value::from(integer));
    }
    if float.fract() == 0.0 && float.abs() < 1e15 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and far below 2^63")]
        return Ok(Value::from(float as i64));
    }
    Ok(Value::from(float))
}

fn in_range(number: f64, min: Option<f64>, max: Option<f64>) -> Result<(), String> {
    let below = min.is_some_and(|min| number < min);
    let above = max.is_some_and(|max| number > max);
    match (min, max) {
        (Some(min), Some(max)) if below || above => Err(format!("must be from {min} to {max}")),
        (Some(min), _) if below => Err(format!("must be at least {min}")),
        (_, Some(max)) if above => Err(format!("must be at most {max}")),
        _ => Ok(()),
    }
}

/// Reads whole numbers that are separated by commas.
pub(super) fn numbers(text: &str, min: Option<f64>, max: Option<f64>) -> Result<Value, String> {
    let text = text.trim();
    let text = text.strip_prefix('[').unwrap_or(text);
    let text = text.strip_suffix(']').unwrap_or(text);
    text.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|part| !part.is_empty())
        .map(|part| {
            number(part, min, max, true, false)
                .map_err(|problem| format!("\"{part}\" {problem}; separate them by commas"))
        })
        .collect()
}
