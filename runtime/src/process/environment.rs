//! The part of the server's environment that reaches every command.

use std::collections::BTreeMap;

const PASSED_ON: [&str; 5] = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];

/// `PATH`, `HOME`, `LANG`, `TZ` and `TMPDIR` as the server has them, those that are set and
/// readable as UTF-8. Everything else of the server's environment stays with the server.
pub fn base_environment() -> BTreeMap<String, String> {
    PASSED_ON
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect()
}
