//! A duration as people type it: `90`, `1.5 h`, `2 m 30 s`.

/// Reads a duration as seconds; a bare number is seconds, units are `s`, `m` (`min`), `h`, `d`.
#[must_use]
pub fn seconds_from_text(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let after = rest[digits..].trim_start();
        let end = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let unit = match &after[..end] {
            "s" | "sec" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        total += number * unit;
        rest = after[end..].trim_start();
    }
    (!text.is_empty()).then_some(total)
}

/// Seconds as the shortest number.
#[must_use]
pub fn seconds_to_text(seconds: f64) -> String {
    // A whole float is displayed without a point, any other with no more digits than it needs.
    seconds.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_seconds_or_numbers_with_units() {
        for (text, seconds) in [
            ("90", Some(90.0)),
            ("0.5", Some(0.5)),
            ("5 m", Some(300.0)),
            ("2m30s", Some(150.0)),
            ("1 h 30 min", Some(5_400.0)),
            ("1 d", Some(86_400.0)),
            ("", None),
            ("5 weeks", None),
            ("m", None),
            ("5 m x", None),
        ] {
            assert_eq!(seconds_from_text(text), seconds, "{text}");
        }
    }
}
