//! What may be put to a workflow, and how it answers.

use super::model::Micros;

/// How an attempt ended, as its report says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Success,
    NothingToDo,
    /// The step's condition was false.
    ConditionNotMet,
    /// Worth retrying.
    Error,
    Permanent,
    Timeout,
    /// The time ran out first, and then it succeeded all the same.
    Late,
    /// The handler itself does not know: an answer never came.
    Unknown,
    Interrupted,
    Lost,
    /// Lost, and the server knows from its last starts that it never gets far with this step.
    Poison,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It changes the state.
    Accepted,
    /// The present state, and no event.
    Same,
    /// What was answered under the same id before: the state after the event of this number.
    Again(u64),
    /// 409, or whatever the report of an attempt gets when it comes too late; in a word.
    Refused(&'static str),
}

/// What operators and programs ask for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verb {
    Start,
    Resume,
    Pause {
        /// Whether what runs is stopped, too: its reports then say that it was interrupted.
        interrupt: bool,
    },
    Cancel,
    Recover {
        from: usize,
        force: bool,
        instead: Option<Instead>,
    },
    Skip {
        task: usize,
    },
    MarkDone {
        task: usize,
    },
    TryNow {
        task: usize,
    },
    RaiseBudget {
        to: u32,
    },
    /// Without the waiting that follows.
    Execute,
    /// Whoever keeps the workflow may remove it: of what is decided here nothing changes.
    Delete,
}

/// What a recovery does with the step it starts from, other than running it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instead {
    Skip,
    Output,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ask {
    pub id: Option<u64>,
    pub expected_rev: Option<u64>,
    pub verb: Verb,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Input {
    Create,
    Ask(Ask),
    Claim {
        task: usize,
    },
    Wait {
        task: usize,
        attempt: u32,
        until: Micros,
    },
    Progress {
        task: usize,
        attempt: u32,
        share: f64,
    },
    End {
        task: usize,
        attempt: u32,
        end: End,
    },
    Due {
        task: usize,
        moment: Micros,
    },
}
