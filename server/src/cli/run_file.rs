//! `run`

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use engine::obeyed::on_one_line;
use engine::orchestrator::{DefinitionSource, NewWorkflowRequest};
use engine::{
    Actor, Attempt, JobOrchestrator, JobOrchestratorError, Problem, Progress, StepIndex,
    TaskProgress, TaskStatus, WorkflowId, WorkflowStatus, Workflows,
};
use runtime::{Runtime, Settings};
use serde_json::{Map, Value};

use super::earlier_runs::EarlierRuns;
use super::terminal::Terminal;
use super::{Ending, WrongUsage, validate};
use crate::data_folder::DataFolder;
use crate::shutdown::StopSignals;
use crate::start::{self, Allowed};
use crate::telemetry;

/// How often the bar moves when nothing happens.
const TICK: Duration = Duration::from_millis(200);

/// What `run` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The definition, as JSON
    file: PathBuf,
    /// A parameter of the definition; the value is JSON, or else text. May come several times
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// Command steps are allowed here anyway, since it is your own machine
    #[arg(long, hide = true)]
    allow_commands: bool,
    /// Lets HTTP steps reach loopback and private addresses
    #[arg(long)]
    allow_private_addresses: bool,
}

/// Runs a definition with an engine of its own and waits. Command steps may start programs: who
/// types this is on the machine anyway.
pub async fn command(data: &Path, arguments: Arguments) -> Result<Ending> {
    telemetry::start("warn");
    let definition = validate::read(&arguments.file)?;
    let parameters = parameters(&arguments.parameters)?;
    let mut signals = StopSignals::listen()?;
    let folder = DataFolder::at(data)?;
    let allowed = Allowed {
        commands: true,
        private_addresses: arguments.allow_private_addresses,
    };
    let _alone = start::alone(&folder).await?;
    let engine = start::engine(&folder, allowed, Settings::default()).await?;
    let mut earlier = EarlierRuns::find(&engine).await;
    let request = NewWorkflowRequest {
        definition: DefinitionSource::Inline(definition),
        job_id: None,
        parameters,
        metadata: Map::new(),
        start: true,
        command_id: None,
    };
    let ending = match engine.submit(&Actor::program(), request).await {
        Ok(state) => watch(&engine, state.id, &mut earlier, &mut signals).await,
        Err(JobOrchestratorError::Invalid(problems)) => {
            // The file is the definition itself, so its pointers begin at its top.
            let at_top =
                |p: Problem| Problem::new(p.pointer.replacen("#/definition", "#", 1), p.detail);
            let in_file: Vec<_> = problems.into_iter().map(at_top).collect();
            validate::list(&arguments.file, &in_file);
            Ok(Ending::Usage)
        }
        Err(error) => Err(error.into()),
    };
    earlier.end(&engine, &mut signals).await;
    ending
}

fn parameters(typed: &[String]) -> Result<Map<String, Value>, WrongUsage> {
    let read = |typed: &String| {
        let (name, text) = typed
            .split_once('=')
            .ok_or_else(|| WrongUsage(format!("--parameter {typed}: it has to be NAME=VALUE")))?;
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        Ok((name.to_owned(), value))
    };
    typed.iter().map(read).collect()
}

/// Draws the progress until it is over; a signal cancels, and the end is waited for.
async fn watch(
    engine: &Runtime,
    id: WorkflowId,
    earlier: &mut EarlierRuns,
    signals: &mut StopSignals,
) -> Result<Ending> {
    let mut terminal = Terminal::new();
    let mut retries = Retries::default();
    terminal.say(&format!("workflow {id} runs"));
    loop {
        earlier.look(engine, &mut terminal).await;
        let progress = engine.get_workflow_progress(id).await?;
        retries.say_new(&progress, &mut terminal);
        terminal.draw(&progress);
        if let Some(ending) = ending_of(progress.summary.status) {
            terminal.end(&progress);
            if let Some(why) = what_failed(&progress) {
                eprintln!("{}", on_one_line(&why));
            }
            return Ok(ending);
        }
        tokio::select! {
            () = signals.next() => {
                terminal.say("cancelling; steps are told to stop");
                match engine.cancel_workflow(id).await {
                    // It may have ended meanwhile.
                    Ok(_) | Err(JobOrchestratorError::Refused(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            () = engine.changed(id, progress.summary.events) => {}
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

fn ending_of(status: WorkflowStatus) -> Option<Ending> {
    match status {
        WorkflowStatus::Completed => Some(Ending::Done),
        WorkflowStatus::Failed => Some(Ending::Failed),
        WorkflowStatus::Cancelled => Some(Ending::Cancelled),
        WorkflowStatus::Pending
        | WorkflowStatus::Running
        | WorkflowStatus::Paused
        | WorkflowStatus::Recovering => None,
    }
}

/// Which step failed and why, when one did.
pub(super) fn what_failed(progress: &Progress) -> Option<String> {
    let step = progress.tasks.get(progress.failed_step()?)?;
    Some(format!("step \"{}\" failed: {}", step.name, why(step)))
}

fn why(step: &TaskProgress) -> &str {
    let why = step.error_message.as_deref();
    why.unwrap_or("no reason was given")
}

/// The failed attempts that are followed by another one and were told already, by step.
#[derive(Debug, Default)]
struct Retries(HashMap<StepIndex, Attempt>);

impl Retries {
    /// Says why a step is tried again, once for each attempt.
    fn say_new(&mut self, progress: &Progress, terminal: &mut Terminal) {
        for (index, step) in progress.tasks.iter().enumerate() {
            let is_new = step.status == TaskStatus::Retrying
                && self.0.insert(index, step.attempt) != Some(step.attempt);
            if is_new {
                terminal.say(&format!(
                    "attempt {} of step \"{}\" failed, another follows: {}",
                    step.attempt,
                    step.name,
                    why(step)
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_json_or_else_text() {
        let typed = [
            "a=1".to_owned(),
            "b=x y".to_owned(),
            "c={\"d\":[2]}".to_owned(),
        ];
        let read = parameters(&typed).unwrap();
        assert_eq!(read["a"], 1);
        assert_eq!(read["b"], "x y");
        assert_eq!(read["c"]["d"][0], 2);
        assert!(parameters(&["novalue".to_owned()]).is_err());
    }
}
