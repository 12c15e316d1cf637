//! The one-time code that guards the making of the first owner. It lives only in memory and on
//! the console.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::secret;

/// How long a code is good.
const VALID: Duration = Duration::from_secs(30 * 60);
/// After this many wrong ones a new code is made.
const WRONG_MOST: u32 = 10;

/// The code that is good now.
#[derive(Debug, Default)]
pub struct SetupCode {
    present: Mutex<Option<Present>>,
}

#[derive(Debug)]
struct Present {
    hash: [u8; 32],
    made: Instant,
    wrong: u32,
}

/// What somebody showed.
#[derive(Debug, PartialEq, Eq)]
pub enum Shown {
    /// The code. It is used up; [`SetupCode::renew`] makes another one.
    Right,
    /// Something else.
    Wrong,
    /// There is no good code any more: too old, used up, or too many were wrong.
    Ended,
}

impl SetupCode {
    /// Makes a new code, which ends the one before, and answers it.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn renew(&self) -> Result<String, secret::NoRandomness> {
        let code = secret::generate()?;
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        *present = Some(Present {
            hash: secret::hash(&code),
            made: Instant::now(),
            wrong: 0,
        });
        Ok(code)
    }

    /// Judges a code that somebody shows, and uses it up if it is right.
    pub fn show(&self, code: &str) -> Shown {
        self.show_at(code, Instant::now())
    }

    fn show_at(&self, code: &str, now: Instant) -> Shown {
        let mut guard = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(present) = guard.as_mut() else {
            return Shown::Ended;
        };
        if now.saturating_duration_since(present.made) > VALID {
            *guard = None;
            return Shown::Ended;
        }
        if secret::hash(code) == present.hash {
            *guard = None;
            return Shown::Right;
        }
        present.wrong += 1;
        if present.wrong >= WRONG_MOST {
            *guard = None;
            return Shown::Ended;
        }
        Shown::Wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_good_once() {
        let codes = SetupCode::default();
        let code = codes.renew().unwrap();
        assert_eq!(codes.show("something"), Shown::Wrong);
        assert_eq!(codes.show(&code), Shown::Right);
        assert_eq!(codes.show(&code), Shown::Ended);
    }

    #[test]
    fn ten_wrong_codes_end_the_right_one() {
        let codes = SetupCode::default();
        let code = codes.renew().unwrap();
        for _ in 0..9 {
            assert_eq!(codes.show("wrong"), Shown::Wrong);
        }
        assert_eq!(codes.show("wrong"), Shown::Ended);
        assert_eq!(codes.show(&code), Shown::Ended);
    }

    #[test]
    fn a_code_is_good_for_half_an_hour() {
        let codes = SetupCode::default();
        let code = codes.renew().unwrap();
        let late = Instant::now() + VALID + Duration::from_secs(1);
        assert_eq!(codes.show_at(&code, late), Shown::Ended);
    }
}
