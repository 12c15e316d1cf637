//! One workflow, driven by commands of all kinds and checked after each.

use std::sync::Arc;
use std::time::Duration;

use engine::invariant::{History, Kept, Look, Steady, of_change};
use engine::workflow::{NewWorkflow, TaskRecord, WorkflowRecord};
use engine::{
    Action, Command, EventRecord, FailureKind, JobId, Outcome, Progress, Refusal, StepIndex,
    TaskId, TaskStatus, Timestamp, Workflow, WorkflowId, WorkflowStatus, advance, decide,
};
use serde_json::{Map, json};

use crate::invariants::{Checked, Memory, at_rest, grows, hold, none};
use crate::scenario::{Dice, definition};

pub struct Walk {
    dice: Dice,
    now: Timestamp,
    workflow: Workflow,
    /// Kept up to date from events alone, each judged before it is folded.
    history: History,
    /// Kept up to date from events alone, as a browser does.
    shown: Progress,
    memory: Memory,
    /// What is remembered beside commits.
    kept: Kept,
    begun: Timestamp,
    pub events: Vec<EventRecord>,
    pub refusals: usize,
}

fn rows(workflow: &Workflow) -> (WorkflowRecord, Vec<TaskRecord>) {
    let tasks = workflow.tasks().iter().map(|task| task.record().clone());
    (workflow.record().clone(), tasks.collect())
}

impl Walk {
    pub fn new(seed: u64) -> Result<Self, String> {
        let mut dice = Dice::new(seed);
        let new = NewWorkflow {
            id: WorkflowId(1),
            job_id: JobId(1),
            first_task_id: TaskId(1),
            definition: Arc::new(definition(&mut dice)),
            metadata: Map::new(),
            parameters: Map::new(),
        };
        let now = Timestamp::from_micros(1_704_067_200_000_000);
        let mut workflow = Workflow::new(new.clone(), now);
        let mut history = History::new(new, now).on_a_true_clock();
        let events = advance(&mut workflow, &Command::Create, None, now)
            .map_err(|refusal| refusal.to_string())?;
        for event in &events {
            none(history.follow(event))?;
        }
        let mut memory = Memory::default();
        memory.pass(&workflow, now);
        Ok(Self {
            dice,
            now,
            shown: Progress::of(history.folded(), now),
            workflow,
            history,
            memory,
            kept: Kept::default(),
            begun: now,
            events,
            refusals: 0,
        })
    }

    pub fn status(&self) -> WorkflowStatus {
        self.workflow.status()
    }

    /// Lets time pass and looks at what pages would show then.
    fn pass(&mut self, time: Duration) -> Checked {
        self.now = self.now.plus(time);
        self.memory.pass(&self.workflow, self.now);
        let computed = Progress::of(&self.workflow, self.now).progress;
        let folded = self.shown.percent_at(self.now);
        hold!(
            folded == computed,
            "{folded} % are shown and {computed} % computed"
        );
        self.memory.progress(&self.shown, self.now)
    }

    /// Carries out one command and checks everything that must hold afterwards.
    pub fn command(&mut self, command: &Command) -> Result<Vec<EventRecord>, String> {
        let (before, look) = (rows(&self.workflow), Look::at(&self.workflow));
        let foreseen = decide(&self.workflow, command, None, self.now);
        hold!(
            rows(&self.workflow) == before,
            "deciding changed the workflow"
        );
        let decided = advance(&mut self.workflow, command, None, self.now);
        hold!(
            foreseen == decided,
            "decide and advance differ: {foreseen:?}, {decided:?}"
        );
        let events = match decided {
            Ok(events) => events,
            Err(Refusal::Fault(fault)) => return Err(format!("{command:?}: {fault}")),
            Err(_) => {
                self.refusals += 1;
                hold!(
                    rows(&self.workflow) == before,
                    "a refused {command:?} changed something"
                );
                Vec::new()
            }
        };
        let mut together = self.shown.clone();
        together
            .apply_all(&events)
            .map_err(|hole| hole.to_string())?;
        for record in &events {
            self.memory.event(&self.history, record)?;
            none(self.history.follow(record))?;
            self.shown.apply(record).map_err(|hole| hole.to_string())?;
            self.events.push(record.clone());
            let computed = Progress::of(self.history.folded(), record.at);
            hold!(
                self.shown == computed,
                "the progress folded is not the one computed after {record:?}: {:#?} {computed:#?}",
                self.shown
            );
            self.memory.progress(&self.shown, self.now)?;
        }
        hold!(
            together == self.shown,
            "folded together {events:?} give another progress than one by one"
        );
        let after = rows(&self.workflow);
        hold!(
            rows(self.history.folded()) == after,
            "I1: folding gives other rows"
        );
        hold!(
            after.0.rev == self.events.len() as u64,
            "I3: rev {}",
            after.0.rev
        );
        grows(&look, &self.workflow)?;
        none(of_change(&self.workflow, &events))?;
        let passed = self.now.since(self.begun);
        let steady = Steady {
            before: passed,
            after: passed,
        };
        none(self.kept.follow(&self.workflow, &events, steady))?;
        at_rest(&self.workflow)?;
        Ok(events)
    }

