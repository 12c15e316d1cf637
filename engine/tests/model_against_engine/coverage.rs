//! What the schedules reached: rows of both tables, cells of the table of commands, races.

use std::collections::BTreeMap;

use crate::model_side::word;
use crate::race::{self, RACES};
use crate::reference_model::{Answer, CELLS, Input, State, Verb, Workflow};

const WORKFLOW_ROWS: [&str; 13] = [
    "WorkflowCreated",
    "WorkflowStarted",
    "WorkflowCancelled: pending",
    "WorkflowPaused",
    "CancelRequested",
    "WorkflowCancelled: quiet",
    "WorkflowCompleted",
    "WorkflowFailed",
    "WorkflowResumed",
    "RecoveryStarted: over",
    "RecoveryStarted: force",
    "WorkflowRegained",
    "RecoveryBudgetRaised",
];

const TASK_ROWS: [&str; 20] = [
    "TaskQueued: enqueue",
    "TaskSkipped: no need",
    "TaskSkipped: block",
    "TaskStarted",
    "TaskCompleted",
    "TaskRetryScheduled",
    "TaskFailed",
    "TaskSkipped: nothing to do",
    "TaskInterrupted",
    "TaskLost",
    "TaskWaiting",
    "TaskProgressed",
    "TaskQueued: due",
    "TaskQueued: try now",
    "TaskCancelled: commit",
    "TaskCancelled: dead",
    "TaskMarkedDone",
    "TaskSkipped: operator",
    "TaskReset",
    "AttemptEnded",
];

const STATES: [State; 7] = [
    State::Pending,
    State::Running,
    State::Paused,
    State::Recovering,
    State::Failed,
    State::Completed,
    State::Cancelled,
];

/// The commands about a step or the budget, which the table of commands leaves to the other tables.
const OTHER_COMMANDS: [&str; 4] = ["skip", "mark done", "try now", "raise budget"];

#[derive(Default)]
pub struct Coverage {
    pub actions: usize,
    pub simulated_micros: i64,
    reached: BTreeMap<String, usize>,
}

impl Coverage {
    pub fn count(&mut self, before: &Workflow, input: &Input, answer: Answer, after: &Workflow) {
        self.actions += 1;
        for (row, _) in &after.rows {
            self.reach(format!("row {row}"));
        }
        for race in race::decided(before, input, answer, after) {
            self.reach(format!("race {}", RACES[race]));
        }
        if let Input::Ask(ask) = input {
            let is_new = ask
                .id
                .is_none_or(|id| before.answers.iter().all(|a| a.0 != id));
            if is_new && ask.expected_rev.is_none_or(|rev| rev == before.rev) {
                self.reach(cell(before, &ask.verb));
            }
        }
    }

    fn reach(&mut self, what: String) {
        *self.reached.entry(what).or_default() += 1;
    }

    pub fn add(&mut self, other: &Self) {
        self.actions += other.actions;
        self.simulated_micros += other.simulated_micros;
        for (what, count) in &other.reached {
            *self.reached.entry(what.clone()).or_default() += count;
        }
    }

    /// Everything there is to reach.
    fn all() -> Vec<String> {
        let rows = WORKFLOW_ROWS
            .iter()
            .chain(&TASK_ROWS)
            .map(|row| format!("row {row}"));
        let commands = CELLS.iter().map(|(name, _)| *name).chain(OTHER_COMMANDS);
        let commands = commands.flat_map(|name| {
            if name == "recover" {
                vec!["recover", "recover with force"]
            } else {
                vec![name]
            }
        });
        let cells = commands.flat_map(|name| {
            let mut states: Vec<&str> = STATES.iter().map(|state| word(*state)).collect();
            states.push("cancelling");
            states
                .into_iter()
                .map(move |state| format!("cell {name} while {state}"))
        });
        let races = RACES.iter().map(|race| format!("race {race}"));
        rows.chain(cells).chain(races).collect()
    }

    /// How often everything was reached: a line for each table, each command and each race.
    pub fn lines(&self) -> Vec<String> {
        let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for what in Self::all() {
            let (kind, name) = what.split_once(' ').unwrap();
            let (group, name) = match kind {
                "race" => (what.as_str(), ""),
                "cell" => what.split_once(" while ").unwrap(),
                _ if WORKFLOW_ROWS.contains(&name) => ("table of workflows", name),
                _ => ("table of tasks", name),
            };
            let count = self.reached.get(&what).copied().unwrap_or(0);
            let of_group = groups.entry(group.to_owned()).or_default();
            of_group.push(format!("{name} {count}").trim_start().to_owned());
        }
        let line = |(group, of): (String, Vec<String>)| format!("{group}: {}", of.join("; "));
        groups.into_iter().map(line).collect()
    }

    pub fn reached_less_than(&self, least: usize) -> Vec<String> {
        let count = |what: &String| self.reached.get(what).copied().unwrap_or(0);
        let rare = Self::all().into_iter().filter(|what| count(what) < least);
        rare.map(|what| format!("{what}: {}", count(&what)))
            .collect()
    }
}

fn cell(before: &Workflow, verb: &Verb) -> String {
    let name = match verb {
        Verb::Start => "start",
        Verb::Resume => "resume",
        Verb::Pause { .. } => "pause",
        Verb::Cancel => "cancel",
        Verb::Recover { force: true, .. } => "recover with force",
        Verb::Recover { .. } => "recover",
        Verb::Skip { .. } => "skip",
        Verb::MarkDone { .. } => "mark done",
        Verb::TryNow { .. } => "try now",
        Verb::RaiseBudget { .. } => "raise budget",
        Verb::Execute => "execute",
        Verb::Delete => "delete",
    };
    let state = if before.cancel_requested {
        "cancelling"
    } else {
        word(before.state)
    };
    format!("cell {name} while {state}")
}
