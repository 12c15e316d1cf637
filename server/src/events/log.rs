//! The log of one step as a stream: the lines there are, then each as it is written.

use std::collections::VecDeque;
use std::fmt;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::Version;
use axum::response::Response;
use engine::orchestrator::LogLine;
use engine::{JobOrchestratorError, StepIndex, WorkflowId};
use tokio::time::{Duration, Instant};

use super::life::{Life, Says};
use super::{after, frame};
use crate::api::number::Numbers;
use crate::api::query::Query;
use crate::caller::Caller;
use crate::problem::ApiProblem;
use crate::shared::Shared;

/// Lines that are read at once.
const PAGE: usize = 256;
/// How often it is looked whether more was written.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The stream, for programs. Lines are numbered from 1 on in each step.
///
/// # Errors
/// 400 for a number that is none, 403 for another site, 404 for an unknown workflow or step, 503 while the
/// log is away and when the server holds as many streams as it may.
pub async fn stream(
    State(shared): State<Shared>,
    version: Version,
    caller: Caller,
    numbers: Numbers,
    query: Query,
    request: Request,
) -> Result<Response, ApiProblem> {
    super::refuse_foreign(&shared, &request)?;
    query.only(&["after"])?;
    let id = numbers.of("id", "workflow").map(WorkflowId)?;
    let task = numbers.index("index", "step")?;
    let after = after::asked(request.headers(), &query)?.unwrap_or(0);
    // Answers 403, 404 and 503 before the stream begins.
    let lines = shared.service.log(&caller.actor, id, task, after, PAGE);
    let lines = lines.await?.lines.into();
    let life = super::begin(shared, version, caller).await?;
    let follower = Follower {
        life,
        id,
        task,
        after,
        lines,
    };
    Ok(super::answer(follower.frames()))
}

struct Follower {
    life: Life,
    id: WorkflowId,
    task: StepIndex,
    /// The number of the last line that was sent.
    after: u64,
    lines: VecDeque<LogLine>,
}

impl fmt::Display for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the log of step {} of workflow {}", self.task, self.id)
    }
}

impl Says for Follower {
    fn life(&mut self) -> &mut Life {
        &mut self.life
    }

    fn crowded(&self) -> Bytes {
        frame::crowded(self.after).bytes
    }

    fn ready(&mut self) -> Option<Bytes> {
        let line = self.lines.pop_front()?;
        self.after = line.number;
        Some(frame::line(&line))
    }

    async fn look(&mut self) -> Result<(), JobOrchestratorError> {
        let service = &self.life.shared.service;
        let actor = &self.life.caller.actor;
        let page = service.log(actor, self.id, self.task, self.after, PAGE);
        self.lines = page.await?.lines.into();
        if self.lines.is_empty() {
            self.life.wait(Instant::now() + LOOK_EVERY).await;
        }
        Ok(())
    }
}
