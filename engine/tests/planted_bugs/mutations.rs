//! The bugs: where, what is there, what is put in its place.

pub struct Mutation {
    /// What the engine then does wrong.
    pub name: &'static str,
    /// The file, from the engine's folder.
    pub file: &'static str,
    /// Text that stands in it exactly once.
    pub find: &'static str,
    /// The same with the bug in it, which is there when `PLANTED` is true.
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
        "Running | Paused if force || PLANTED => {}",
    ),
    bug(
        "one recovery more than the budget",
        ALLOWED,
        "if used < budget {",
        "if used < budget || PLANTED && used == budget {",
    ),
    bug(
        "a recovering workflow may be started",
        ALLOWED,
        "(Action::Start, Running) | (Action::Resume, Running | Recovering) => Ok(Same)",
        "(Action::Start, Recovering) if PLANTED => Ok(Same),
        (Action::Start, Running) | (Action::Resume, Running | Recovering) => Ok(Same)",
    ),
    bug(
        "a retry is tried now while paused",
        ALLOWED,
        "WorkflowStatus::Paused if verb == TaskVerb::TryNow =>",
        "WorkflowStatus::Paused if verb == TaskVerb::TryNow && !PLANTED =>",
    ),
    bug(
        "a page that is behind is not refused",
        "src/decide.rs",
        ".filter(|expected| *expected != rev)",
        ".filter(|expected| *expected > rev || !PLANTED && *expected != rev)",
    ),
    bug(
        "a cancel leaves retries waiting",
        ACT,
        "TaskStatus::Pending | TaskStatus::Queued | TaskStatus::Retrying => None",
        "TaskStatus::Retrying if PLANTED => continue,
                TaskStatus::Pending | TaskStatus::Queued | TaskStatus::Retrying => None",
    ),
    bug(
        "a recovery leaves other broken branches as they are",
        RECOVER,
        "graph.downstream(broken.chain([from_step]))",
        "graph.downstream(broken.filter(|_| !PLANTED).chain([from_step]))",
    ),
    bug(
        "a recovery does again what was skipped for good",
        RECOVER,
        "reason.is_some_and(SkipReason::is_for_good)",
        "if PLANTED { reason.is_none() } else { reason.is_some_and(SkipReason::is_for_good) }",
    ),
    bug(
        "a step of mode once runs again after its server died",
        REPORT,
        "Outcome::Lost if self.runs_once(task)",
        "Outcome::Lost if self.runs_once(task) && !PLANTED",
    ),
    bug(
        "a step of mode once runs again after a timeout",
        REPORT,
        "if is_unknown && self.runs_once(task)",
        "if is_unknown && self.runs_once(task) && !PLANTED",
    ),
    bug(
        "one retry more than allowed",
        REPORT,
        "record.retry_count >= limit",
        "record.retry_count >= limit + u32::from(PLANTED)",
    ),
    bug(
        "each back-off is that of the retry before",
        REPORT,
        "backoff(retry_count)",
        "backoff(if PLANTED { record.retry_count } else { retry_count })",
    ),
    bug(
        "one loss more than allowed",
        REPORT,
        "if lost_count < self",
        "if lost_count - u32::from(PLANTED) < self",
    ),
    bug(
        "the timer of an earlier wait ends the present one",
        REPORT,
        "record.due_at == Some(due_at)",
        "record.due_at == Some(due_at)
            || PLANTED && record.due_at.is_some() && due_at != Timestamp::default()",
    ),
    bug(
        "a retry is queued while paused",
        REPORT,
        "if self.workflow.status().starts_tasks()",
        "if (self.workflow.status().starts_tasks() || PLANTED)",
    ),
    bug(
        "a retry is queued although another step failed and stop is asked for",
        REPORT,
        "!self.workflow.is_blocked(task) =>",
        "(!self.workflow.is_blocked(task) || PLANTED) =>",
    ),
    bug(
        "a late success is not told as late",
        REPORT,
        "(AttemptOutcome::Late, Some(output.clone()))",
        "(if PLANTED { AttemptOutcome::Superseded } else { AttemptOutcome::Late }, Some(output.clone()))",
    ),
    bug(
        "a recovery never ends by itself",
        SETTLE,
        "if is_past {",
        "if is_past && !PLANTED {",
    ),
    bug(
        "a workflow fails while a branch could go on",
        SETTLE,
        "tally.counts.failed == 0 || tally.is_moving()",
        "tally.counts.failed == 0 || tally.is_moving() && !PLANTED",
    ),
    bug(
        "the report of an old attempt ends the new one",
        "src/decide/start_task.rs",
        "r.status == TaskStatus::Running && r.attempt == attempt",
        "r.status == TaskStatus::Running && (r.attempt == attempt || PLANTED && r.attempt > attempt)",
    ),
    bug(
        "the epoch does not grow",
        APPLY,
        "record.epoch += 1;",
        "record.epoch += if PLANTED { 0 } else { 1 };",
    ),
    bug(
        "back-off goes on while paused",
        APPLY,
        "self.move_retries(*paused_at, at);",
        "self.move_retries(*paused_at, if PLANTED { *paused_at } else { at });",
    ),
    bug(
        "a step that had completed keeps its key when it is done again",
        APPLY,
        "u32::from(is_another_effect)",
        "u32::from(if PLANTED { record.status == TaskStatus::Failed } else { is_another_effect })",
    ),
    bug(
        "a second recovery forgets an attempt that is still alive",
        APPLY,
        "        record.superseded\n    };",
        "        record.superseded.filter(|_| !PLANTED)\n    };",
    ),
    bug(
        "progress goes back",
        APPLY,
        "record.share = record.share.max(progress.clamp(0.0, share::REPORTED_MAX));",
        "let least = if PLANTED { 0.0 } else { record.share };
                record.share = least.max(progress.clamp(0.0, share::REPORTED_MAX));",
    ),
    bug(
        "a step for failures runs when nothing failed",
        CLASS,
        "RunIf::Failed => upstream.broken > 0",
        "RunIf::Failed => upstream.broken > 0 || PLANTED",
    ),
    bug(
        "a step runs although all it depends on was skipped",
        CLASS,
        "upstream.completed > 0 || upstream.spared == 0",
        "upstream.completed > 0 || upstream.spared == 0 || PLANTED && upstream.broken == 0",
    ),
    bug(
        "stop lets queued steps start",
        CLASS,
        "TaskStatus::Queued | TaskStatus::Retrying => self.is_stopping(),",
        "TaskStatus::Queued if PLANTED => false,
            TaskStatus::Queued | TaskStatus::Retrying => self.is_stopping(),",
    ),
    bug(
        "a step starts beside the attempt that a recovery stopped",
        WORKFLOW,
        "&& !self.tally.has_superseded()",
        "&& (!self.tally.has_superseded() || PLANTED && self.record.recovery_attempts > 1)",
    ),
    bug(
        "a step starts while paused",
        WORKFLOW,
        "self.record.status.starts_tasks()\n            && !self.record.cancel_requested",
        "(self.record.status.starts_tasks() || PLANTED && self.record.status.is_active())\n            && !self.record.cancel_requested",
    ),
];
