//! The engine behind the model's words.

use std::collections::HashMap;
use std::sync::Arc;

use engine::action::Origin;
use engine::allowed::{Execution, execution};
use engine::invariant::{Finding, History, Look, at_rest, kept_up, of_change};
use engine::progress::reached;
use engine::workflow::NewWorkflow;
use engine::{
    Command, EventRecord, JobId, Progress, Refusal, TaskId, TaskStatus, Timestamp, Workflow,
    WorkflowDefinition, WorkflowId, advance,
};
use serde_json::Map;

use crate::model_side::{Seen, SeenTask};
use crate::reference_model::{Answer, Ask, Input, Micros, Verb};
use crate::translate::{command, failure_word, word};

pub struct EngineSide {
    workflow: Workflow,
    pub events: Vec<EventRecord>,
    /// What was asked under each id that was not refused, and the number of the last event then where
    /// no event names the id. The engine has no such record of its own: whoever embeds it keeps one
    /// beside the rows.
    answers: HashMap<u64, (Verb, Option<u64>)>,
}

impl EngineSide {
    pub fn new(definition: WorkflowDefinition, now: Micros) -> Self {
        let new = NewWorkflow {
            id: WorkflowId(1),
            job_id: JobId(1),
            first_task_id: TaskId(1),
            definition: Arc::new(definition),
            metadata: Map::new(),
            parameters: Map::new(),
        };
        Self {
            workflow: Workflow::new(new, Timestamp::from_micros(now)),
            events: Vec::new(),
            answers: HashMap::new(),
        }
    }

    /// The server dies and another reads the rows: nothing but what is stored is left.
    pub fn restart(&mut self) {
        let record = self.workflow.record().clone();
        let tasks = self
            .workflow
            .tasks()
            .iter()
            .map(|task| task.record().clone());
        let (tasks, definition) = (tasks.collect(), self.workflow.definition().clone());
        self.workflow = Workflow::restore(record, definition, tasks);
    }

    /// I1: its events, read back as they are written, give its rows; otherwise what they give.
    pub fn fold(&self) -> Result<(), String> {
        let record = self.workflow.record();
        let new = NewWorkflow {
            id: record.id,
            job_id: record.job_id,
            first_task_id: TaskId(1),
            definition: self.workflow.definition().clone(),
            metadata: Map::new(),
            parameters: Map::new(),
        };
        let mut history = History::new(new, record.created_at);
        for event in &self.events {
            let text = serde_json::to_string(event).unwrap();
            let read = serde_json::from_str(&text).map_err(|why| format!("{text}: {why}"))?;
            told(&history.follow(&read)).map_err(|why| format!("{text}: {why}"))?;
        }
        let tasks = self.workflow.tasks().iter().map(|task| task.record());
        told(&history.compare(record, &tasks.collect::<Vec<_>>()))
    }

    /// The engine's own checks of what an input led to.
    pub fn check(&self, before: &Look, events: &[EventRecord]) -> Result<(), String> {
        let mut found = at_rest(&self.workflow);
        found.extend(kept_up(&self.workflow));
        found.extend(of_change(&self.workflow, events));
        found.extend(before.grown_to(&self.look()));
        told(&found)
    }

    pub fn look(&self) -> Look {
        Look::at(&self.workflow)
    }

    /// Puts an input to the engine, unless it is a command that is known by its id: the answer in the
    /// model's words, and the events.
    pub fn step(&mut self, now: Micros, input: &Input) -> (Answer, Vec<EventRecord>) {
        let Input::Ask(Ask {
            id: Some(id), verb, ..
        }) = *input
        else {
            return self.decide(now, input);
        };
        if let Some((known, rev)) = self.answers.get(&id) {
            let answer = if *known == verb {
                Answer::Again(rev.or_else(|| self.rev_of_command(id)).unwrap_or(0))
            } else {
                Answer::Refused(word(&Refusal::CommandIdReused))
            };
            return (answer, Vec::new());
        }
        let (answer, events) = self.decide(now, input);
        if !matches!(answer, Answer::Refused(_)) {
            let rev = events.is_empty().then(|| self.workflow.rev());
            self.answers.insert(id, (verb, rev));
        }
        (answer, events)
    }

    /// The last event that names this command, if any does.
    fn rev_of_command(&self, id: u64) -> Option<u64> {
        let id = Some(command_id(id));
        let mut newest_first = self.events.iter().rev();
        Some(newest_first.find(|event| event.command_id == id)?.seq)
    }

