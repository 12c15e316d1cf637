//! Who carries a step out.

/// Who carries a step out. Frozen with the definition, so that a program which opens the data later
/// knows what it has to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Handler {
    /// The step type that `task_type` names.
    #[default]
    StepType,
    /// A closure of the Rust program that made the definition; `task_type` is only a label.
    Closure,
}

impl Handler {
    /// The word used in JSON; none for what need not be said.
    #[must_use]
    pub const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::StepType => None,
            Self::Closure => Some("closure"),
        }
    }
}
