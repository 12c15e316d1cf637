//! What people and tokens may be called.

/// Most characters.
const MOST: usize = 64;

/// Why a name is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {MOST} characters, no control characters, and no space at its ends")]
pub struct Unacceptable;

/// Checks a name that somebody chose.
///
/// # Errors
/// When it is not accepted.
pub fn accept(name: &str) -> Result<(), Unacceptable> {
    let fits = (1..=MOST).contains(&name.chars().count());
    if fits && name.trim() == name && !name.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(Unacceptable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_long_and_odd_names_are_refused() {
        for bad in ["", " ", " ada", "ada ", "a\nb", "a\u{7f}b", &"a".repeat(65)] {
            assert_eq!(accept(bad), Err(Unacceptable), "{bad:?}");
        }
        for good in ["ada", "Ada Lovelace", "名前", "ci-bot@example.org"] {
            assert_eq!(accept(good), Ok(()), "{good}");
        }
    }
}