    /// Everything from the beginning once more, now that it is over.
    pub fn fold_again(&self) -> Checked {
        let record = self.workflow.record();
        let new = NewWorkflow {
            id: record.id,
            job_id: record.job_id,
            first_task_id: TaskId(1),
            definition: self.workflow.definition().clone(),
            metadata: Map::new(),
            parameters: Map::new(),
        };
        let mut fresh = History::new(new, record.created_at).on_a_true_clock();
        for event in &self.events {
            // As a store keeps it.
            let text = serde_json::to_string(event).map_err(|error| error.to_string())?;
            let read: EventRecord = serde_json::from_str(&text).map_err(|e| e.to_string())?;
            hold!(read == *event, "{text} is read back as {read:?}");
            none(fresh.follow(&read))?;
        }
        let (record, tasks) = rows(&self.workflow);
        none(fresh.compare(&record, &tasks.iter().collect::<Vec<_>>()))
    }

    /// Sixty commands of every kind, sensible or not, with time passing between them.
    pub fn stroll(&mut self) -> Checked {
        for _ in 0..60 {
            if self.dice.chance(30) {
                let time = self.dice.pick(&[1, 20, 400, 1_000, 2_500, 8_000]);
                self.pass(Duration::from_millis(time))?;
            }
            if self.dice.chance(3) {
                self.restart()?;
            }
            let command = self.any_command();
            let events = self.command(&command)?;
            if !events.is_empty() && self.dice.chance(10) {
                // The same once more: a report that comes twice, a double click.
                self.command(&command)?;
            }
        }
        Ok(())
    }

    /// The server dies and another reads the rows: nothing but what is stored is left. The browser
    /// goes on with what it was sent.
    fn restart(&mut self) -> Checked {
        let (record, tasks) = rows(&self.workflow);
        let definition = self.workflow.definition().clone();
        self.workflow = Workflow::restore(record, definition, tasks);
        let sent = serde_json::to_string(&self.shown).map_err(|error| error.to_string())?;
        self.shown = serde_json::from_str(&sent).map_err(|error| error.to_string())?;
        Ok(())
    }

    fn any_command(&mut self) -> Command {
        let count = self.workflow.tasks().len();
        let (now, roll) = (self.now, self.dice.roll(100));
        // Mostly a step that something can be done with, now and then any, even one that is none.
        let task = match self.dice.roll(20) {
            0 => self.dice.roll(count + 1),
            1..4 => self.dice.roll(count),
            _ => self.lively_task().unwrap_or(0),
        };
        let current = self.workflow.task(task).map_or(0, |t| t.record().attempt);
        let attempt = match self.dice.roll(20) {
            0 => current.saturating_sub(1),
            1 => current + 1,
            _ => current,
        };
        match roll {
            0..16 => Command::Act(self.any_action()),
            16..46 => Command::StartTask { task },
            46..52 => Command::Wait {
                task,
                attempt,
                until: now.plus(Duration::from_millis(self.dice.pick(&[0, 500, 5_000]))),
            },
            52..60 => Command::Progress {
                task,
                attempt,
                progress: self.dice.pick(&[-1.0, 0.0, 0.2, 0.7, 1.0, 3.0]) * self.dice.share(),
            },
            60..72 => {
                let waits_for = self.workflow.task(task).and_then(|t| t.record().due_at);
                // Mostly a moment that has come; else one that nobody waits for.
                let has_come = waits_for.filter(|due_at| *due_at <= now);
                Command::Due {
                    task,
                    due_at: has_come.unwrap_or(now),
                }
            }
            _ => Command::Report {
                task,
                attempt,
                outcome: self.any_outcome(),
            },
        }
    }

