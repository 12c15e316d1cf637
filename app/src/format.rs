//! Durations, moments and counts as text, the same on both sides.

use std::time::Duration;

use engine::Timestamp;
use serde_json::Value;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How long something took: `850 ms`, `12.4 s`, `3 m 05 s`, `2 h 10 m`, `3 d 4 h`.
#[must_use]
pub fn duration(length: Duration) -> String {
    let millis = length.as_millis();
    if millis < 1_000 {
        return format!("{millis} ms");
    }
    let seconds = length.as_secs();
    if seconds < MINUTE {
        let tenths = millis / 100;
        return format!("{}.{} s", tenths / 10, tenths % 10);
    }
    in_two_units(seconds)
}

/// How long something has been going on, in whole seconds so that it can tick: `12 s`,
/// `3 m 05 s`.
#[must_use]
pub fn elapsed(length: Duration) -> String {
    let seconds = length.as_secs();
    if seconds < MINUTE {
        format!("{seconds} s")
    } else {
        in_two_units(seconds)
    }
}

/// How long until something happens, in whole seconds: never `0 s` before it is due. The present
/// moment of a page is up to a second old, so rounding up would mostly say a second too much.
#[must_use]
pub fn remaining(length: Duration) -> String {
    let is_due = length.is_zero();
    let whole = (length + Duration::from_millis(500)).as_secs();
    elapsed(Duration::from_secs(whole.max(u64::from(!is_due))))
}

fn in_two_units(seconds: u64) -> String {
    if seconds < HOUR {
        format!("{} m {:02} s", seconds / MINUTE, seconds % MINUTE)
    } else if seconds < DAY {
        format!("{} h {:02} m", seconds / HOUR, seconds % HOUR / MINUTE)
    } else {
        match (seconds / DAY, seconds % DAY / HOUR) {
            (days, 0) => format!("{days} d"),
            (days, hours) => format!("{days} d {hours} h"),
        }
    }
}

/// A moment in full, in UTC: `2024-01-31 14:02:11 UTC`.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    let (day, time) = parts(at);
    format!("{day} {time} UTC")
}

/// The time of day in UTC: `14:02:11`.
#[must_use]
pub fn time_of_day(at: Timestamp) -> String {
    parts(at).1
}

/// How long ago something was, seen at `now`; the date once it is older than a day.
#[must_use]
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.since(at).as_secs();
    if seconds < 5 {
        "just now".to_owned()
    } else if seconds < MINUTE {
        format!("{seconds} s ago")
    } else if seconds < HOUR {
        format!("{} min ago", seconds / MINUTE)
    } else if seconds < DAY {
        format!("{} h ago", seconds / HOUR)
    } else {
        let (day, time) = parts(at);
        format!("{day} {}", time.get(..5).unwrap_or(&time))
    }
}

/// Day and time of day of a moment, out of its text `2024-01-31T14:02:11.5Z`.
fn parts(at: Timestamp) -> (String, String) {
    let text = at.to_string();
    let (day, rest) = text.split_once('T').unwrap_or((&text, ""));
    let time = rest.get(..8).unwrap_or(rest);
    (day.to_owned(), time.to_owned())
}

/// A number with its noun: `1 step`, `3 steps`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// The first sentence or line of a longer text, at most 160 characters.
#[must_use]
pub fn first_sentence(text: &str) -> String {
    let line = visible(text.trim().lines().next().unwrap_or_default());
    let end = line.find(". ").map_or(line.len(), |dot| dot + 1);
    let sentence = &line[..end];
    if sentence.chars().count() <= 160 {
        return sentence.to_owned();
    }
    let kept: String = sentence.chars().take(159).collect();
    format!("{kept}…")
}

/// A text that somebody else wrote, as a page shows it: what nobody sees and something would obey is
/// written out.
#[must_use]
pub fn visible(text: &str) -> String {
    engine::obeyed::on_a_page(text).into_owned()
}

/// JSON that somebody else made, for reading, with the same written out as JSON does it.
#[must_use]
pub fn pretty_json(value: &Value) -> String {
    engine::obeyed::in_json(serde_json::to_string_pretty(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_readable_at_every_length() {
        let said = |millis| duration(Duration::from_millis(millis));
        assert_eq!(said(0), "0 ms");
        assert_eq!(said(850), "850 ms");
        assert_eq!(said(1_000), "1.0 s");
        assert_eq!(said(12_449), "12.4 s");
        assert_eq!(said(59_999), "59.9 s");
        assert_eq!(said(185_000), "3 m 05 s");
        assert_eq!(said(7_800_000), "2 h 10 m");
        assert_eq!(said(273_600_000), "3 d 4 h");
    }

    #[test]
    fn what_ticks_has_whole_seconds() {
        assert_eq!(elapsed(Duration::from_millis(12_900)), "12 s");
        assert_eq!(remaining(Duration::from_millis(6_100)), "6 s");
        assert_eq!(remaining(Duration::from_millis(6_900)), "7 s");
        assert_eq!(remaining(Duration::from_secs(7)), "7 s");
        assert_eq!(remaining(Duration::from_millis(100)), "1 s");
        assert_eq!(remaining(Duration::ZERO), "0 s");
    }

    #[test]
    fn moments_are_in_utc() {
        let at: Timestamp = "2024-01-31T14:02:11.5Z".parse().unwrap();
        assert_eq!(moment(at), "2024-01-31 14:02:11 UTC");
        assert_eq!(time_of_day(at), "14:02:11");
        assert_eq!(ago(at, at.plus(Duration::from_secs(2))), "just now");
        assert_eq!(ago(at, at.plus(Duration::from_secs(480))), "8 min ago");
        assert_eq!(
            ago(at, at.plus(Duration::from_secs(90_000))),
            "2024-01-31 14:02"
        );
    }

    #[test]
    fn a_long_error_is_told_by_its_first_sentence() {
        assert_eq!(first_sentence("It broke. Here is why:\nx"), "It broke.");
        assert_eq!(first_sentence("exit code 3\nmore"), "exit code 3");
        assert_eq!(first_sentence(&"ä".repeat(200)).chars().count(), 160);
    }

    #[test]
    fn what_cannot_be_seen_is_shown_by_a_sign() {
        assert_eq!(visible("a\tb\nü ✓ שלום"), "a\tb\nü ✓ שלום");
        assert_eq!(visible("\u{1b}[31mx\u{202e}"), "␛[31mx\\u{202e}");
        let json = pretty_json(&serde_json::json!(["\u{202e}", "é"]));
        assert_eq!(json, "[\n  \"\\u202e\",\n  \"é\"\n]");
    }

    #[test]
    fn one_thing_has_no_plural() {
        assert_eq!(count(1, "step"), "1 step");
        assert_eq!(count(0, "step"), "0 steps");
    }
}
