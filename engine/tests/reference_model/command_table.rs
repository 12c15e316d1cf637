//! The table of commands by the state of the workflow.

use super::input::Verb;
use super::model::State;

/// What a cell of the table of commands says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    Ok,
    Same,
    /// 409.
    No,
    OkWithForce,
    OkIfBudgetLeft,
}

/// The table of commands: a line for each command, a cell for each state in the order of `State`:
/// pending, running, paused, recovering, failed, completed, cancelled.
pub const CELLS: [(&str, [Cell; 7]); 7] = {
    use Cell::{No, Ok, OkIfBudgetLeft, OkWithForce, Same};
    [
        ("start", [Ok, Same, Ok, No, No, No, No]),
        ("resume", [No, Same, Ok, Same, No, No, No]),
        ("pause", [No, Ok, Same, Ok, No, No, No]),
        ("cancel", [Ok, Ok, Ok, Ok, No, No, Same]),
        (
            "recover",
            [
                No,
                OkWithForce,
                OkWithForce,
                No,
                OkIfBudgetLeft,
                No,
                OkIfBudgetLeft,
            ],
        ),
        // It starts what is pending, and waits for what goes on; what is over is answered at once.
        ("execute", [Ok, Same, No, Same, No, Same, Same]),
        ("delete", [Ok, No, No, No, Ok, Ok, Ok]),
    ]
};

/// The line of the table that a command stands in, if any, and its cell for a state.
pub fn cell(verb: &Verb, state: State) -> Option<(&'static str, Cell)> {
    let line = match verb {
        Verb::Start => 0,
        Verb::Resume => 1,
        Verb::Pause { .. } => 2,
        Verb::Cancel => 3,
        Verb::Recover { .. } => 4,
        Verb::Execute => 5,
        Verb::Delete => 6,
        _ => return None,
    };
    let (name, cells) = CELLS[line];
    let column = [
        State::Pending,
        State::Running,
        State::Paused,
        State::Recovering,
        State::Failed,
        State::Completed,
        State::Cancelled,
    ];
    let column = column.iter().position(|&s| s == state)?;
    Some((name, cells[column]))
}
