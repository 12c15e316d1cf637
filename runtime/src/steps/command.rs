//! A program of this machine.

mod check;
mod follow;
mod lines;
mod output;
mod probe;
mod work_folder;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::orchestrator::StepSwitches;
use engine::step_form::ModeRule;
use engine::{Mode, Problem};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::process::{CommandSpec, ProcessRunner, base_environment};
use crate::step::{Probed, StepContext, StepError, StepOutput, StepType};
use work_folder::WorkFolder;

/// Runs a program on the machine of the server, without a shell: each argument reaches it as it
/// is. Its output is in the task's log line by line. It is given the variables
/// JOB_ORCHESTRATOR_IDEMPOTENCY_KEY, _WORKFLOW_ID, _JOB_ID, _STEP, _ATTEMPT_NUMBER and _OUTPUT, the
/// last one naming a file to which it may write its output as JSON.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Command {
    /// The program: a path, or a name that is looked up in PATH.
    program: String,
    /// Its arguments, one on each line. No shell reads them.
    #[serde(default)]
    #[schemars(title = "Arguments")]
    args: Vec<String>,
    /// Where it runs. Left out, it runs in an empty folder of its own that is removed afterwards.
    #[schemars(title = "Working folder")]
    working_dir: Option<String>,
    /// Variables it is given beside PATH, HOME and LANG.
    #[schemars(title = "Environment")]
    env: Option<BTreeMap<String, String>>,
    /// What it reads from its standard input.
    #[schemars(title = "Standard input", extend("multiline" = true))]
    stdin: Option<String>,
    /// Exit codes that count as success.
    #[serde(default = "zero")]
    #[schemars(title = "Successful exit codes", inner(range(min = 0, max = 255)))]
    success_codes: Vec<u8>,
    /// A program that tells whether the step was done already: exit code 0 means that it was, and
    /// what it gives stands in for the step's output; any other means that it was not. It is run
    /// before the step is repeated after a try of which nobody knows how it ended, with the same
    /// variables.
    #[schemars(title = "Check program")]
    check_program: Option<String>,
    /// The arguments of the check, one on each line.
    #[serde(default)]
    #[schemars(title = "Check arguments")]
    check_args: Vec<String>,
}

fn zero() -> Vec<u8> {
    vec![0]
}

impl StepType for Command {
    const TASK_TYPE: &'static str = "command";
    const TITLE: &'static str = "Command";
    const OUTPUT: &'static str = "The JSON in the file that JOB_ORCHESTRATOR_OUTPUT names, else \
                                  the JSON on the last line of its standard output, else \
                                  {\"exit_code\": n}. At most 1 MiB. A whole number of more \
                                  than 64 bits is kept rounded.";
    const DEFAULT_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);
    const STARTS_PROGRAM: bool = true;
    const PROBE_FIELD: Option<&'static str> = Some("check_program");

    fn example() -> Value {
        json!({ "program": "echo", "args": ["{\"count\": 3}"] })
    }

    fn modes() -> Vec<ModeRule> {
        vec![ModeRule::filled(Mode::Probe, "check_program")]
    }

    fn check(config: &Map<String, Value>) -> Vec<Problem> {
        check::problems(config)
    }

    fn switched_off(switches: StepSwitches) -> Option<&'static str> {
        (!switches.commands)
            .then_some("command steps are switched off; an owner can switch them on")
    }

    async fn probe(&self, cx: &StepContext) -> Result<Probed, StepError> {
        probe::probe(self, cx).await
    }

    async fn run(self, cx: StepContext) -> Result<StepOutput, StepError> {
        let processes = allowed(&cx)?.clone();
        let folder = WorkFolder::create(&cx.services().work_dir, &cx.attempt_name()).await?;
        let spec = self.spec((&self.program, &self.args), &cx, &folder);
        let done = follow::follow(&processes, spec, &self.success_codes, &cx).await;
        let output = match done {
            Ok(done) => output::read(folder.output_file(), &done, cx.log()).await,
            Err(error) => Err(error),
        };
        folder.remove().await;
        output.map(StepOutput::Done)
    }
}

fn allowed(cx: &StepContext) -> Result<&ProcessRunner, StepError> {
    let processes = cx.services().processes.as_ref();
    processes.ok_or_else(|| StepError::Permanent("this program cannot run commands".to_owned()))
}

impl Command {
    fn spec(
        &self,
        (program, args): (&str, &[String]),
        cx: &StepContext,
        folder: &WorkFolder,
    ) -> CommandSpec {
        let mut spec = CommandSpec::new(program, args);
        spec.working_dir = Some(match &self.working_dir {
            Some(given) if !given.trim().is_empty() => PathBuf::from(given),
            _ => folder.path().to_owned(),
        });
        spec.env = base_environment();
        spec.env.extend(self.env.clone().unwrap_or_default());
        spec.env.extend(facts(cx, folder.output_file()));
        spec.stdin.clone_from(&self.stdin);
        // The log has its own limit; the last line must arrive however much comes before it.
        spec.output_cap_bytes = u64::MAX;
        spec
    }
}

/// What the command is told about itself.
fn facts(cx: &StepContext, output: &Path) -> impl Iterator<Item = (String, String)> {
    [
        ("IDEMPOTENCY_KEY", cx.idempotency_key().to_string()),
        ("WORKFLOW_ID", cx.workflow_id().to_string()),
        ("JOB_ID", cx.job_id().to_string()),
        ("STEP", cx.task().to_string()),
        ("ATTEMPT_NUMBER", cx.attempt().to_string()),
        ("OUTPUT", output.display().to_string()),
    ]
    .into_iter()
    .map(|(name, value)| (format!("JOB_ORCHESTRATOR_{name}"), value))
}
