//! What may stand beside a command: its id and its reason.

use engine::definition::limits;
use engine::orchestrator::{ActionRequest, Answer};
use engine::{Action, Instead, JobOrchestratorError, Problem, command_id, depth};
use serde_json::{Map, Value};

use super::weight;

pub(super) fn check(request: &ActionRequest) -> Answer<()> {
    check_command_id(request.command_id.as_deref())?;
    if let Some(problem) = request.problem_of_reason() {
        return Err(JobOrchestratorError::Invalid(vec![problem]));
    }
    match &request.action {
        Action::MarkDone { output, .. } => check_output("#/output", output),
        Action::Recover(recovery) => match &recovery.instead {
            Some(Instead::Output(output)) => check_output("#/instead/output", output),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

pub(super) fn check_command_id(id: Option<&str>) -> Answer<()> {
    if id.is_none_or(command_id::is_usable) {
        return Ok(());
    }
    invalid("#/command_id", format!("must be {}", command_id::RULE))
}

/// What a workflow is given: its parameters, or its metadata.
pub(super) fn check_given(pointer: &str, given: &Map<String, Value>) -> Answer<()> {
    if depth::has_too_deep(given) {
        return invalid(pointer, depth::TOO_DEEP.into());
    }
    too_large(given).map_or(Ok(()), |detail| invalid(pointer, detail))
}

/// Why parameters or metadata are too large. Every list of workflows carries them.
pub(super) fn too_large(given: &Map<String, Value>) -> Option<String> {
    let bytes = weight::of(given);
    (bytes > limits::GIVEN_BYTES_MAX)
        .then(|| format!("has {bytes} bytes as JSON; at most 256 KiB are kept"))
}

fn check_output(pointer: &str, output: &Value) -> Answer<()> {
    if depth::is_too_deep(output) {
        return invalid(pointer, depth::TOO_DEEP.into());
    }
    let bytes = output.to_string().len();
    if bytes <= limits::OUTPUT_BYTES_MAX {
        return Ok(());
    }
    invalid(pointer, format!("has {bytes} bytes; at most 1 MiB is kept"))
}

fn invalid(pointer: &str, detail: String) -> Answer<()> {
    Err(JobOrchestratorError::Invalid(vec![Problem::new(
        pointer, detail,
    )]))
}
