//! `validate`

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use engine::json_text::why_unreadable;
use engine::obeyed::on_one_line;
use engine::{Definitions, Problem};
use runtime::Runtime;
use serde_json::Value;

use super::{Ending, WrongUsage};
use crate::telemetry;

/// What `validate` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The definition, as JSON
    file: PathBuf,
}

/// Checks a file: 0 when it is a valid definition, else 2 with every problem on standard error.
pub async fn command(arguments: Arguments) -> Result<Ending> {
    telemetry::start("warn");
    let definition = read(&arguments.file)?;
    // Only to ask its step types: it keeps nothing and runs nothing.
    let engine = Runtime::builder().in_memory().start().await?;
    let problems = engine.check(&definition).await;
    engine.shutdown().await;
    let problems = problems?;
    if problems.is_empty() {
        println!("{} is valid", arguments.file.display());
        return Ok(Ending::Done);
    }
    list(&arguments.file, &problems);
    Ok(Ending::Usage)
}

/// Reads a file as JSON.
///
/// # Errors
/// Wrong usage, with the file's name.
pub fn read(file: &Path) -> Result<Value, WrongUsage> {
    let name = file.display();
    let bytes = std::fs::read(file)
        .map_err(|error| WrongUsage(format!("{name} cannot be read: {error}")))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| WrongUsage(format!("{name} is not JSON: {}", why_unreadable(&error))))
}

/// Lists what is wrong with a file, each problem at its field.
pub fn list(file: &Path, problems: &[Problem]) {
    let number = problems.len();
    let what = if number == 1 { "problem" } else { "problems" };
    eprintln!(
        "{} is not a valid definition: {number} {what}",
        file.display()
    );
    for problem in problems {
        eprintln!("  {}", on_one_line(&problem.to_string()));
    }
}
