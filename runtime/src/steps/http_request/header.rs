//! What a header may be made of.

use reqwest::header::{HeaderName, HeaderValue};

/// Reads the name of a header; spaces around it do not count.
pub(super) fn name(text: &str) -> Result<HeaderName, &'static str> {
    // Trimmed of spaces only: a line end is never meant.
    let name: HeaderName = text.trim_matches(' ').parse().map_err(
        |_| "cannot be the name of a header: a name has letters, digits and - only, no line ends",
    )?;
    if matches!(
        name.as_str(),
        "content-length" | "transfer-encoding" | "connection"
    ) {
        return Err("this header is set by the step itself");
    }
    Ok(name)
}

/// Reads the value of a header; white space around it does not count, so that the last line of a
/// program's output may be one.
pub(super) fn value(text: &str) -> Result<HeaderValue, &'static str> {
    text.trim().parse().map_err(|_| {
        "its value holds what a header cannot: a line end, a control character, or a letter \
         outside ASCII"
    })
}
