//! Asks the contract and puts together what pages show. Runs on the server only.

use engine::orchestrator::{Hindrance, WorkflowFilter, WorkflowSelection};
use engine::{
    Actor, DefinitionId, Mode, Problem, Progress, Service, StepIndex, WorkflowId, WorkflowState,
    WorkflowStatus,
};
use serde_json::Value;

use super::super::super::{ApiError, answer, now};
use super::super::LogPart;
use super::{
    Failure, LogLine, Overview, StepFacts, StepPanel, TypeTitles, WorkflowRow, WorkflowRows,
    WorkflowView,
};
use crate::format::visible;

/// Workflows on one page of the list.
const ROWS: usize = 50;
/// Workflows in each part of the start page.
const ROWS_AT_HOME: usize = 10;
/// Larger workflows are shown in lists without the names of their steps: fetching thousands of
/// tasks for one line would make the list slow.
const STEPS_NAMED_MAX: usize = 300;
/// Lines in the card that says what failed.
const END_LINES: usize = 6;

/// The start page.
pub async fn overview(service: &dyn Service, user: &Actor) -> Result<Overview, ApiError> {
    let failed = list(service, user, WorkflowSelection::Failed, ROWS_AT_HOME).await?;
    let active = list(service, user, WorkflowSelection::Active, ROWS).await?;
    let (paused, running): (Vec<_>, Vec<_>) = active
        .into_iter()
        .partition(|workflow| workflow.summary.status == WorkflowStatus::Paused);
    let mut attention = failed;
    attention.extend(paused);
    attention.sort_by_key(|workflow| std::cmp::Reverse(workflow.id));
    let mut recent = list(service, user, WorkflowSelection::All, ROWS).await?;
    let has_workflows = !recent.is_empty();
    recent.retain(|workflow| workflow.summary.status.is_terminal());
    recent.sort_by_key(|workflow| std::cmp::Reverse(workflow.summary.completed_at));
    recent.truncate(ROWS_AT_HOME);
    let has_definitions = has_workflows
        || !answer(service.definitions(user, 1, None).await)?
            .items
            .is_empty();
    Ok(Overview {
        now: now(),
        attention: described(service, attention).await?,
        running: described(service, running).await?,
        recent: described(service, recent).await?,
        is_new: !has_definitions,
    })
}

async fn list(
    service: &dyn Service,
    user: &Actor,
    selection: WorkflowSelection,
    limit: usize,
) -> Result<Vec<WorkflowState>, ApiError> {
    let filter = WorkflowFilter {
        selection,
        limit,
        ..WorkflowFilter::default()
    };
    Ok(answer(service.list(user, &filter).await)?.items)
}

/// A part of the list of workflows.
pub async fn rows(
    service: &dyn Service,
    user: &Actor,
    status: &str,
    text: &str,
    definition: Option<DefinitionId>,
    cursor: Option<i64>,
) -> Result<WorkflowRows, ApiError> {
    let selection = match status {
        "" | "all" => WorkflowSelection::All,
        word => WorkflowSelection::from_word(word).ok_or_else(|| unknown_status().answered())?,
    };
    let text = text.trim();
    let filter = WorkflowFilter {
        selection,
        query: (!text.is_empty()).then(|| text.to_owned()),
        definition,
        limit: ROWS,
        before: cursor.map(WorkflowId),
    };
    let page = answer(service.list(user, &filter).await)?;
    Ok(WorkflowRows {
        now: now(),
        items: described(service, page.items).await?,
        next: page.next,
    })
}

/// The newest workflows of one definition.
pub async fn newest_of(
    service: &dyn Service,
    user: &Actor,
    definition: DefinitionId,
) -> Result<Vec<WorkflowRow>, ApiError> {
    let filter = WorkflowFilter {
        definition: Some(definition),
        limit: ROWS_AT_HOME,
        ..WorkflowFilter::default()
    };
    let page = answer(service.list(user, &filter).await)?;
    described(service, page.items).await
}

