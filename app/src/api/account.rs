//! What the sign-in and set-up pages are told by the routes that take their forms.

use leptos::prelude::{SharedValue, use_context};
use serde::{Deserialize, Serialize};

/// What the sign-in page says when the form is refused: the value of `problem` in its query. It
/// never says which part was wrong.
#[must_use]
pub fn sign_in_problem(code: &str) -> Option<&'static str> {
    match code {
        "" => None,
        "missing" => Some("Fill in both, the name and the password."),
        "wrong" => Some("That name and password do not go together."),
        _ => Some("Signing in did not work. Try again."),
    }
}

/// What the set-up page says when the form is refused: the value of `problem` in its query.
#[must_use]
pub fn set_up_problem(code: &str) -> Option<&'static str> {
    match code {
        "" => None,
        "code" => Some("The code is not right. The server printed it when it started."),
        "ended" => Some("The code is too old. The server has just printed a new one."),
        "name" => Some("The name needs 1 to 64 characters, and no space at its ends."),
        "short" => Some("The password needs at least 8 characters."),
        "long" => Some("The password is too long."),
        "common" => Some("That password is one of the first that anybody guesses."),
        _ => Some("The account was not made. Try again."),
    }
}

/// Whether the server listens on this machine only; the server provides it in context for the
/// set-up page. There the page offers command steps, ticked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ListensOnLoopback(pub bool);

/// The same on both sides.
#[must_use]
pub fn listens_on_loopback() -> ListensOnLoopback {
    SharedValue::new(|| use_context::<ListensOnLoopback>().unwrap_or_default()).into_inner()
}

/// Whether nobody has an account yet; the server provides it in context for the sign-in page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NobodyYet(pub bool);

/// The same on both sides.
#[must_use]
pub fn nobody_yet() -> NobodyYet {
    SharedValue::new(|| use_context::<NobodyYet>().unwrap_or_default()).into_inner()
}

/// For how many seconds nobody may sign in from an address from which too many sign-ins failed, or
/// 0; the server provides it in context for the sign-in page that is the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SignInWait(pub u64);

/// The same on both sides.
#[must_use]
pub fn sign_in_wait() -> SignInWait {
    SharedValue::new(|| use_context::<SignInWait>().unwrap_or_default()).into_inner()
}

/// What the sign-in page says about it, when there is something to wait for.
#[must_use]
pub fn too_many_sign_ins(wait: SignInWait) -> Option<String> {
    let SignInWait(seconds) = wait;
    (seconds > 0).then(|| {
        let unit = if seconds == 1 { "second" } else { "seconds" };
        format!("Too many sign-ins from your address failed. Try again in {seconds} {unit}.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_problem_is_still_a_problem() {
        assert_eq!(sign_in_problem(""), None);
        assert!(sign_in_problem("from a newer server").is_some());
        assert!(set_up_problem("from a newer server").is_some());
    }
}
