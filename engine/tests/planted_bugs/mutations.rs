//! The bugs: where, what is there, what is put in its place.

pub struct Mutation {
    /// What the engine then does wrong.
    pub name: &'static str,
    /// The file, from the engine's folder.
    pub file: &'static str,
    /// Text that stands in it exactly once.
    pub find: &'static str,
    pub replace: &'static str,
}

const fn bug(
    name: &'static str,
    file: &'static str,
    find: &'static str,
    replace: &'static str,
) -> Mutation {
    Mutation {
        name,
        file,
        find,
        replace,
    }
}

const ALLOWED: &str = "src/allowed.rs";
const ACT: &str = "src/decide/act.rs";
const RECOVER: &str = "src/decide/recover.rs";
const REPORT: &str = "src/decide/report.rs";
const SETTLE: &str = "src/decide/settle.rs";
const APPLY: &str = "src/workflow/apply.rs";
const CLASS: &str = "src/workflow/class.rs";
const WORKFLOW: &str = "src/workflow.rs";

pub const MUTATIONS: [Mutation; 30] = [
    bug(
        "a recovery of what runs needs no force",
        ALLOWED,
        "Running | Paused if force => {}",
        "Running | Paused => {}",
    ),
    bug(
        "one recovery more than the budget",
        ALLOWED,
        "if used < budget {",
        "if used <= budget {",
    ),
    bug(
        "a recovering workflow may be started",
        ALLOWED,
        "(Action::Start, Running) | (Action::Resume, Running | Recovering) => Ok(Same)",
        "(Action::Start | Action::Resume, Running | Recovering) => Ok(Same)",
    ),
    bug(
        "a retry is tried now while paused",
        ALLOWED,
        "WorkflowStatus::Paused if verb == TaskVerb::TryNow =>",
        "WorkflowStatus::Paused if verb == TaskVerb::TryNow && task > 1_000 =>",
    ),
    bug(
        "a page that is behind is not refused",
        "src/decide.rs",
        ".filter(|expected| *expected != rev)",
        ".filter(|expected| *expected > rev)",
    ),
    bug(
        "a cancel leaves retries waiting",
        ACT,
        "TaskStatus::Pending | TaskStatus::Queued | TaskStatus::Retrying => None",
        "TaskStatus::Pending | TaskStatus::Queued => None",
    ),
    bug(
        "a recovery leaves other broken branches as they are",
        RECOVER,
        "graph.downstream(broken.chain([from_step]))",
        "graph.downstream(broken.take(0).chain([from_step]))",
    ),
    bug(
        "a recovery does again what was skipped for good",
        RECOVER,
        "reason.is_some_and(SkipReason::is_for_good)",
        "reason.is_none()",
    ),
    bug(
        "a step of mode once runs again after its server died",
        REPORT,
        "Outcome::Lost if self.runs_once(task)",
        "Outcome::Lost if self.runs_once(task) && attempt > 1_000",
    ),
    bug(
        "a step of mode once runs again after a timeout",
        REPORT,
        "if is_unknown && self.runs_once(task)",
        "if is_unknown && self.runs_once(task) && attempt > 1_000",
    ),
    bug(
        "one retry more than allowed",
        REPORT,
        "record.retry_count >= limit",
        "record.retry_count > limit",
    ),
    bug(
        "each back-off is that of the retry before",
        REPORT,
        "backoff(retry_count)",
        "backoff(record.retry_count)",
    ),
    bug(
        "one loss more than allowed",
        REPORT,
        "if lost_count < self",
        "if lost_count <= self",
    ),
    bug(
        "the timer of an earlier wait ends the present one",
        REPORT,
        "record.due_at == Some(due_at)",
        "record.due_at.is_some_and(|_| due_at != Timestamp::default())",
    ),
    bug(
        "a retry is queued while paused",
        REPORT,
        "if self.workflow.status().starts_tasks() && !self.workflow.is_blocked(task) =>",
        "if !self.workflow.is_blocked(task) =>",
    ),
    bug(
        "a retry is queued although another step failed and stop is asked for",
        REPORT,
        "if self.workflow.status().starts_tasks() && !self.workflow.is_blocked(task) =>",
        "if self.workflow.status().starts_tasks() =>",
    ),
    bug(
        "a late success is not told as late",
        REPORT,
        "(AttemptOutcome::Late, Some(output.clone()))",
        "(AttemptOutcome::Superseded, Some(output.clone()))",
    ),
    bug(
        "a recovery never ends by itself",
        SETTLE,
        "if is_past {",
        "if is_past && from > 1_000 {",
    ),
    bug(
        "a workflow fails while a branch could go on",
        SETTLE,
        "tally.counts.failed == 0 || tally.is_moving()",
        "tally.counts.failed == 0",
    ),
    bug(
        "the report of an old attempt ends the new one",
        "src/decide/start_task.rs",
        "r.status == TaskStatus::Running && r.attempt == attempt",
        "r.status == TaskStatus::Running && r.attempt >= attempt",
    ),
    bug(
        "the epoch does not grow",
        APPLY,
        "record.epoch += 1;",
        "record.epoch += 0;",
    ),
    bug(
        "back-off goes on while paused",
        APPLY,
        "self.move_retries(*paused_at, at);",
        "self.move_retries(*paused_at, *paused_at);",
    ),
    bug(
        "a step that had completed keeps its key when it is done again",
        APPLY,
        "u32::from(is_another_effect)",
        "u32::from(record.status == TaskStatus::Failed)",
    ),
    bug(
        "a second recovery forgets an attempt that is still alive",
        APPLY,
        "        record.superseded\n    };",
        "        None\n    };",
    ),
    bug(
        "progress goes back",
        APPLY,
        "record.share = record.share.max(progress.clamp(0.0, share::REPORTED_MAX));",
        "record.share = progress.clamp(0.0, share::REPORTED_MAX);",
    ),
    bug(
        "a step for failures runs when nothing failed",
        CLASS,
        "RunIf::Failed => upstream.broken > 0",
        "RunIf::Failed => true",
    ),
    bug(
        "a step runs although all it depends on was skipped",
        CLASS,
        "upstream.completed > 0 || upstream.spared == 0",
        "upstream.broken == 0",
    ),
    bug(
        "stop lets queued steps start",
        CLASS,
        "TaskStatus::Queued | TaskStatus::Retrying => self.is_stopping(),",
        "TaskStatus::Retrying => self.is_stopping(),",
    ),
    bug(
        "a step starts beside the attempt that a recovery stopped",
        WORKFLOW,
        "&& !self.tally.has_superseded()",
        "&& (!self.tally.has_superseded() || self.record.recovery_attempts > 1)",
    ),
    bug(
        "a step starts while paused",
        WORKFLOW,
        "self.record.status.starts_tasks()\n            && !self.record.cancel_requested",
        "self.record.status.is_active()\n            && !self.record.cancel_requested",
    ),
];
