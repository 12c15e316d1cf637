//! What of all there is to measure is wanted.

/// The words behind `cargo xtask bench`.
pub struct Options {
    /// Smaller counts: about a minute.
    pub is_quick: bool,
    /// Beginnings of names; none for everything.
    only: Vec<String>,
    /// The part that this process plays for another one of these measurements.
    pub child: Option<Vec<String>>,
}

impl Options {
    pub fn from_arguments() -> Self {
        let mut words = std::env::args().skip(1).peekable();
        if words.next_if(|word| word == "--child").is_some() {
            let child = Some(words.collect());
            return Self {
                is_quick: false,
                only: Vec::new(),
                child,
            };
        }
        let (switches, only): (Vec<_>, Vec<_>) = words.partition(|word| word.starts_with("--"));
        Self {
            is_quick: switches.iter().any(|switch| switch == "--quick"),
            only,
            child: None,
        }
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
