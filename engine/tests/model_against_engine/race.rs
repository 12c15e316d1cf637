//! Which of the races of the design an input is the second half of, judged by the state before it.
//!
//! On the real thing the same races are let loose by `cancel_or_success`, `pause_or_claim`,
//! `rival_recoveries` and `double_submits` of the server's tests, `claims` and `late` of the runtime's
//! scenarios, and by every kill. A definition that is edited while its workflow runs races with nothing
//! (`a_workflow_under_way_keeps_the_version_it_was_started_with`).

use crate::reference_model::{Answer, End, Input, Outcome, State, TaskState, Verb, Workflow};

/// Every race that one server can have, and each of its ends.
pub const RACES: [&str; 22] = [
    "cancel vs last success: success first, cancel refused",
    "cancel vs last success: cancel first, task completed and workflow cancelled",
    "cancel while a retry waits: cancelled in the commit",
    "cancel while a retry waits: its moment comes later",
    "cancel while the claim is in flight: claim refused",
    "cancel while the claim is in flight: the attempt is stopped",
    "pause while steps run: drained",
    "pause while steps run: claim refused",
    "resume while draining",
    "resume while draining: not started twice",
    "timeout vs success: a success reported after the timeout",
    "timeout vs success: late timeout",
    "forced recover: the zombie's report ends it and changes nothing",
    "forced recover: no new attempt before the old one is dead",
    "forced recover: a report after the zombie's end",
    "two recovers at once",
    "result after the attempt was lost",
    "crash between effect and record",
    "timeout vs success: late success kept and not applied",
    "timeout vs success: a report after the late success",
    "double click: the same answer, no second effect",
    "double click: something else under the same id, refused",
];

/// The races that `input` decides.
pub fn decided(before: &Workflow, input: &Input, answer: Answer, after: &Workflow) -> Vec<usize> {
    match *input {
        Input::Ask(_) if matches!(answer, Answer::Again(_)) => vec![20],
        Input::Ask(_) if answer == Answer::Refused("id reused") => vec![21],
        Input::Ask(ask) => by_command(before, ask.verb, answer),
        Input::Claim { task } if task < before.tasks.len() => by_claim(before, task, answer),
        Input::Due { task, .. } if task < before.tasks.len() => {
            let task = &before.tasks[task];
            let was_retrying = task.state == TaskState::Cancelled && task.retry_count > 0;
            if was_retrying { vec![3] } else { Vec::new() }
        }
        Input::End { task, attempt, end } => by_end(before, (task, attempt, end), answer, after),
        _ => Vec::new(),
    }
}

fn runs(before: &Workflow) -> bool {
    let is_under_way =
        |a: &crate::reference_model::Attempt| a.alive && a.outcome == Outcome::Running;
    before.attempts.iter().any(is_under_way)
}

fn by_command(before: &Workflow, verb: Verb, answer: Answer) -> Vec<usize> {
    let accepted = answer == Answer::Accepted;
    let retries = before
        .tasks
        .iter()
        .any(|task| task.state == TaskState::Retrying);
    match verb {
        Verb::Cancel if before.state == State::Completed => vec![0],
        Verb::Cancel if accepted => {
            let mut races = Vec::new();
            races.extend(retries.then_some(2));
            races.extend(runs(before).then_some(5));
            races
        }
        Verb::Resume | Verb::Start if accepted && before.state == State::Paused && runs(before) => {
            vec![8]
        }
        Verb::Recover { .. } if before.state == State::Recovering => vec![15],
        _ => Vec::new(),
    }
}

fn by_claim(before: &Workflow, task: usize, answer: Answer) -> Vec<usize> {
    let accepted = answer == Answer::Accepted;
    let state = before.tasks[task].state;
    let fenced = before.has_alive_attempt(task);
    match before.state {
        _ if accepted => Vec::new(),
        _ if state == TaskState::Cancelled => vec![4],
        State::Paused if state == TaskState::Queued => vec![7],
        State::Running if state == TaskState::Running => vec![9],
        State::Running | State::Recovering if state == TaskState::Queued && fenced => vec![13],
        _ => Vec::new(),
    }
}

fn by_end(
    before: &Workflow,
    (task, attempt, end): (usize, u32, End),
    answer: Answer,
    after: &Workflow,
) -> Vec<usize> {
    let found = before
        .attempts
        .iter()
        .find(|a| a.task == task && a.number == attempt);
    let Some(found) = found else {
        return Vec::new();
    };
    let accepted = answer == Answer::Accepted;
    match (found.outcome, end) {
        (Outcome::Superseded, _) if accepted => vec![12],
        (Outcome::Superseded, _) => vec![14],
        (Outcome::Late, _) => vec![19],
        (Outcome::Running, End::Late) if accepted => vec![18],
        (Outcome::TimedOut, End::Success) if !accepted => vec![10],
        (Outcome::Succeeded, End::Timeout) if !accepted => vec![11],
        (Outcome::Lost, End::Success) if !accepted => vec![16],
        (Outcome::Running, End::Success) if after.state == State::Cancelled => vec![1],
        (Outcome::Running, End::Lost) if accepted => vec![17],
        (Outcome::Running, _) if accepted && before.state == State::Paused => vec![6],
        _ => Vec::new(),
    }
}
