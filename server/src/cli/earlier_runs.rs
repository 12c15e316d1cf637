//! Workflows that an earlier run or server left unfinished in the folder, for instance because it was
//! killed: they go on as soon as the folder is used, so whoever runs something else in it is told.

use engine::obeyed::on_one_line;
use engine::{JobOrchestrator, Progress, TaskStatus, WorkflowId, WorkflowStatus};
use runtime::{Runtime, Settings};
use tokio::sync::Notify;

use super::run_file::what_failed;
use super::terminal::Terminal;
use crate::shutdown::StopSignals;

/// Most that are named one by one.
const NAMED_MOST: usize = 10;

/// Those that are named and not over.
#[derive(Debug)]
pub struct EarlierRuns(Vec<WorkflowId>);

impl EarlierRuns {
    /// Looks for them and says that they go on. Where that fails the run itself will say why.
    pub async fn find(engine: &Runtime) -> Self {
        let mut found = engine.get_active_workflows().await.unwrap_or_default();
        found.retain(|workflow| goes_on(workflow.summary.status));
        // The oldest first.
        found.reverse();
        for workflow in found.iter().take(NAMED_MOST) {
            eprintln!(
                "workflow {} of an earlier run goes on: \"{}\"",
                workflow.id,
                on_one_line(&workflow.name)
            );
        }
        if let Some(more) = found.len().checked_sub(NAMED_MOST).filter(|more| *more > 0) {
            eprintln!("{more} more of earlier runs go on");
        }
        let named = found.iter().take(NAMED_MOST);
        Self(named.map(|workflow| workflow.id).collect())
    }

    /// Says of those that are over by now how they ended. What cannot be told of one is said once: it
    /// changes nothing about the run that was asked for.
    pub async fn look(&mut self, engine: &Runtime, terminal: &mut Terminal) {
        let mut left = Vec::new();
        for id in std::mem::take(&mut self.0) {
            match engine.get_workflow_progress(id).await {
                Ok(progress) if goes_on(progress.summary.status) => left.push(id),
                Ok(progress) => terminal.say(&told(&progress)),
                Err(error) => terminal.say(&format!(
                    "what becomes of workflow {id} of an earlier run cannot be told: {error}"
                )),
            }
        }
        self.0 = left;
    }

    /// Stops the engine, which lets steps that run come to their end, and says so. A signal tells them to
    /// stop, another one waits for nothing any more. What is not over then goes on when the folder is used
    /// again.
    pub async fn end(mut self, engine: &Runtime, signals: &mut StopSignals) {
        self.say_what_is_waited_for(engine).await;
        if !stop(engine, signals).await {
            eprintln!("not waited for any longer");
            return;
        }
        self.look(engine, &mut Terminal::new()).await;
        for id in &self.0 {
            eprintln!(
                "workflow {id} of an earlier run is not over; it goes on when this folder is used again"
            );
        }
    }

    async fn say_what_is_waited_for(&mut self, engine: &Runtime) {
        self.look(engine, &mut Terminal::new()).await;
        let mut running = Vec::new();
        for id in &self.0 {
            let progress = engine.get_workflow_progress(*id).await;
            if progress.is_ok_and(|progress| runs(&progress)) {
                running.push(format!("workflow {id}"));
            }
        }
        if !running.is_empty() {
            let most = Settings::default().drain.as_secs();
            eprintln!(
                "waiting up to {most} s for what runs of {} of an earlier run; Ctrl+C stops it",
                running.join(", ")
            );
        }
    }
}

/// Stops the engine; whether it came to its end before somebody lost all patience.
async fn stop(engine: &Runtime, signals: &mut StopSignals) -> bool {
    let hurry = Notify::new();
    let ending = engine.shutdown_hurried(hurry.notified());
    tokio::pin!(ending);
    let mut is_hurried = false;
    loop {
        tokio::select! {
            () = &mut ending => return true,
            () = signals.next() => {
                if is_hurried {
                    return false;
                }
                is_hurried = true;
                eprintln!("stopping what still runs; a second time ends at once");
                hurry.notify_one();
            }
        }
    }
}

/// A paused one goes on only when somebody says so.
fn goes_on(status: WorkflowStatus) -> bool {
    status.is_active() && status != WorkflowStatus::Paused
}

/// What waits for a moment holds nothing that has to end.
fn runs(progress: &Progress) -> bool {
    let mut tasks = progress.tasks.iter();
    tasks.any(|task| task.status == TaskStatus::Running && task.waits_until.is_none())
}

fn told(progress: &Progress) -> String {
    let id = progress.workflow_id;
    let how = match progress.summary.status {
        WorkflowStatus::Cancelled => "was cancelled",
        other => other.as_str(),
    };
    let ended = format!("workflow {id} of an earlier run {how}");
    match what_failed(progress) {
        Some(why) => format!("{ended}: {why}"),
        None => ended,
    }
}
