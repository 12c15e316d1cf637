//! A step's key: given, or made from its name.

use std::collections::HashSet;

/// Whether `key` may be written in a reference: a lower-case letter or `_` first, then also digits.
pub(crate) fn is_valid(key: &str) -> bool {
    let mut bytes = key.bytes();
    let first_fits = bytes
        .next()
        .is_some_and(|b| b.is_ascii_lowercase() || b == b'_');
    first_fits && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// A key that no other step has, made from `name`: `Process A` gives `process_a`, then
/// `process_a_2`.
pub(crate) fn from_name(name: &str, taken: &HashSet<String>) -> String {
    let mut base = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            base.push(c.to_ascii_lowercase());
        } else if !base.is_empty() && !base.ends_with('_') {
            base.push('_');
        }
    }
    base.truncate(super::limits::KEY_CHARACTERS_MAX - 8);
    let mut base = base.trim_end_matches('_').to_owned();
    if base.is_empty() {
        base.push_str("step");
    } else if base.starts_with(|c: char| c.is_ascii_digit()) {
        base.insert(0, '_');
    }
    if !taken.contains(&base) {
        return base;
    }
    let mut number = 2_usize;
    loop {
        let candidate = format!("{base}_{number}");
        if !taken.contains(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_name_in_lower_case_letters_digits_and_underscores() {
        let none = HashSet::new();
        assert_eq!(from_name("Download Images", &none), "download_images");
        assert_eq!(from_name("  1st: try! ", &none), "_1st_try");
        assert_eq!(from_name("…", &none), "step");
    }

    #[test]
    fn a_taken_key_gets_the_next_number() {
        let taken = HashSet::from(["merge".to_owned(), "merge_2".to_owned()]);
        assert_eq!(from_name("Merge", &taken), "merge_3");
    }
}
