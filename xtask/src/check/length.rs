//! No file is longer than one can hold in mind.

use super::finding::Finding;
use super::source::Source;

/// Lines that a file may have, its unit tests not counted.
const LIMIT: usize = 400;

/// Finds files that are too long.
pub fn check(source: &Source) -> Vec<Finding> {
    let length = source.parts.code.len();
    if length <= LIMIT {
        return Vec::new();
    }
    let message = format!("has {length} lines before its tests, {LIMIT} are allowed; split it");
    vec![source.finding(LIMIT + 1, message)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_do_not_make_a_file_too_long() {
        let code = "fn a() {}\n".repeat(400);
        let tests = format!(
            "#[cfg(test)]\nmod tests {{\n{}}}\n",
            "    // x\n".repeat(100)
        );
        assert!(check(&Source::new("a.rs", &format!("{code}{tests}"))).is_empty());
        let found = check(&Source::new("a.rs", &format!("{code}fn b() {{}}\n{tests}")));
        assert_eq!(found.len(), 1);
    }
}
