//! Why an attempt did not end well.

use std::error::Error;
use std::fmt;

/// Why an attempt did not end well, in words that people read on the task.
///
/// `?` turns any error into [`StepError::Transient`], with everything it was caused by in its text.
/// Where another try cannot help, or nobody knows what happened, the handler says so:
///
/// ```
/// use runtime::StepError;
///
/// fn read(text: &str) -> Result<u32, StepError> {
///     let number = text.parse().map_err(StepError::permanent)?;
///     if number == 0 {
///         return Err(StepError::transient("nothing is there yet"));
///     }
///     Ok(number)
/// }
///
/// assert!(matches!(read("x"), Err(StepError::Permanent(_))));
/// assert!(matches!(read("0"), Err(StepError::Transient(_))));
///
/// fn load() -> Result<String, StepError> {
///     Ok(std::fs::read_to_string("/no/such/file")?)
/// }
///
/// assert!(matches!(load(), Err(StepError::Transient(_))));
/// ```
///
/// It is no [`std::error::Error`] itself: only so can `?` take every type that is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepError {
    /// Another try may help; the task is tried again while it has tries left.
    Transient(String),
    /// Nobody knows whether it took effect: an answer never came. A step of mode `once` fails now,
    /// every other is tried again; one of mode `probe` asks first then.
    Unknown(String),
    /// Another try cannot help; the task fails now.
    Permanent(String),
    /// The attempt saw the stop signal and ended; nothing of it is alive. Said without a signal it is
    /// an unknown end like [`Unknown`](Self::Unknown), and charged like one.
    Stopped,
}

impl StepError {
    /// Another try may help. Takes texts and errors alike, also those of crates that collect errors
    /// of any type.
    pub fn transient(why: impl fmt::Display) -> Self {
        Self::Transient(format!("{why:#}"))
    }

    /// Another try cannot help.
    pub fn permanent(why: impl fmt::Display) -> Self {
        Self::Permanent(format!("{why:#}"))
    }

    /// Nobody knows whether it took effect.
    pub fn unknown(why: impl fmt::Display) -> Self {
        Self::Unknown(format!("{why:#}"))
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transient(why) | Self::Unknown(why) | Self::Permanent(why) => f.write_str(why),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

impl<E: Error> From<E> for StepError {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(deeper) = cause {
            let why = deeper.to_string();
            // Many errors repeat their cause in their own text.
            if !text.contains(&why) {
                text = format!("{text}: {why}");
            }
            cause = deeper.source();
        }
        Self::Transient(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read the list")]
    struct Outer(#[source] std::num::ParseIntError);

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read it: {0}")]
    struct Repeating(#[source] std::num::ParseIntError);

    #[test]
    fn any_error_becomes_transient_with_its_causes_told_once() {
        let wrong = || "x".parse::<u8>().unwrap_err();
        let text = "invalid digit found in string";
        let told = format!("cannot read the list: {text}");
        assert_eq!(StepError::from(Outer(wrong())), StepError::Transient(told));
        let told = format!("cannot read it: {text}");
        assert_eq!(
            StepError::from(Repeating(wrong())),
            StepError::Transient(told)
        );
    }
}
