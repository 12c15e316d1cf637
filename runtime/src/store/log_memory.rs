//! Task logs in memory, for tests and for programs that keep nothing.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use engine::orchestrator::{LogLine, LogPage};
use engine::{StepIndex, WorkflowId};

use crate::log::{LogFault, LogStore, StoredLine};

type Lines = BTreeMap<(WorkflowId, StepIndex, u64), LogLine>;

/// Lines that last as long as the program.
#[derive(Debug, Default)]
pub struct MemoryLogStore {
    lines: Mutex<Lines>,
}

impl MemoryLogStore {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn last(lines: &Lines, workflow_id: WorkflowId, task: StepIndex) -> u64 {
    let all = (workflow_id, task, 0)..=(workflow_id, task, u64::MAX);
    lines
        .range(all)
        .next_back()
        .map_or(0, |((_, _, number), _)| *number)
}

#[async_trait]
impl LogStore for MemoryLogStore {
    async fn append(&self, lines: &[StoredLine]) -> Result<(), LogFault> {
        let mut kept = self.lines();
        for stored in lines {
            let place = (stored.workflow_id, stored.task, stored.line.number);
            kept.insert(place, stored.line.clone());
        }
        Ok(())
    }

    async fn last(&self, workflow_id: WorkflowId, task: StepIndex) -> Result<u64, LogFault> {
        Ok(last(&self.lines(), workflow_id, task))
    }

    async fn forget(&self, workflow_id: WorkflowId) -> Result<(), LogFault> {
        self.lines().retain(|(of, ..), _| *of != workflow_id);
        Ok(())
    }

    async fn read(
        &self,
        workflow_id: WorkflowId,
        task: StepIndex,
        after: u64,
        limit: usize,
    ) -> Result<LogPage, LogFault> {
        let kept = self.lines();
        let from = (workflow_id, task, after.saturating_add(1));
        let wanted = kept.range(from..=(workflow_id, task, u64::MAX)).take(limit);
        Ok(LogPage {
            lines: wanted.map(|(_, line)| line.clone()).collect(),
            last: last(&kept, workflow_id, task),
        })
    }
}
