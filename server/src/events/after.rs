//! From which event or line on a client wants the stream.

use axum::http::HeaderMap;
use engine::Seq;

use crate::api::query::Query;
use crate::problem::ApiProblem;

/// The number after which the stream begins: of the header `Last-Event-ID`, else of the parameter
/// `after`; none for a snapshot first.
///
/// # Errors
/// 400 for what is no whole number.
pub fn asked(headers: &HeaderMap, query: &Query) -> Result<Option<Seq>, ApiProblem> {
    if let Some(value) = headers.get("last-event-id") {
        let text = value.to_str().unwrap_or("?");
        return read(text, "the header Last-Event-ID").map(Some);
    }
    of(query, "after")
}

/// The number that a parameter says; none when it is not there.
///
/// # Errors
/// 400 for what is no whole number.
pub fn of(query: &Query, name: &str) -> Result<Option<u64>, ApiProblem> {
    let text = query.get(name);
    text.map(|text| read(text, &format!("the parameter {name}")))
        .transpose()
}

fn read(text: &str, from: &str) -> Result<Seq, ApiProblem> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        let said = text.escape_debug();
        let detail = format!("{from} must be a whole number, not \"{said}\"");
        return Err(ApiProblem::unreadable(detail));
    }
    // Digits that do not fit are a number beyond every event.
    Ok(text.parse().unwrap_or(Seq::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_a_number() {
        assert_eq!(read("0", "x").unwrap(), 0);
        assert_eq!(read("41", "x").unwrap(), 41);
        assert_eq!(read("99999999999999999999999", "x").unwrap(), Seq::MAX);
        for bad in ["", "-1", "+1", "1.5", "1e3", " 1", "abc", "٣"] {
            assert!(read(bad, "x").is_err(), "{bad}");
        }
    }
}