    fn decide(&mut self, now: Micros, input: &Input) -> (Answer, Vec<EventRecord>) {
        let (command_id, expected_rev) = match input {
            Input::Ask(ask) => (ask.id.map(command_id), ask.expected_rev),
            _ => (None, None),
        };
        let origin = Origin {
            actor: matches!(input, Input::Ask(_)).then_some("somebody"),
            actor_kind: None,
            reason: None,
            command_id: command_id.as_deref(),
            expected_rev,
        };
        if let Input::Ask(Ask {
            verb: Verb::Execute,
            expected_rev,
            ..
        }) = input
            && expected_rev.is_none_or(|rev| rev == self.workflow.rev())
        {
            let record = self.workflow.record();
            match execution(record.status, record.cancel_requested) {
                Ok(Execution::Start) => {}
                Ok(Execution::Wait | Execution::Over) => return (Answer::Same, Vec::new()),
                Err(refusal) => return (Answer::Refused(word(&refusal)), Vec::new()),
            }
        }
        let now = Timestamp::from_micros(now);
        match advance(&mut self.workflow, &command(input), origin, now) {
            Ok(events) if events.is_empty() => (without_events(input), events),
            Ok(events) => {
                self.events.extend(events.iter().cloned());
                (Answer::Accepted, events)
            }
            Err(Refusal::Fault(fault)) => panic!("a fault of the engine: {fault}"),
            Err(refusal) => (Answer::Refused(word(&refusal)), Vec::new()),
        }
    }

    /// What the engine wants reported of running steps because the clock was set back.
    pub fn reached(&self, before: Micros, now: Micros) -> Vec<(usize, u32, f64)> {
        let [before, now] = [before, now].map(Timestamp::from_micros);
        let told = reached(&self.workflow, before, now).into_iter();
        told.map(|command| match command {
            Command::Progress {
                task,
                attempt,
                progress,
            } => (task, attempt, progress),
            other => panic!("{other:?} is no report of progress"),
        })
        .collect()
    }

    pub fn percent(&self, now: Micros) -> u8 {
        let now = Timestamp::from_micros(now);
        Progress::of(&self.workflow, now).summary.progress
    }

    pub fn seen(&self) -> Seen {
        let record = self.workflow.record();
        let tasks = 0..self.workflow.tasks().len();
        let now = Timestamp::from_micros(0);
        Seen {
            state: record.status.as_str(),
            rev: record.rev,
            epoch: record.epoch,
            cancel_requested: record.cancel_requested,
            recovering_from: record.recovering_from,
            recovery_attempts: record.recovery_attempts,
            max_recovery_attempts: record.max_recovery_attempts,
            current_step: Progress::of(&self.workflow, now).summary.current_step,
            tasks: tasks.map(|task| self.seen_task(task)).collect(),
        }
    }

    fn seen_task(&self, index: usize) -> SeenTask {
        let record = self.workflow.tasks()[index].record();
        let has_failed = record.status == TaskStatus::Failed;
        SeenTask {
            state: record.status.as_str(),
            waiting: record.waiting,
            skipped: record.skip_reason.map(|reason| match reason {
                engine::SkipReason::NotNeeded => "not_needed",
                engine::SkipReason::ConditionNotMet => "condition_not_met",
                engine::SkipReason::Operator => "operator",
                engine::SkipReason::UpstreamFailed => "upstream_failed",
                engine::SkipReason::Stopped => "stopped",
            }),
            failed: record.failure.filter(|_| has_failed).map(failure_word),
            attempt: record.attempt,
            retry_count: record.retry_count,
            lost_count: record.lost_count,
            generation: record.generation,
            redo: record.redo,
            in_doubt: record.in_doubt,
            due_at: record.due_at.map(|due| {
                let wait = record.wait_micros.and_then(|wait| i64::try_from(wait).ok());
                (due.as_micros(), wait.unwrap_or(-1))
            }),
            superseded: record.superseded,
            may_start: self.workflow.may_start(index),
        }
    }
}

fn command_id(id: u64) -> String {
    format!("command {id}")
}

/// A workflow that may be deleted goes with its events, so none tells of that.
const fn without_events(input: &Input) -> Answer {
    match input {
        Input::Ask(Ask {
            verb: Verb::Delete, ..
        }) => Answer::Accepted,
        _ => Answer::Same,
    }
}

fn told(found: &[Finding]) -> Result<(), String> {
    found.first().map_or(Ok(()), |first| Err(first.to_string()))
}
