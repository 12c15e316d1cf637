//! A step's key: given, or made from its name.

use std::collections::{HashMap, HashSet};

/// Whether `key` may be written in a reference: a lower-case letter or `_` first, then also digits.
pub(crate) fn is_valid(key: &str) -> bool {
    let mut bytes = key.bytes();
    let first_fits = bytes
        .next()
        .is_some_and(|b| b.is_ascii_lowercase() || b == b'_');
    first_fits && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The keys that are taken, and where the search for the next one of a name goes on: thousands of
/// steps may have the same name.
#[derive(Default)]
pub(crate) struct Taken {
    keys: HashSet<String>,
    /// For each base the first number that may be free.
    next: HashMap<String, usize>,
}

impl Taken {
    /// Takes this key; false when it was taken before.
    pub(crate) fn take(&mut self, key: &str) -> bool {
        self.keys.insert(key.to_owned())
    }

    /// Takes a key that no other step has, made from `name`: `Process A` gives `process_a`, then
    /// `process_a_2`.
    pub(crate) fn make(&mut self, name: &str) -> String {
        let base = base(name);
        if self.take(&base) {
            return base;
        }
        let mut number = self.next.get(&base).copied().unwrap_or(2);
        loop {
            let candidate = format!("{base}_{number}");
            number += 1;
            if self.take(&candidate) {
                self.next.insert(base, number);
                return candidate;
            }
        }
    }
}

fn base(name: &str) -> String {
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
    base
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn a_key_is_the_name_in_lower_case_letters_digits_and_underscores() {
        let made = ["Download Images", "  1st: try! ", "…"].map(|name| Taken::default().make(name));
        assert_eq!(made, ["download_images", "_1st_try", "step"]);
    }

    #[test]
    fn a_taken_key_gets_the_next_number_that_is_free() {
        let mut taken = Taken::default();
        assert!(taken.take("merge_2") && taken.take("merge_4"));
        assert!(!taken.take("merge_4"));
        let made = [(); 4].map(|()| taken.make("Merge"));
        assert_eq!(made, ["merge", "merge_3", "merge_5", "merge_6"]);
        assert_eq!(taken.make("merge 5"), "merge_5_2");
    }
}
