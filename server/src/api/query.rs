//! The parameters behind the question mark.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::extract::Query as AxumQuery;
use axum::http::request::Parts;

use crate::problem::ApiProblem;

/// Most entries of one page of a list.
pub const LIMIT_MOST: usize = 200;
/// Entries of one page when nothing is said.
pub const LIMIT_DEFAULT: usize = 50;

/// The parameters as they were sent. Of one that comes twice the first counts.
#[derive(Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// The text of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, text)| text.as_str())
    }

    /// Refuses parameters that this address does not take: one that is misspelt would otherwise be
    /// an answer to another question.
    ///
    /// # Errors
    /// 400 that names the first such parameter.
    pub fn only(&self, known: &[&str]) -> Result<(), ApiProblem> {
        let unknown = self
            .0
            .iter()
            .find(|(key, _)| !known.contains(&key.as_str()));
        match unknown {
            Some((key, _)) if known.is_empty() => {
                Err(wrong(key, "is unknown here; there are none"))
            }
            Some((key, _)) => Err(wrong(
                key,
                format_args!("is unknown here; there are {}", known.join(", ")),
            )),
            None => Ok(()),
        }
    }

    /// How many entries are wanted at most.
    ///
    /// # Errors
    /// 400 unless it is a whole number from 1 to [`LIMIT_MOST`].
    pub fn limit(&self) -> Result<usize, ApiProblem> {
        let limit = self.whole("limit", format_args!("from 1 to {LIMIT_MOST}"))?;
        match limit {
            None => Ok(LIMIT_DEFAULT),
            Some(limit) if (1..=LIMIT_MOST).contains(&limit) => Ok(limit),
            Some(_) => Err(wrong(
                "limit",
                format_args!("must be a whole number from 1 to {LIMIT_MOST}"),
            )),
        }
    }

    /// Where a list goes on: what `next_cursor` of the page before said.
    ///
    /// # Errors
    /// 400 for anything else.
    pub fn cursor(&self) -> Result<Option<i64>, ApiProblem> {
        let number: Option<i64> = self.parsed("cursor", "must be the next_cursor of a page")?;
        match number {
            Some(number) if number < 1 => Err(wrong("cursor", "must be the next_cursor of a page")),
            number => Ok(number),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// 400 for anything else.
    pub fn whole<T: FromStr>(
        &self,
        name: &str,
        range: impl Display,
    ) -> Result<Option<T>, ApiProblem> {
        self.parsed(name, format_args!("must be a whole number {range}"))
    }

    fn parsed<T: FromStr>(&self, name: &str, must: impl Display) -> Result<Option<T>, ApiProblem> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits => Ok(Some(number)),
            _ => Err(wrong(name, must)),
        }
    }
}

/// 400 that names the parameter.
pub fn wrong(name: &str, must: impl Display) -> ApiProblem {
    ApiProblem::unreadable(format!("the parameter {name} {must}")).member("parameter", name)
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiProblem> {
        let query = AxumQuery::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let query = query.map(|AxumQuery(pairs)| Self(pairs));
        query.map_err(|_| ApiProblem::unreadable("the query cannot be read"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(name: &str, text: &str) -> Query {
        Query(vec![(name.into(), text.into())])
    }

    #[test]
    fn a_limit_is_from_1_to_200() {
        assert_eq!(Query::default().limit().unwrap(), 50);
        assert_eq!(query("limit", "1").limit().unwrap(), 1);
        assert_eq!(query("limit", "200").limit().unwrap(), 200);
        for bad in [
            "0",
            "201",
            "-1",
            "+1",
            "x",
            "",
            "1.0",
            "99999999999999999999999",
        ] {
            assert!(query("limit", bad).limit().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_cursor_is_the_number_of_an_entry() {
        assert_eq!(query("cursor", "7").cursor().unwrap(), Some(7));
        for bad in ["0", "-7", "abc", "", "99999999999999999999999"] {
            assert!(query("cursor", bad).cursor().is_err(), "{bad}");
        }
    }
}
