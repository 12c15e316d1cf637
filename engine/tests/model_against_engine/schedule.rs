//! What happens next, at random: mostly something that can happen to the workflow as it stands, now
//! and then anything at all.

use crate::reference_model::{
    Ask, Attempt, End, Input, Instead, Outcome, State, TaskState, Verb, Workflow,
};
use crate::scenario::Dice;

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;

/// How the clock goes on before the next action: mostly a little, now and then a jump of half a day
/// in either direction.
pub fn time_step(dice: &mut Dice) -> i64 {
    match dice.roll(200) {
        0 => 12 * HOUR,
        1 => -12 * HOUR,
        2..60 => dice.pick(&[
            1_000,
            20_000,
            400_000,
            SECOND,
            2_500_000,
            8 * SECOND,
            60 * SECOND,
        ]),
        60..64 => 400 * SECOND,
        _ => 0,
    }
}

/// How much of a step is time that passed: a clock that is set makes none pass.
pub const fn passed(step: i64) -> i64 {
    if step.abs() < 12 * HOUR { step } else { 0 }
}

/// Something that may happen now.
pub fn input(dice: &mut Dice, model: &Workflow, next_id: &mut u64) -> Input {
    let task = any_task(dice, model);
    let roll = if model.cancel_requested && dice.chance(40) {
        0
    } else {
        dice.roll(100)
    };
    match roll {
        0..20 => Input::Ask(ask(dice, model, next_id)),
        20..46 => Input::Claim {
            task: task_in(dice, model, &[TaskState::Queued]).unwrap_or(task),
        },
        46..50 => hand_over(dice, model),
        50..56 => {
            let (task, attempt) = attempt(dice, model);
            Input::Progress {
                task,
                attempt,
                share: dice.share(),
            }
        }
        56..68 => {
            let due = |t: &usize| model.tasks[*t].due_at.is_some();
            let due: Vec<usize> = (0..model.tasks.len()).filter(due).collect();
            let is_any = due.is_empty() || dice.chance(20);
            let task = if is_any { task } else { dice.pick(&due) };
            let waits_for = model.tasks.get(task).and_then(|task| task.due_at);
            // Now and then a timer of an earlier wait, which somebody came before.
            let moment = waits_for
                .filter(|_| !dice.chance(10))
                .unwrap_or(model.now - 1);
            Input::Due { task, moment }
        }
        _ => {
            let (task, attempt) = attempt(dice, model);
            Input::End {
                task,
                attempt,
                end: end(dice),
            }
        }
    }
}

fn hand_over(dice: &mut Dice, model: &Workflow) -> Input {
    let (task, attempt) = attempt(dice, model);
    Input::Wait {
        task,
        attempt,
        until: model.now + dice.pick(&[0, SECOND / 2, 5 * SECOND]),
    }
}

/// Any step, now and then one that does not exist.
fn any_task(dice: &mut Dice, model: &Workflow) -> usize {
    let count = model.tasks.len();
    let beyond = usize::from(dice.chance(3));
    dice.roll(count + beyond)
}

fn task_in(dice: &mut Dice, model: &Workflow, states: &[TaskState]) -> Option<usize> {
    let fits = |task: &usize| states.contains(&model.tasks[*task].state);
    let fitting: Vec<usize> = (0..model.tasks.len()).filter(fits).collect();
    (!fitting.is_empty() && !dice.chance(10)).then(|| dice.pick(&fitting))
}

/// Mostly an attempt that is alive, now and then one that is over or that never was.
fn attempt(dice: &mut Dice, model: &Workflow) -> (usize, u32) {
    let current = |a: &&Attempt| a.alive || a.outcome == Outcome::Running;
    let alive: Vec<_> = model.attempts.iter().filter(current).collect();
    let over: Vec<_> = model.attempts.iter().rev().take(6).collect();
    let one = match dice.roll(20) {
        0..15 if !alive.is_empty() => dice.pick(&alive),
        15..19 if !over.is_empty() => dice.pick(&over),
        _ => {
            let task = any_task(dice, model);
            let last = model.tasks.get(task).map_or(0, |task| task.attempt);
            return (task, last + dice.pick(&[0, 1]));
        }
    };
    (one.task, one.number)
}

fn end(dice: &mut Dice) -> End {
    match dice.roll(20) {
        0..7 => End::Success,
        7 => dice.pick(&[End::NothingToDo, End::ConditionNotMet]),
        8 => End::Permanent,
        9 => End::Timeout,
        10 => End::Late,
        11 => End::Unknown,
        12 => End::Interrupted,
        13..15 => End::Lost,
        15 => End::Poison,
        _ => End::Error,
    }
}

/// A command by somebody: most have an id of their own, some carry the number of their page.
fn ask(dice: &mut Dice, model: &Workflow, next_id: &mut u64) -> Ask {
    *next_id += 1;
    let behind = if dice.chance(25) { 1 } else { 0 };
    Ask {
        id: dice.chance(70).then_some(*next_id),
        expected_rev: dice.chance(20).then(|| model.rev - behind.min(model.rev)),
        verb: verb(dice, model),
    }
}

/// Anything that somebody may ask for, mostly something that fits.
pub fn verb(dice: &mut Dice, model: &Workflow) -> Verb {
    use TaskState::{Failed, Pending, Queued, Retrying};
    let fitting = match model.state {
        State::Pending if dice.chance(60) => Some(Verb::Start),
        State::Paused if dice.chance(40) => Some(dice.pick(&[Verb::Resume, Verb::Start])),
        State::Failed | State::Cancelled if dice.chance(50) => Some(recover(dice, model)),
        _ => None,
    };
    if let Some(verb) = fitting {
        return verb;
    }
    let mut task = |states: &[TaskState]| {
        task_in(dice, model, states).unwrap_or_else(|| any_task(dice, model))
    };
    let (open, retrying) = (
        task(&[Failed, Retrying, Pending, Queued]),
        task(&[Retrying]),
    );
    match dice.roll(46) {
        0..4 => Verb::Start,
        4..8 => Verb::Resume,
        8..17 => Verb::Pause {
            interrupt: dice.chance(30),
        },
        17..20 => Verb::Cancel,
        20..27 => recover(dice, model),
        27..30 => Verb::Skip { task: open },
        30..33 => Verb::MarkDone { task: open },
        33..36 => Verb::TryNow { task: retrying },
        36..39 => Verb::Execute,
        39..42 => Verb::Delete,
        _ => {
            let more = dice.pick(&[0, 1, 1, 2, 200]);
            let to = model.max_recovery_attempts + more;
            Verb::RaiseBudget { to }
        }
    }
}

fn recover(dice: &mut Dice, model: &Workflow) -> Verb {
    let from = if dice.chance(50) {
        model.current_step()
    } else {
        any_task(dice, model)
    };
    Verb::Recover {
        from,
        force: dice.chance(50),
        instead: dice.pick(&[None, None, None, Some(Instead::Skip), Some(Instead::Output)]),
    }
}

/// The same end for everything that runs.
pub fn ends(model: &Workflow, end: End) -> Vec<Input> {
    let alive = model.attempts.iter().filter(|attempt| attempt.alive);
    let ended = |a: &Attempt| Input::End {
        task: a.task,
        attempt: a.number,
        end,
    };
    alive.map(ended).collect()
}
