//! The command line. What was asked for goes to standard output, everything else to standard
//! error.

mod doctor;
mod earlier_runs;
mod run_file;
mod serve;
mod terminal;
mod token;
mod user;
mod validate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use engine::obeyed::on_one_line;

use crate::config::{self, DATA_DEFAULT};
use crate::data_folder::DataFolder;
use crate::store::{self, Accounts};

/// Composes workflows from steps, runs them and shows them live.
#[derive(Debug, Parser)]
#[command(name = "job-orchestrator", version, about, after_help = EXIT_CODES)]
struct CommandLine {
    /// The data folder. It is made where something is to be kept in it
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "JOB_ORCHESTRATOR_DATA",
        default_value = DATA_DEFAULT
    )]
    data: PathBuf,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage or an invalid file, \
                          3 the data folder is in use, 4 cancelled";

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts the server: pages, HTTP API and engine
    Serve(serve::Arguments),
    /// Makes and takes back tokens for programs
    #[command(subcommand)]
    Token(token::Command),
    /// Makes accounts and resets passwords without a browser
    #[command(subcommand)]
    User(user::Command),
    /// Checks a definition in a JSON file and lists every problem
    Validate(validate::Arguments),
    /// Looks through the data folder and says what differs from what its events give
    Doctor(doctor::Arguments),
    /// Runs a definition in a JSON file and waits until it is over
    Run(run_file::Arguments),
}

/// How a command of ours ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Done = 0,
    Failed = 1,
    Usage = 2,
    InUse = 3,
    Cancelled = 4,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(ending as u8)
    }
}

/// Does what the command line says.
#[must_use]
pub fn main() -> ExitCode {
    let line = CommandLine::parse();
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let tokio = match tokio {
        Ok(tokio) => tokio,
        Err(error) => {
            eprintln!("error: the program could not start: {error}");
            return Ending::Failed.into();
        }
    };
    match config::misspelt() {
        Ok(misspelt) => {
            for variable in misspelt {
                eprintln!("warning: {}", on_one_line(&variable.to_string()));
            }
        }
        Err(error) => eprintln!("warning: {}", on_one_line(&error.to_string())),
    }
    let ending = tokio.block_on(carry_out(line));
    match ending {
        Ok(ending) => ending.into(),
        Err(error) => {
            for line in format!("error: {}", told(&error)).lines() {
                eprintln!("{}", on_one_line(line));
            }
            ending_of(&error).into()
        }
    }
}

/// The error and what caused it; what is said already is not said again.
fn told(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if told.contains(&cause) {
            continue;
        }
        if !told.is_empty() {
            told.push_str(": ");
        }
        told.push_str(&cause);
    }
    told
}

async fn carry_out(line: CommandLine) -> anyhow::Result<Ending> {
    let data = line.data.as_path();
    match line.command {
        Command::Serve(arguments) => serve::command(data, arguments).await,
        Command::Token(command) => token::command(data, command).await,
        Command::User(command) => user::command(data, command).await,
        Command::Validate(arguments) => validate::command(arguments).await,
        Command::Doctor(arguments) => doctor::command(data, arguments).await,
        Command::Run(arguments) => run_file::command(data, arguments).await,
    }
}

/// The accounts and tokens of a folder in which nothing is to be made; none without their file.
async fn accounts_kept(data: &Path) -> anyhow::Result<Option<Accounts>> {
    let file = DataFolder::looked_at(data)?.accounts_file();
    if !file.exists() {
        return Ok(None);
    }
    Ok(Some(Accounts::new(store::open(&file).await?)))
}

/// The exit code that says what kind of error it is.
fn ending_of(error: &anyhow::Error) -> Ending {
    let start = error.downcast_ref::<runtime::StartError>();
    let doctor = error.downcast_ref::<runtime::doctor::DoctorError>();
    if start.is_some_and(runtime::StartError::is_in_use)
        || doctor.is_some_and(runtime::doctor::DoctorError::is_in_use)
    {
        Ending::InUse
    } else if error.is::<crate::config::ConfigError>() || error.is::<WrongUsage>() {
        Ending::Usage
    } else {
        Ending::Failed
    }
}

/// What was typed cannot be done.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct WrongUsage(String);

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn what_caused_an_error_is_said_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("it cannot be kept: {0}")]
        struct Outer(#[from] std::io::Error);
        let full = || std::io::Error::other("the disk is full");
        let error = anyhow::Error::from(Outer(full()));
        assert_eq!(told(&error), "it cannot be kept: the disk is full");
        let error = anyhow::Error::from(full()).context("no token was made");
        assert_eq!(told(&error), "no token was made: the disk is full");
    }
}
