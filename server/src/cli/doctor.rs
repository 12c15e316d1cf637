//! `doctor`

use std::io::IsTerminal;
use std::path::Path;

use anyhow::Result;
use clap::Args;
use engine::WorkflowId;
use engine::invariant::Invariant;
use engine::obeyed::{in_json, on_one_line};
use runtime::doctor::{self, Ailment, Release, Summary, Told};
use runtime::store::Quarantined;
use serde_json::json;

use super::Ending;
use crate::data_folder::DataFolder;
use crate::{start, telemetry};

/// What `doctor` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Prints one JSON object a line: what is found, then a summary
    #[arg(long)]
    json: bool,
    /// Takes a workflow out of quarantine, if its rows are again what its events give. No server may
    /// use the folder
    #[arg(long, value_name = "NUMBER")]
    release: Option<WorkflowId>,
}

/// Looks through a data folder: 0 when everything is as it should be, else 1. Nothing is changed
/// but by a release.
pub async fn command(data: &Path, arguments: Arguments) -> Result<Ending> {
    telemetry::start("error");
    let folder = DataFolder::looked_at(data)?;
    match arguments.release {
        Some(id) => release(&folder, id, arguments.json).await,
        None => examine(&folder, arguments.json).await,
    }
}

async fn examine(folder: &DataFolder, as_json: bool) -> Result<Ending> {
    let others = [folder.log_file(), folder.accounts_file()];
    let mut say = Voice::new(as_json);
    let mut tell = |told| say.told(told);
    let summary = doctor::examine(&folder.engine_file(), &others, &mut tell).await?;
    say.end(&summary);
    Ok(ending(summary.is_sound()))
}

async fn release(folder: &DataFolder, id: WorkflowId, as_json: bool) -> Result<Ending> {
    // Where no database is, nothing has to be locked, which would make a file.
    let _alone = if folder.engine_file().exists() {
        Some(start::alone(folder).await?)
    } else {
        None
    };
    let mut say = Voice::new(as_json);
    match doctor::release(&folder.engine_file(), id).await? {
        Release::Released => {
            if as_json {
                println!("{}", json!({"kind": "released", "workflow": id}));
            } else {
                println!("Workflow {id} is out of quarantine; it goes on when the server starts.");
            }
            Ok(Ending::Done)
        }
        Release::Differs(ailments) => {
            for ailment in ailments {
                say.told(Told::Finding(ailment));
            }
            eprintln!("Workflow {id} stays in quarantine until its rows are what its events give.");
            Ok(Ending::Failed)
        }
    }
}

const fn ending(is_sound: bool) -> Ending {
    if is_sound {
        Ending::Done
    } else {
        Ending::Failed
    }
}

/// Says what is found, in words or as JSON.
struct Voice {
    as_json: bool,
    /// Whether somebody watches: then it says how far it is.
    is_watched: bool,
    /// Whether a row of some workflow cannot be read or is missing.
    has_bad_rows: bool,
}

impl Voice {
    fn new(as_json: bool) -> Self {
        Self {
            as_json,
            is_watched: std::io::stderr().is_terminal(),
            has_bad_rows: false,
        }
    }

    fn told(&mut self, told: Told) {
        match told {
            Told::Begins { is_in_use: true } => {
                self.clear();
                eprintln!("A server uses this folder. It is only read, while the server goes on.");
            }
            Told::Begins { is_in_use: false } => {}
            Told::Quarantined(aside) => self.aside(&aside),
            Told::Finding(ailment) => self.ailment(&ailment),
            Told::Progress { done, of } if self.is_watched => {
                eprint!("\r{done} of {of} workflows");
            }
            Told::Progress { .. } => {}
        }
    }

    fn aside(&mut self, aside: &Quarantined) {
        self.clear();
        let (id, cause) = (aside.workflow, &aside.cause);
        if self.as_json {
            let defect = aside.defect.as_str();
            let line = json!({
                "kind": "quarantined", "workflow": id, "at": aside.at, "defect": defect, "cause": cause,
            });
            println!("{}", in_json(line.to_string()));
        } else {
            let cause = on_one_line(cause);
            println!("workflow {id} is in quarantine since {}: {cause}", aside.at);
        }
    }

    fn ailment(&mut self, ailment: &Ailment) {
        self.clear();
        self.has_bad_rows |=
            ailment.workflow.is_some() && ailment.finding.invariant == Invariant::Rows;
        if self.as_json {
            // Numbers and texts always have a JSON form.
            let mut line = serde_json::to_value(ailment).unwrap_or_default();
            line["kind"] = json!("finding");
            println!("{}", in_json(line.to_string()));
            return;
        }
        let finding = ailment.finding.to_string();
        let finding = on_one_line(&finding);
        match ailment.workflow {
            Some(id) => println!("workflow {id}: {finding}"),
            None => println!("{finding}"),
        }
    }

    fn end(&mut self, summary: &Summary) {
        self.clear();
        if self.as_json {
            let mut line = serde_json::to_value(summary).unwrap_or_default();
            line["kind"] = json!("summary");
            println!("{line}");
            return;
        }
        let (workflows, events) = (summary.workflows, summary.events);
        if summary.is_sound() {
            println!("Everything is as it should be: {workflows} workflows, {events} events.");
            return;
        }
        println!(
            "{} finding{} in {} of {workflows} workflows, {} in quarantine.",
            summary.findings,
            if summary.findings == 1 { "" } else { "s" },
            summary.differing,
            summary.quarantined
        );
        if summary.has_damaged_pages {
            println!(
                "What lies on a damaged page is lost to this file. Stop the server and restore a copy of the \
                 whole folder; without one, the .recover of the sqlite3 shell saves into another file what \
                 can still be read."
            );
        } else if self.has_bad_rows {
            println!(
                "What a row said that cannot be read is lost, unless its workflow's events tell it or a copy \
                 of the folder has it. A server that meets such a workflow puts it into quarantine: its \
                 commands are refused, and all others go on."
            );
        }
        if summary.quarantined > 0 {
            println!(
                "To let a workflow go on: stop the server, mend its rows in the database until no \
                 finding names it, then: job-orchestrator doctor --release NUMBER"
            );
        }
    }

    /// Makes room on a terminal where the progress stands.
    fn clear(&self) {
        if self.is_watched {
            eprint!("\r\u{1b}[2K");
        }
    }
}
