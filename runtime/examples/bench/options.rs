//! What of all there is to measure is wanted.

use crate::Outcome;

/// The words behind `cargo xtask bench`.
#[derive(Default)]
pub struct Options {
    /// Smaller counts: about a minute.
    pub is_quick: bool,
    /// Beginnings of names; none for everything.
    only: Vec<String>,
    /// The part that this process plays for another one of these measurements.
    pub child: Option<Vec<String>>,
}

/// The names that `wants` is asked for.
const WORKLOADS: [&str; 10] = [
    "chain-100",
    "fan-1000",
    "fan-5000",
    "follow-1000",
    "follow-5000",
    "many-1000",
    "many-10000",
    "growth",
    "recover",
    "waiting",
];

impl Options {
    /// The error says which word is none of these measurements'.
    pub fn from_arguments() -> Outcome<Self> {
        let mut words = std::env::args().skip(1).peekable();
        if words.next_if(|word| word == "--child").is_some() {
            return Ok(Self {
                child: Some(words.collect()),
                ..Self::default()
            });
        }
        let mut options = Self::default();
        for word in words {
            match word.as_str() {
                "--quick" => options.is_quick = true,
                _ if is_workload(&word) => options.only.push(word),
                _ => return Err(unknown(&word).into()),
            }
        }
        Ok(options)
    }

    /// Whether the workload of this name is to be measured.
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty()
            || self
                .only
                .iter()
                .any(|begin| name.starts_with(begin.as_str()))
    }

    /// One count for the full run, another for the quick one.
    pub const fn count(&self, full: usize, quick: usize) -> usize {
        if self.is_quick { quick } else { full }
    }
}

/// Whether a workload's name may begin so.
fn is_workload(word: &str) -> bool {
    !word.is_empty() && WORKLOADS.iter().any(|name| name.starts_with(word))
}

fn unknown(word: &str) -> String {
    let known = WORKLOADS.join(", ");
    format!("`{word}` is neither --quick nor the beginning of a workload's name: {known}")
}
