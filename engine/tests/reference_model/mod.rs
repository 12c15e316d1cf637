//! A second, slow implementation of the engine's rules, written from the design (its two tables,
//! storage and crashes, commands, races, due times) without looking at the engine. It shares no
//! code with the engine, recomputes everything at every step and copies the whole workflow for
//! each answer: it is meant to be read beside the design, not to be fast.

mod attempt;
mod command;
mod command_table;
mod input;
mod model;
mod progress;
mod settle;

pub use command_table::CELLS;
pub use input::*;
pub use model::*;

/// The model: the state and an input give the new state and the answer. A refusal leaves the
/// state as it was, and so does `same`, but for the answer that is remembered under the command's id.
pub fn step(before: &Workflow, now: Micros, input: &Input) -> (Workflow, Answer) {
    let mut after = before.clone();
    after.rows.clear();
    after.now = now;
    let answer = match input {
        Input::Ask(asked) => return command::ask(before, after, asked),
        Input::Create => after.create(),
        Input::Claim { task } => after.claim(*task),
        Input::Wait {
            task,
            attempt,
            until,
        } => after.hand_over(*task, *attempt, *until),
        Input::Progress {
            task,
            attempt,
            share,
        } => after.report_progress(*task, *attempt, *share),
        Input::End { task, attempt, end } => after.report_end(*task, *attempt, *end),
        Input::Due { task, moment } => after.come_due(*task, *moment),
    };
    commit(before, after, answer)
}

/// The shared tail of everything that was accepted, and the way back for everything that was not.
fn commit(before: &Workflow, mut after: Workflow, answer: Answer) -> (Workflow, Answer) {
    if answer == Answer::Accepted {
        after.settle();
        after.rev += after.rows.len() as u64;
        return (after, answer);
    }
    let mut unchanged = before.clone();
    unchanged.now = after.now;
    unchanged.rows.clear();
    (unchanged, answer)
}
