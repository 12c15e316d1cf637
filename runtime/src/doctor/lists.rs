//! I18: the lists against their definition over the rows.

use std::collections::BTreeSet;

use engine::invariant::Invariant;
use engine::orchestrator::{WorkflowFilter, WorkflowSelection};
use engine::{Timestamp, WorkflowId};

use super::Examination;
use crate::store::{StoreError, WorkflowStore, sqlite_examine as rows};

/// Lists are walked this many at a time.
const PAGE: usize = 200;
/// Workflows that are named in one finding.
const NAMED_MAX: usize = 5;

const LISTS: [(&str, WorkflowSelection); 3] = [
    ("active", WorkflowSelection::Active),
    ("failed", WorkflowSelection::Failed),
    ("recoverable", WorkflowSelection::Recoverable),
];

fn belongs(list: WorkflowSelection, status: &str, used: i64, budget: i64) -> bool {
    match list {
        WorkflowSelection::Active => matches!(status, "running" | "paused" | "recovering"),
        WorkflowSelection::Failed => status == "failed",
        WorkflowSelection::Recoverable => status == "failed" && used < budget,
        _ => true,
    }
}

impl Examination<'_> {
    pub(super) async fn lists(&mut self) -> Result<(), StoreError> {
        for (name, selection) in LISTS {
            let mut differs = self.differing(selection).await?;
            if !differs.is_empty() {
                // What moved in between is not counted: it would have to move every time.
                let again = self.differing(selection).await?;
                differs.retain(|id| again.contains(id));
            }
            if !differs.is_empty() {
                let named: Vec<_> = differs.iter().take(NAMED_MAX).map(|id| id.0).collect();
                let detail = format!(
                    "the list of {name} workflows is wrong about {} of them, such as {named:?}",
                    differs.len()
                );
                self.told(Invariant::I18, detail);
            }
        }
        Ok(())
    }

    /// The workflows that are in a list or in its definition, and not in both.
    async fn differing(
        &mut self,
        list: WorkflowSelection,
    ) -> Result<BTreeSet<WorkflowId>, StoreError> {
        let listed = self.listed(list).await?;
        let standings = rows::standings(&mut self.connection).await?;
        let meant: BTreeSet<_> = standings
            .into_iter()
            .filter(|(_, status, used, budget)| belongs(list, status, *used, *budget))
            .map(|(id, ..)| id)
            .collect();
        Ok(listed.symmetric_difference(&meant).copied().collect())
    }

    async fn listed(
        &mut self,
        selection: WorkflowSelection,
    ) -> Result<BTreeSet<WorkflowId>, StoreError> {
        let mut listed = BTreeSet::new();
        let mut before = None;
        loop {
            let filter = WorkflowFilter {
                selection,
                limit: PAGE,
                before,
                ..WorkflowFilter::default()
            };
            let page = self.store.list(&filter, Timestamp::default()).await?;
            let Some(last) = page.last() else {
                return Ok(listed);
            };
            before = Some(last.id);
            listed.extend(page.iter().map(|state| state.id));
        }
    }
}
