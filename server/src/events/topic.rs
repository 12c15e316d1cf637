//! The log of one step as a topic of the stream of its workflow: a browser has few connections, so a page
//! holds one stream for all that it shows.

use std::collections::VecDeque;

use engine::orchestrator::{Hindrance, LogLine};
use engine::{Actor, JobOrchestratorError, Seq, Service, StepIndex, TaskStatus, WorkflowId};
use tokio::time::{Duration, Instant};

use super::after;
use super::frame::{self, Frame};
use super::tail::LOOK_EVERY;
use crate::api::query::{Query, wrong};
use crate::problem::ApiProblem;

/// The parameter that names the step, by position from 0.
pub const LOG_OF: &str = "log_of";
/// The parameter that names the last line that the client has.
pub const LOG_AFTER: &str = "log_after";

/// Lines that are read at once.
const PAGE: usize = 256;
/// Bytes of text after which no more lines are put into a frame.
const FRAME_BYTES: usize = 64 * 1024;
/// So many looks have to find nothing after an event before it is asked whether the step runs: its last
/// lines are written a moment later.
const LOOKS: u8 = 2;

/// Which log is wanted, and from where on.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    id: WorkflowId,
    task: StepIndex,
    /// The number of the last line that is not wanted any more.
    after: u64,
}

impl Place {
    /// What the parameters ask for.
    ///
    /// # Errors
    /// 400 for a number that is none, and for a line without a step.
    pub fn asked(id: WorkflowId, query: &Query) -> Result<Option<Self>, ApiProblem> {
        let task = query.whole(LOG_OF, "from 0")?;
        let after = after::of(query, LOG_AFTER)?;
        if task.is_none() && after.is_some() {
            return Err(wrong(
                LOG_AFTER,
                format_args!("is of no use without {LOG_OF}"),
            ));
        }
        let after = after.unwrap_or(0);
        Ok(task.map(|task| Self { id, task, after }))
    }
}

/// The log that comes with the events.
#[derive(Debug)]
pub struct Topic {
    /// Up to where it was read.
    place: Place,
    /// What was read and is not sent yet.
    lines: VecDeque<LogLine>,
    /// When to look for more; none while only an event can bring more.
    due: Option<Instant>,
    /// So many looks have still to find nothing before that is asked.
    looks: u8,
}

impl Topic {
    /// Begins after `place`. Where the log is away it begins all the same: events do not wait for it.
    ///
    /// # Errors
    /// Those of the service, such as 404 for a step that is not there.
    pub async fn begin(
        service: &dyn Service,
        actor: &Actor,
        place: Place,
    ) -> Result<Self, JobOrchestratorError> {
        let mut topic = Self {
            place,
            lines: VecDeque::new(),
            due: None,
            looks: LOOKS,
        };
        topic.read(service, actor, LOOK_EVERY).await?;
        Ok(topic)
    }

    /// When to look for more lines, if they can come without an event.
    pub const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether the next lines have to be read.
    pub fn has_to_read(&self) -> bool {
        self.lines.is_empty() && self.due.is_some_and(|due| due <= Instant::now())
    }

    /// The workflow moved: its step may have more to say.
    pub fn moved(&mut self) {
        self.looks = LOOKS;
        self.due.get_or_insert_with(Instant::now);
    }

    /// The next lines, for a client that knows event `seq`; none when there are none yet. They are looked
    /// for every `every`.
    ///
    /// # Errors
    /// Those of the service, but for a log that is away: it is looked for again.
    pub async fn next(
        &mut self,
        service: &dyn Service,
        actor: &Actor,
        every: Duration,
        seq: Seq,
    ) -> Result<Option<Frame>, JobOrchestratorError> {
        if self.has_to_read() {
            self.read(service, actor, every).await?;
        }
        let lines = parcel(&mut self.lines);
        Ok((!lines.is_empty()).then(|| frame::log(seq, self.place.task, &lines)))
    }

    async fn read(
        &mut self,
        service: &dyn Service,
        actor: &Actor,
        every: Duration,
    ) -> Result<(), JobOrchestratorError> {
        let Place { id, task, after } = self.place;
        let lines = match service.log(actor, id, task, after, PAGE).await {
            Ok(page) => page.lines,
            Err(JobOrchestratorError::Hindered(Hindrance::LogAway)) => {
                self.due = Some(Instant::now() + every);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let may_be_more = lines.len() == PAGE;
        let wait = if may_be_more { Duration::ZERO } else { every };
        self.due = Some(Instant::now() + wait);
        match lines.last() {
            Some(last) => self.place.after = last.number,
            None => self.settle(service).await?,
        }
        self.lines = lines.into();
        Ok(())
    }

    /// Nothing was found: looks no more, once that is the end of what a step that does not run has to say.
    async fn settle(&mut self, service: &dyn Service) -> Result<(), JobOrchestratorError> {
        if self.looks == 0 {
            // It runs: without an event it still does.
            return Ok(());
        }
        self.looks -= 1;
        if self.looks == 0 {
            let progress = service.get_workflow_progress(self.place.id).await?;
            let task = progress.tasks.get(self.place.task);
            if task.is_none_or(|task| task.status != TaskStatus::Running) {
                self.due = None;
            }
        }
        Ok(())
    }
}

/// Takes the lines of the next frame.
fn parcel(lines: &mut VecDeque<LogLine>) -> Vec<LogLine> {
    let mut bytes = 0;
    let fits = lines.iter().take_while(|line| {
        let has_room = bytes < FRAME_BYTES;
        bytes += line.text.len();
        has_room
    });
    let count = fits.count();
    lines.drain(..count).collect()
}

#[cfg(test)]
mod tests {
    use engine::Timestamp;
    use engine::orchestrator::LogStream;

    use super::*;

    #[test]
    fn long_lines_are_sent_in_several_frames_and_each_of_them_once() {
        let line = |number: u64| LogLine {
            number,
            at: Timestamp::default(),
            attempt: 1,
            stream: LogStream::Stdout,
            text: "x".repeat(FRAME_BYTES / 2),
        };
        let mut lines: VecDeque<_> = (1..=5).map(line).collect();
        let mut sent = Vec::new();
        while !lines.is_empty() {
            let frame = parcel(&mut lines);
            sent.push(frame.iter().map(|line| line.number).collect::<Vec<_>>());
        }
        assert_eq!(sent, [vec![1, 2], vec![3, 4], vec![5]]);
        assert!(parcel(&mut lines).is_empty());
    }
}
