//! The numbers in a path.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::problem::ApiProblem;

/// The named parts of the path. They are read when asked for, so that what cannot be read is
/// answered as a problem.
#[derive(Debug)]
pub struct Numbers(Vec<(String, String)>);

impl Numbers {
    /// The number at `name`, which is the number of a `what`.
    ///
    /// # Errors
    /// 400 for what is no whole number.
    pub fn of(&self, name: &str, what: &str) -> Result<i64, ApiProblem> {
        let text = self.text(name);
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| is_whole);
        number.ok_or_else(|| unreadable(text, what))
    }

    /// The position at `name`, from 0.
    ///
    /// # Errors
    /// 400 for what is no whole number from 0.
    pub fn index(&self, name: &str, what: &str) -> Result<usize, ApiProblem> {
        let number = self.of(name, what)?;
        usize::try_from(number).map_err(|_| unreadable(self.text(name), what))
    }

    fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, text)| text)
    }
}

fn unreadable(text: &str, what: &str) -> ApiProblem {
    let text = text.escape_debug();
    ApiProblem::unreadable(format!("\"{text}\" is not the number of a {what}"))
}

impl<S: Send + Sync> FromRequestParts<S> for Numbers {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        // What is not text after decoding is no number either.
        let params = RawPathParams::from_request_parts(parts, state).await;
        let named = params.iter().flatten();
        let named = named.map(|(name, text)| (name.to_owned(), text.to_owned()));
        Ok(Self(named.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_numbers_are_read() {
        let read = |text: &str| {
            Numbers(vec![("id".into(), text.into())])
                .of("id", "job")
                .ok()
        };
        assert_eq!(read("7"), Some(7));
        assert_eq!(read("-7"), Some(-7));
        for bad in [
            "",
            "abc",
            "1.5",
            "+7",
            " 7",
            "7x",
            "-",
            "99999999999999999999",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
