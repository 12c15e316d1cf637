//! The engine knows no clock and no chance: time and ids are handed to it.

use super::finding::Finding;
use super::source::Source;

const FORBIDDEN: [&str; 9] = [
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "rand::",
    "getrandom",
    "new_v4",
    "now_v7",
    "RandomState",
];

/// Finds clocks and randomness in the engine.
pub fn check(source: &Source) -> Vec<Finding> {
    if !source.is_of("engine") {
        return Vec::new();
    }
    let mend = "the engine gets time and ids as arguments";
    source
        .lines()
        .filter_map(|(line, code)| {
            let name = FORBIDDEN.iter().find(|name| code.contains(**name))?;
            Some(source.finding(line, format!("names `{name}`; {mend}")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_found_in_the_engine_only() {
        let text = "let now = Timestamp::now();\n";
        assert_eq!(check(&Source::new("engine/src/a.rs", text)).len(), 1);
        assert!(check(&Source::new("runtime/src/clock.rs", text)).is_empty());
    }
}