fn unknown_status() -> ApiError {
    let detail = "no such state; use active, failed, recoverable or a state";
    ApiError::Invalid(vec![Problem::new("#/status", detail)])
}

/// Adds to each workflow which steps are under way and what failed.
async fn described(
    service: &dyn Service,
    workflows: Vec<WorkflowState>,
) -> Result<Vec<WorkflowRow>, ApiError> {
    let mut rows = Vec::with_capacity(workflows.len());
    for workflow in workflows {
        let summary = &workflow.summary;
        let is_told = summary.status.is_active() || summary.status == WorkflowStatus::Failed;
        let progress = if is_told && summary.total_tasks <= STEPS_NAMED_MAX {
            answer(service.get_workflow_progress(workflow.id).await).ok()
        } else {
            None
        };
        rows.push(row(workflow, progress.as_ref()));
    }
    Ok(rows)
}

fn row(workflow: WorkflowState, progress: Option<&Progress>) -> WorkflowRow {
    let summary = workflow.summary;
    let name_of = |index: &StepIndex| progress?.tasks.get(*index).map(|task| visible(&task.name));
    let failed = progress
        .filter(|_| summary.status == WorkflowStatus::Failed)
        .and_then(|progress| progress.tasks.get(progress.failed_step()?));
    let failed = failed.map(|task| Failure {
        step: Some(visible(&task.name)),
        error: visible(task.error_message.as_deref().unwrap_or_default()),
    });
    let aside = summary.quarantine.as_deref().map(|cause| Failure {
        step: None,
        error: visible(cause),
    });
    WorkflowRow {
        id: workflow.id,
        name: visible(&workflow.name),
        status: summary.status,
        percent: summary.progress,
        done: summary.completed_tasks,
        total: summary.total_tasks,
        now_at: summary.current_steps.iter().filter_map(name_of).collect(),
        failure: aside.or(failed),
        is_recoverable: summary.is_recoverable(),
        current_step: summary.current_step,
        created_at: workflow.created_at,
        started_at: summary.started_at,
        completed_at: summary.completed_at,
    }
}

