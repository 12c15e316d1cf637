//! The project's own commands: `cargo xtask <command>`. This file only dispatches.

mod bench;
mod build;
mod cargo;
mod check;
mod dev;
mod help;
mod place;
mod program;
mod run;
mod server;
mod setup;
mod site;
mod test;

use std::process::ExitCode;

use anyhow::{Result, bail};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Hands the rest of the line to the command that the first word names. False when it said itself
/// what failed.
fn dispatch(arguments: &[String]) -> Result<bool> {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", arguments),
    };
    if rest
        .iter()
        .take_while(|word| *word != "--")
        .any(|word| word == "--help" || word == "-h")
    {
        help::print(command)?;
        return Ok(true);
    }
    match command {
        // Its last lines are those of the runners of tests.
        "test" => return test::command(rest),
        "run" => run::command(rest),
        "dev" => dev::command(rest),
        "build" => build::command(rest),
        "check" => check::command(rest),
        "bench" => bench::command(rest),
        "help" | "--help" | "-h" => help::print(rest.first().map_or("", String::as_str)),
        other => bail!("there is no command `{other}`; `cargo xtask help` lists them"),
    }
    .map(|()| true)
}
