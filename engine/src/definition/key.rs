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

/// The keys of a definition, while those that are not given are made.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    taken: HashSet<String>,
    /// The number to try next behind each key that was made from a name. Counted from 2 for each
    /// step, thousands of one name would cost the square of their number.
    next: HashMap<String, usize>,
}

impl Keys {
    /// Notes a key that is given; `false` when another step has it.
    pub(crate) fn take(&mut self, key: &str) -> bool {
        self.taken.insert(key.to_owned())
    }

    /// A key that no other step has, made from `name` and noted: `Process A` gives `process_a`,
    /// then `process_a_2`.
    pub(crate) fn make(&mut self, name: &str) -> String {
        let base = from_name(name);
        let mut key = base.clone();
        while !self.taken.insert(key.clone()) {
            let next = self.next.entry(base.clone()).or_insert(2);
            key = format!("{base}_{next}");
            *next += 1;
        }
        key
    }
}

fn from_name(name: &str) -> String {
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
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_key_is_the_name_in_lower_case_letters_digits_and_underscores() {
        assert_eq!(from_name("Download Images"), "download_images");
        assert_eq!(from_name("  1st: try! "), "_1st_try");
        assert_eq!(from_name("…"), "step");
    }

    #[test]
    fn a_taken_key_gets_the_next_number() {
        let mut keys = Keys::default();
        assert!(keys.take("merge") && keys.take("merge_2") && !keys.take("merge"));
        assert_eq!(keys.make("Merge"), "merge_3");
        assert_eq!(keys.make("merge 3"), "merge_3_2");
        assert_eq!(keys.make("Merge"), "merge_4");
    }

    #[test]
    fn a_hundred_thousand_steps_of_one_name_get_their_keys_in_no_time() {
        let begun = Instant::now();
        let mut keys = Keys::default();
        let last = (0..100_000).map(|_| keys.make("same")).last();
        assert_eq!(last.as_deref(), Some("same_100000"));
        // Counted anew for each, this takes minutes.
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}