/// One workflow's page.
pub async fn view(
    service: &dyn Service,
    user: &Actor,
    id: WorkflowId,
    step: Option<&str>,
    log_part: LogPart,
) -> Result<WorkflowView, ApiError> {
    let detail = answer(service.detail(user, id).await)?;
    let steps = facts(&detail.definition);
    let selected = step
        .and_then(|wanted| find_step(&steps, wanted))
        .unwrap_or_else(|| first_to_show(&detail.progress));
    let failure_log = match detail.progress.failed_step() {
        Some(failed) if detail.state.summary.status == WorkflowStatus::Failed => {
            let lines = last_lines(service, user, id, failed, END_LINES).await;
            readable(lines)?.unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let specs = answer(service.step_types(user).await)?;
    let has = |kind: &str| detail.progress.tasks.iter().any(|t| t.task_type == kind);
    let titles = TypeTitles::of(specs, has);
    let config = config_of(&detail.definition, selected);
    let panel = panel_with(service, user, id, selected, log_part, config).await?;
    Ok(WorkflowView {
        now: now(),
        command_id: service.new_command_id(),
        state: detail.state,
        progress: detail.progress,
        steps,
        titles,
        failure_log,
        panel,
    })
}

/// The step a page opens on: what failed, else what runs, else the current one.
fn first_to_show(progress: &Progress) -> StepIndex {
    progress
        .failed_step()
        .or_else(|| progress.summary.current_steps.first().copied())
        .unwrap_or(progress.summary.current_step)
}

fn find_step(steps: &[StepFacts], wanted: &str) -> Option<StepIndex> {
    let by_position = wanted.parse().ok().filter(|index| *index < steps.len());
    by_position.or_else(|| steps.iter().position(|step| step.key == wanted))
}

fn facts(definition: &Value) -> Vec<StepFacts> {
    let steps = definition.get("steps").and_then(Value::as_array);
    let retries = |step: &Value| step.get("max_retries").and_then(Value::as_u64);
    let text = |step: &Value, field| step.get(field).and_then(Value::as_str).map(str::to_owned);
    steps
        .into_iter()
        .flatten()
        .map(|step| StepFacts {
            key: text(step, "key").unwrap_or_default(),
            condition: text(step, "condition"),
            mode: mode_of(step),
            max_retries: retries(step)
                .and_then(|n| u32::try_from(n).ok())
                .unwrap_or_default(),
        })
        .collect()
}

/// The mode of a frozen step; one that is not named is the default.
fn mode_of(step: &Value) -> Mode {
    let named = step.get("mode").and_then(Value::as_str);
    let mode = named.and_then(|word| Mode::ALL.into_iter().find(|mode| mode.as_str() == word));
    mode.unwrap_or_default()
}

fn config_of(definition: &Value, step: StepIndex) -> Value {
    let steps = definition.get("steps").and_then(Value::as_array);
    let config = steps.and_then(|steps| steps.get(step)?.get("config"));
    config.cloned().unwrap_or_default()
}

/// What is shown of one step.
pub async fn panel(
    service: &dyn Service,
    user: &Actor,
    id: WorkflowId,
    step: StepIndex,
    log_part: LogPart,
) -> Result<StepPanel, ApiError> {
    let detail = answer(service.detail(user, id).await)?;
    let config = config_of(&detail.definition, step);
    panel_with(service, user, id, step, log_part, config).await
}

async fn panel_with(
    service: &dyn Service,
    user: &Actor,
    id: WorkflowId,
    step: StepIndex,
    log_part: LogPart,
    config: Value,
) -> Result<StepPanel, ApiError> {
    let task = answer(service.task(user, id, step).await)?;
    let lines = readable(lines_of(service, user, id, step, log_part).await)?;
    Ok(StepPanel {
        step,
        config,
        mode: task.mode,
        output: task.output,
        attempts: task.attempts,
        log_is_away: lines.is_none(),
        log: lines.unwrap_or_default(),
        log_part,
    })
}

/// The last few lines of a step's log.
pub async fn log_end(
    service: &dyn Service,
    user: &Actor,
    id: WorkflowId,
    step: StepIndex,
) -> Result<Vec<LogLine>, ApiError> {
    let lines = last_lines(service, user, id, step, END_LINES).await;
    lines.map_err(ApiError::answered)
}

/// The lines, none when the log cannot be read: what stands beside it on a page is shown.
fn readable(lines: Result<Vec<LogLine>, ApiError>) -> Result<Option<Vec<LogLine>>, ApiError> {
    match lines {
        Ok(lines) => Ok(Some(lines)),
        Err(ApiError::Hindered(Hindrance::LogAway)) => Ok(None),
        Err(error) => Err(error.answered()),
    }
}

async fn lines_of(
    service: &dyn Service,
    user: &Actor,
    id: WorkflowId,
    step: StepIndex,
    part: LogPart,
) -> Result<Vec<LogLine>, ApiError> {
    let most = part.most();
    let LogPart::Before(end) = part else {
        return last_lines(service, user, id, step, most).await;
    };
    let after = end.saturating_sub(1).saturating_sub(most as u64);
    let mut lines = service.log(user, id, step, after, most).await?.lines;
    lines.retain(|line| line.number < end);
    Ok(lines)
}

async fn last_lines(
    service: &dyn Service,
    user: &Actor,
    id: WorkflowId,
    step: StepIndex,
    most: usize,
) -> Result<Vec<LogLine>, ApiError> {
    let first = service.log(user, id, step, 0, most).await?;
    let mut lines = first.lines;
    let shown = lines.last().map_or(0, |line| line.number);
    if shown < first.last {
        let after = first.last.saturating_sub(most as u64);
        lines = service.log(user, id, step, after, most).await?.lines;
    }
    Ok(lines)
}