    fn lively_task(&mut self) -> Option<StepIndex> {
        use TaskStatus::{Queued, Retrying, Running};
        let is_lively = |status| matches!(status, Queued | Running | Retrying);
        let tasks = self.workflow.tasks().iter().enumerate();
        let lively = tasks.filter(|(_, task)| is_lively(task.status()));
        let lively: Vec<_> = lively.map(|(index, _)| index).collect();
        (!lively.is_empty()).then(|| self.dice.pick(&lively))
    }

    fn any_action(&mut self) -> Action {
        let from_step = self.dice.roll(self.workflow.tasks().len() + 1);
        if self.status() == WorkflowStatus::Pending && self.dice.chance(80) {
            return Action::Start;
        }
        match self.dice.roll(12) {
            0..2 => Action::Start,
            2..5 => Action::Pause,
            5..8 => Action::Resume,
            8 => Action::Cancel,
            _ => Action::recover(from_step),
        }
    }

    fn any_outcome(&mut self) -> Outcome {
        let failure = match self.dice.roll(16) {
            0..6 => {
                return Outcome::Succeeded(json!({"n": self.dice.roll(9), "f": self.dice.share()}));
            }
            6 => return Outcome::NothingToDo,
            7 => return Outcome::Interrupted,
            8..10 => return Outcome::Lost,
            10 => FailureKind::Permanent,
            11..13 => FailureKind::TimedOut,
            _ => FailureKind::Error,
        };
        let error = format!("{failure:?}");
        Outcome::Failed { failure, error }
    }

    /// Drives on without faults until it is over: everything starts, succeeds, and waits end.
    pub fn drive(&mut self) -> Checked {
        for _ in 0..200 {
            match self.status() {
                WorkflowStatus::Pending => self.do_it(&Command::Act(Action::Start))?,
                WorkflowStatus::Paused if !self.workflow.record().cancel_requested => {
                    self.do_it(&Command::Act(Action::Resume))?;
                }
                status if status.is_terminal() => return Ok(()),
                _ => self.move_tasks()?,
            }
        }
        Err(format!("still {} after 200 rounds", self.status()))
    }

    /// Something that must not be refused.
    pub fn do_it(&mut self, command: &Command) -> Checked {
        let events = self.command(command)?;
        hold!(
            !events.is_empty(),
            "{command:?} did nothing while {}",
            self.status()
        );
        Ok(())
    }

    fn move_tasks(&mut self) -> Checked {
        let startable: Vec<_> = self.workflow.startable().collect();
        for task in startable {
            self.do_it(&Command::StartTask { task })?;
        }
        for task in 0..self.workflow.tasks().len() {
            let record = self.workflow.tasks()[task].record().clone();
            let is_due = record.due_at.is_some();
            if is_due && self.workflow.record().cancel_requested {
                continue;
            }
            match record.status {
                TaskStatus::Running | TaskStatus::Retrying if is_due => {
                    let due_at = record.due_at.unwrap_or(self.now);
                    self.pass(due_at.since(self.now))?;
                    // It stays where it is when it is blocked by a failure elsewhere.
                    self.command(&Command::Due { task, due_at })?;
                }
                TaskStatus::Running => {
                    let outcome = Outcome::Succeeded(json!(task));
                    let attempt = record.attempt;
                    self.do_it(&Command::Report {
                        task,
                        attempt,
                        outcome,
                    })?;
                }
                _ => {}
            }
            if self.status().is_terminal() {
                break;
            }
        }
        Ok(())
    }

    pub fn has_failed_task(&self) -> bool {
        self.workflow.tally().counts.failed > 0
    }

    pub fn is_cancelling(&self) -> bool {
        self.workflow.record().cancel_requested
    }

    pub fn may_recover(&self) -> bool {
        self.shown.summary.is_recoverable()
    }

    pub fn current_step(&self) -> StepIndex {
        self.shown.summary.current_step
    }
}
