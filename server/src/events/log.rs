//! The log of one step as a stream: the lines there are, then each as it is written.

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::Version;
use axum::response::Response;
use engine::orchestrator::LogLine;
use engine::{JobOrchestratorError, StepIndex, WorkflowId};
use futures::Stream;
use futures::stream::unfold;
use tokio::time::{Duration, Instant};

use super::life::Life;
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
    let life = super::begin(shared, version, caller)?;
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

impl Follower {
    fn frames(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        unfold(self, async |mut stream| {
            let bytes = stream.next().await?;
            stream.life.speaks();
            Some((Ok(bytes), stream))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if !self.life.goes_on().await {
                return None;
            }
            let crowded = || frame::crowded(self.after).bytes;
            if let Some(words) = self.life.last_words(crowded) {
                return Some(words);
            }
            if let Some(line) = self.lines.pop_front() {
                self.after = line.number;
                return Some(self.life.first(frame::line(&line)));
            }
            if let Some(heartbeat) = self.life.heartbeat() {
                return Some(heartbeat);
            }
            if let Err(error) = self.read().await {
                tracing::warn!(workflow = %self.id, task = self.task, %error, "a stream of a log ended");
                return None;
            }
        }
    }

    /// Reads what came after the last line, or waits.
    async fn read(&mut self) -> Result<(), JobOrchestratorError> {
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
