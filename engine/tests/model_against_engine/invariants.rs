//! The invariants of the design that can be seen from one action: the state before, the rows it
//! took, the state after. Both sides agree on these states, so this judges both.

use crate::reference_model::{
    Answer, Attempt, Input, Outcome, State, TaskState, Verb, Why, Workflow,
};

type Held = Result<(), String>;

fn hold(holds: bool, what: &str) -> Held {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

pub fn hold_all(before: &Workflow, input: &Input, answer: Answer, after: &Workflow) -> Held {
    let deletes = matches!(input, Input::Ask(ask) if ask.verb == Verb::Delete);
    if deletes && answer == Answer::Accepted {
        let is_quiet = before.attempts.iter().all(|attempt| !attempt.alive);
        hold(is_quiet, "what is deleted is quiet")?;
    }
    if deletes || answer != Answer::Accepted {
        return hold(
            before.rev == after.rev && after.rows.is_empty(),
            "what is not accepted, or leaves nothing, changes nothing",
        );
    }
    numbers_only_grow(before, after)?;
    after_an_end(before, input)?;
    each_task(after)?;
    starts(before, input, after)?;
    an_end_is_an_end(after)?;
    something_moves(after)
}

/// I3, I8, I9, I10.
fn numbers_only_grow(before: &Workflow, after: &Workflow) -> Held {
    hold(before.rev < after.rev, "I3: the events are numbered on")?;
    hold(before.epoch <= after.epoch, "I10: epoch")?;
    hold(
        after.recovery_attempts <= after.max_recovery_attempts,
        "I9: the recovery budget",
    )?;
    let tasks = before.tasks.iter().zip(&after.tasks);
    for ((was, is), step) in tasks.zip(&after.steps) {
        hold(was.attempt <= is.attempt, "I10: attempt")?;
        hold(was.generation <= is.generation, "I10: generation")?;
        hold(was.redo <= is.redo, "redo never goes down")?;
        hold(is.retry_count <= step.max_retries, "I8: retry_count")?;
    }
    Ok(())
}

/// I4: nothing happens after an end but a recovery, a raised budget, and the end of an old attempt.
fn after_an_end(before: &Workflow, input: &Input) -> Held {
    let is_over = matches!(
        before.state,
        State::Completed | State::Failed | State::Cancelled
    );
    let may = match input {
        Input::Ask(ask) => matches!(ask.verb, Verb::Recover { .. } | Verb::RaiseBudget { .. }),
        _ => false,
    };
    hold(!is_over || may, "I4: something happened after the end")
}

/// I2, I5, and that a task and its last attempt say the same.
fn each_task(after: &Workflow) -> Held {
    for (index, task) in after.tasks.iter().enumerate() {
        let of_task = |a: &&Attempt| a.task == index;
        let running = |a: &&Attempt| a.outcome == Outcome::Running;
        let running = after
            .attempts
            .iter()
            .filter(of_task)
            .filter(running)
            .count();
        let is_running = task.state == TaskState::Running;
        hold(
            running == usize::from(is_running),
            "I5: one running attempt",
        )?;
        let alive = after
            .attempts
            .iter()
            .filter(of_task)
            .filter(|a| a.alive)
            .count();
        hold(alive <= 1, "two attempts of one task are alive")?;
        let waits = task.state == TaskState::Retrying || task.waiting;
        hold(
            task.due_at.is_some() == waits,
            "a due time is what somebody waits for",
        )?;
    }
    Ok(())
}

/// I6, I7, I11.
fn starts(before: &Workflow, input: &Input, after: &Workflow) -> Held {
    let Input::Claim { task } = *input else {
        let started = after.rows.iter().any(|(row, _)| *row == "TaskStarted");
        return hold(!started, "only a claim starts an attempt");
    };
    hold(
        before.is_moving(),
        "I7: an attempt started while paused or cancelled",
    )?;
    // I6. The tables have no way back for a clean-up step that was queued because of a failure which
    // an operator then marks done or skips: it runs although nothing is broken any more.
    let by_hand = before.by_hand > 0;
    hold(
        by_hand || before.run_if_holds(task),
        "I6: its run_if does not hold",
    )?;
    hold(
        after.tasks[task].attempt == before.tasks[task].attempt + 1,
        "attempts are counted",
    )
}

/// I4, I13, I14.
fn an_end_is_an_end(after: &Workflow) -> Held {
    let settled = (0..after.tasks.len()).all(|task| after.is_settled(task));
    let is_over = matches!(
        after.state,
        State::Completed | State::Failed | State::Cancelled
    );
    hold(
        !is_over || settled,
        "I4: an end with a task that is not settled",
    )?;
    let alive = after.attempts.iter().any(|attempt| attempt.alive);
    hold(
        !is_over || !alive,
        "I4: an end with an attempt that is alive",
    )?;
    let well = after.tasks.iter().all(|task| {
        let for_good = matches!(
            task.why_skipped,
            Some(Why::NotNeeded | Why::ConditionNotMet | Why::Operator)
        );
        task.state == TaskState::Completed || task.state == TaskState::Skipped && for_good
    });
    hold(
        after.state != State::Completed || well,
        "I13: completed with a task that did not end well",
    )?;
    let whole = after.percents().contains(&100);
    hold(
        whole == (after.state == State::Completed),
        "I14: 100 if and only if completed",
    )
}

/// I19: what is running or recovering has a reason to move.
fn something_moves(after: &Workflow) -> Held {
    let moves = (0..after.tasks.len()).any(|task| {
        let found = &after.tasks[task];
        after.may_start(task)
            || after.has_alive_attempt(task)
            || found.waiting
            || found.state == TaskState::Retrying && !after.is_blocked(task)
    });
    let active = matches!(after.state, State::Running | State::Recovering);
    hold(!active || moves, "I19: nothing moves it")
}
