//! A moment, as whole microseconds since 1970 in UTC. The engine never reads a clock: every moment
//! it knows was handed to it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;
/// Microseconds of a day.
const DAY: i64 = 86_400 * SECOND;

/// A moment in UTC with microsecond precision; written as RFC 3339 with `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// A moment from microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whether it can be written as a text: its year has four digits.
    #[must_use]
    pub fn is_writable(self) -> bool {
        (0..=9999).contains(&date(self.0.div_euclid(DAY)).0)
    }

    /// This moment moved later by `duration`.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }

    /// How long after `earlier` this moment is; zero when it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let micros = self.0.saturating_sub(earlier.0);
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0.div_euclid(DAY);
        let (year, month, day) = date(days);
        if !(0..=9999).contains(&year) {
            return write!(f, "out of range");
        }
        let rest = self.0.rem_euclid(DAY);
        let (seconds, micros) = (rest / SECOND, rest % SECOND);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        if micros != 0 {
            let digits = format!("{micros:06}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        write!(f, "Z")
    }
}

/// The text is not a moment in RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a moment in RFC 3339, such as 2024-01-01T00:00:00Z")]
pub struct NotAMoment;

impl FromStr for Timestamp {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        read(text).map(Self).ok_or(NotAMoment)
    }
}

/// The microseconds of a text such as `2024-01-31T14:02:11.5Z` or `…+01:00`.
fn read(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let mut date = date.splitn(3, '-');
    let year = number(date.next()?, 4)?;
    let month = number(date.next()?, 2).filter(|month| (1..=12).contains(month))?;
    let day = number(date.next()?, 2)?;
    let days = days(year, month, day);
    // A day that the month does not have would be read as one of the next month.
    if self::date(days) != (year, month, day) {
        return None;
    }
    let (time, offset) = match time.strip_suffix(['Z', 'z']) {
        Some(time) => (time, 0),
        None => {
            let (time, offset) = time.split_at_checked(time.rfind(['+', '-'])?)?;
            let minutes = minutes(offset.get(1..)?)?;
            (
                time,
                if offset.starts_with('-') {
                    -minutes
                } else {
                    minutes
                },
            )
        }
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let (hour_and_minute, second) = time.rsplit_once(':')?;
    // A leap second counts as the last second of its minute.
    let second = number(second, 2).filter(|second| *second <= 60)?.min(59);
    let seconds = days * (DAY / SECOND) + (minutes(hour_and_minute)? - offset) * 60 + second;
    Some(seconds * SECOND + micros(fraction)?)
}

/// Minutes of `14:02`.
fn minutes(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let hour = number(hour, 2).filter(|hour| *hour < 24)?;
    let minute = number(minute, 2).filter(|minute| *minute < 60)?;
    Some(hour * 60 + minute)
}

/// Microseconds of the digits behind the point; what is finer is cut off.
fn micros(fraction: &str) -> Option<i64> {
    let digits = fraction.len();
    if !(1..=9).contains(&digits) {
        return None;
    }
    let value = number(fraction, digits)?;
    let nanos = (digits..9).fold(value, |value, _| value * 10);
    Some(nanos / 1_000)
}

/// A number of exactly so many digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    let is_plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

/// Days since 1970-01-01 of a date. Years are counted from March, so that the leap day is the last
/// of its year; 400 of them always have 146 097 days.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year * 365 + year / 4 - year / 100 + day_of_year - 719_468
}

/// Year, month and day of so many days since 1970-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    (year, month, day)
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_utc_and_read_back() {
        let moment = Timestamp::from_micros(1_704_067_200_000_000);
        assert_eq!(moment.to_string(), "2024-01-01T00:00:00Z");
        assert_eq!("2024-01-01T00:00:00Z".parse(), Ok(moment));
        let finer = Timestamp::from_micros(1_704_067_200_250_000);
        assert_eq!(finer.to_string().parse(), Ok(finer));
    }

    #[test]
    fn every_day_of_ten_thousand_years_is_the_one_after_the_day_before() {
        let mut expected = (0, 1, 1);
        for day in days(0, 1, 1)..=days(9999, 12, 31) {
            assert_eq!(date(day), expected);
            assert_eq!(days(expected.0, expected.1, expected.2), day);
            expected = day_after(expected);
        }
        assert_eq!(expected, (10_000, 1, 1));
        assert_eq!(days(1970, 1, 1), 0);
    }

    fn day_after((year, month, day): (i64, i64, i64)) -> (i64, i64, i64) {
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        match (month, day < length) {
            (_, true) => (year, month, day + 1),
            (12, false) => (year + 1, 1, 1),
            (_, false) => (year, month + 1, 1),
        }
    }

    #[test]
    fn moments_before_1970_and_at_both_ends_are_read_back() {
        let known = [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
            (-62_167_219_200_000_000, "0000-01-01T00:00:00Z"),
        ];
        for (micros, text) in known {
            assert_eq!(Timestamp::from_micros(micros).to_string(), text);
            assert_eq!(text.parse(), Ok(Timestamp::from_micros(micros)), "{text}");
        }
        assert_eq!(Timestamp::from_micros(i64::MAX).to_string(), "out of range");
        assert_eq!(Timestamp::from_micros(i64::MIN).to_string(), "out of range");
    }

    #[test]
    fn a_moment_is_writable_when_it_can_be_read_back() {
        let (first, last) = (-62_167_219_200_000_000, 253_402_300_799_999_999);
        for (micros, is_writable) in [
            (first - 1, false),
            (first, true),
            (0, true),
            (last, true),
            (last + 1, false),
            (i64::MAX, false),
        ] {
            let moment = Timestamp::from_micros(micros);
            assert_eq!(moment.is_writable(), is_writable, "{micros}");
            assert_eq!(moment.to_string().parse() == Ok(moment), is_writable);
        }
    }

    #[test]
    fn a_moment_may_be_written_with_an_offset_and_finer_than_we_keep() {
        let moment = Timestamp::from_micros(1_704_067_200_123_456);
        for text in [
            "2024-01-01T00:00:00.123456789Z",
            "2024-01-01t00:00:00.123456z",
            "2024-01-01 01:30:00.123456+01:30",
            "2023-12-31T23:00:00.123456-01:00",
        ] {
            assert_eq!(text.parse(), Ok(moment), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "today",
            "2024-01-01",
            "2024-01-01T00:00:00",
            "2024-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-00-01T00:00:00Z",
            "2024-01-00T00:00:00Z",
            "2024-1-1T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:60:00Z",
            "2024-01-01T00:00:61Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00.1234567890Z",
            "2024-01-01T00:00:00+0100",
            "+024-01-01T00:00:00Z",
            "2024-01-01T00:00:00Zä",
            "ä024-01-01T00:00:00Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotAMoment), "{text}");
        }
    }

    #[test]
    fn the_time_since_a_later_moment_is_zero() {
        let early = Timestamp::from_micros(5);
        assert_eq!(
            early.since(early.plus(Duration::from_secs(1))),
            Duration::ZERO
        );
    }
}
