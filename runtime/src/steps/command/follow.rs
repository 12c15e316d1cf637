//! Following a command to its end.

use std::time::Duration;

use super::lines::Lines;
use crate::crash_point;
use crate::process::{
    CommandSpec, ExitFacts, NotStarted, Outcome, OutputStream, ProcessEvent, ProcessRunner,
    RunningCommand,
};
use crate::step::{StepContext, StepError};

/// Time between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(10);

/// A command that ended with success.
#[derive(Debug)]
pub(super) struct Finished {
    /// Its exit code.
    pub(super) code: i32,
    /// The last line of its standard output that is not blank.
    pub(super) last_line: Option<String>,
}

#[derive(Debug, Default)]
struct Said {
    stdout: Lines,
    stderr: Lines,
    last_stdout: Option<String>,
    last_stderr: Option<String>,
}

/// Runs a command, writes what it says to the log, and returns when nothing of it is alive. When
/// the attempt is stopped, the whole tree gets SIGTERM and 10 s later SIGKILL.
pub(super) async fn follow(
    processes: &ProcessRunner,
    spec: CommandSpec,
    success_codes: &[u8],
    cx: &StepContext,
) -> Result<Finished, StepError> {
    if cx.is_stopped() {
        return Err(StepError::Stopped);
    }
    let mut command = processes
        .start(&cx.attempt_name(), spec)
        .await
        .map_err(|fault| StepError::Transient(fault.to_string()))?;
    let mut said = Said::default();
    let facts = to_the_end(&mut command, &mut said, cx).await?;
    if facts.stopped && !cx.is_stopped() {
        cx.log()
            .note("stopped by a signal that this server did not send");
    }
    for (stream, text) in [
        (OutputStream::Stdout, said.stdout.finish()),
        (OutputStream::Stderr, said.stderr.finish()),
    ] {
        if let Some(line) = text {
            said.line(stream, line, cx);
        }
    }
    judge(&facts, said, success_codes)
}

async fn to_the_end(
    command: &mut RunningCommand,
    said: &mut Said,
    cx: &StepContext,
) -> Result<ExitFacts, StepError> {
    let mut stopping = false;
    loop {
        let event = tokio::select! {
            event = command.next() => event,
            () = cx.stopped(), if !stopping => {
                stopping = true;
                cx.log().note("stopping: SIGTERM now, SIGKILL in 10 s");
                command.stop(GRACE);
                continue;
            }
        };
        match event {
            Some(ProcessEvent::Output { stream, text }) => {
                crash_point::reach("c3");
                for line in said.lines(stream).take(&text) {
                    said.line(stream, line, cx);
                }
                if !stopping {
                    tokio::select! {
                        () = cx.log().caught_up() => {}
                        () = cx.stopped() => {}
                    }
                }
            }
            Some(ProcessEvent::Notice(text)) => cx.log().note(&text),
            Some(ProcessEvent::Ended(facts)) => return Ok(facts),
            None => {
                return Err(StepError::Unknown(
                    "the command's end was not seen".to_owned(),
                ));
            }
        }
    }
}

impl Said {
    fn lines(&mut self, stream: OutputStream) -> &mut Lines {
        match stream {
            OutputStream::Stdout => &mut self.stdout,
            OutputStream::Stderr => &mut self.stderr,
        }
    }

    fn line(&mut self, stream: OutputStream, line: String, cx: &StepContext) {
        let last = match stream {
            OutputStream::Stdout => {
                cx.log().stdout(&line);
                &mut self.last_stdout
            }
            OutputStream::Stderr => {
                cx.log().stderr(&line);
                &mut self.last_stderr
            }
        };
        if !line.trim().is_empty() {
            *last = Some(line);
        }
    }
}

fn judge(facts: &ExitFacts, said: Said, success_codes: &[u8]) -> Result<Finished, StepError> {
    if facts.stopped {
        return Err(StepError::Stopped);
    }
    match &facts.outcome {
        Outcome::Exited { code } => {
            if success_codes.is_empty() {
                let why = "no exit code counts as success: name at least one";
                return Err(StepError::Permanent(why.into()));
            }
            if success_codes
                .iter()
                .any(|success| i32::from(*success) == *code)
            {
                return Ok(Finished {
                    code: *code,
                    last_line: said.last_stdout,
                });
            }
            let why = said
                .last_stderr
                .map(|line| format!(": {}", shortened(&line)));
            let why = why.unwrap_or_default();
            Err(StepError::Transient(format!("exit code {code}{why}")))
        }
        // It may have been killed after its effect, by a machine without memory left as much as by
        // a fault of its own.
        Outcome::Signalled { signal } => Err(StepError::Unknown(format!(
            "killed by signal {}",
            named(*signal)
        ))),
        Outcome::NotStarted { reason, text } => Err(match reason {
            NotStarted::Runner => StepError::Transient(text.clone()),
            _ => StepError::Permanent(text.clone()),
        }),
        Outcome::RunnerLost { text } => Err(StepError::Unknown(text.clone())),
    }
}

/// A line short enough for an error.
fn shortened(line: &str) -> &str {
    const MAX: usize = 500;
    let line = line.trim();
    &line[..line.floor_char_boundary(MAX)]
}

/// `9 (SIGKILL)`.
fn named(signal: i32) -> String {
    const NAMES: [(i32, &str); 14] = [
        (1, "SIGHUP"),
        (2, "SIGINT"),
        (3, "SIGQUIT"),
        (4, "SIGILL"),
        (5, "SIGTRAP"),
        (6, "SIGABRT"),
        (7, "SIGBUS"),
        (8, "SIGFPE"),
        (9, "SIGKILL"),
        (11, "SIGSEGV"),
        (13, "SIGPIPE"),
        (15, "SIGTERM"),
        (24, "SIGXCPU"),
        (25, "SIGXFSZ"),
    ];
    let name = NAMES.iter().find(|(number, _)| *number == signal);
    name.map_or_else(
        || signal.to_string(),
        |(number, name)| format!("{number} ({name})"),
    )
}
