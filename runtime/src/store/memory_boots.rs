//! Starts of the engine in memory.

use async_trait::async_trait;
use engine::{TaskStatus, Timestamp};
use uuid::Uuid;

use super::memory::{Contents, MemoryStore};
use super::{BOOTS_KEPT, Boot, BootMark, BootStore, LeftBehind, StoreError};

#[async_trait]
impl BootStore for MemoryStore {
    async fn begin_boot(&self, incarnation: Uuid, now: Timestamp) -> Result<Vec<Boot>, StoreError> {
        let mut contents = self.contents();
        let left_behind = under_way(&contents);
        let boots = &mut contents.boots;
        if let Some(last) = boots.last_mut() {
            last.left_behind = left_behind;
        }
        let too_many = boots.len().saturating_sub(BOOTS_KEPT);
        boots.drain(..too_many);
        let before = boots.iter().rev().cloned().collect();
        boots.push(Boot {
            incarnation,
            started_at: now,
            lasted: false,
            was_stopped: false,
            left_behind: Vec::new(),
        });
        Ok(before)
    }

    async fn mark_boot(&self, incarnation: Uuid, mark: BootMark) -> Result<(), StoreError> {
        let mut contents = self.contents();
        let mut boots = contents.boots.iter_mut();
        if let Some(boot) = boots.find(|boot| boot.incarnation == incarnation) {
            match mark {
                BootMark::Lasted => boot.lasted = true,
                BootMark::Stopped => boot.was_stopped = true,
            }
        }
        Ok(())
    }
}

fn under_way(contents: &Contents) -> Vec<LeftBehind> {
    let workflows = contents.workflows.iter();
    let active = workflows.filter(|(_, kept)| kept.record.status.is_active());
    let tasks = active.flat_map(|(id, kept)| kept.tasks.iter().map(move |task| (*id, task)));
    tasks
        .filter(|(_, (_, record))| {
            let runs = record.status == TaskStatus::Running && !record.waiting;
            record.superseded.is_some() || runs
        })
        .map(|(workflow_id, (task, record))| LeftBehind {
            workflow_id,
            task: *task,
            generation: record.generation,
            attempt: record.superseded.unwrap_or(record.attempt),
        })
        .collect()
}
