//! Asking a program whether an earlier try took effect.

use super::work_folder::WorkFolder;
use super::{Command, allowed, follow, output};
use crate::step::{Probed, StepContext, StepError};

/// Every exit code is an answer; only a program that cannot be run, or is killed, gives none.
const ANSWERS: std::ops::RangeInclusive<u8> = 0..=u8::MAX;

/// Runs the check with all that the step's own program is given.
pub(super) async fn probe(step: &Command, cx: &StepContext) -> Result<Probed, StepError> {
    let program = step.check_program.as_deref().unwrap_or_default();
    let processes = allowed(cx)?.clone();
    let folder = WorkFolder::create(&cx.services().work_dir, &cx.attempt_name()).await?;
    let spec = step.spec((program, &step.check_args), cx, &folder);
    let answers: Vec<u8> = ANSWERS.collect();
    let answer = match follow::follow(&processes, spec, &answers, cx).await {
        Ok(done) if done.code == 0 => output::read(folder.output_file(), &done, cx.log())
            .await
            .map(Probed::Done),
        Ok(done) => Ok(Probed::NotDone(format!(
            "{program} ended with exit code {}",
            done.code
        ))),
        Err(error) => Err(error),
    };
    folder.remove().await;
    answer
}
