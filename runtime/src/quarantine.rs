//! Which workflows are aside, known to everybody in the process, and how often something that must
//! always hold did not.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use engine::{JobOrchestratorError, Refusal, WorkflowId};

use crate::store::Quarantined;

type Aside = BTreeMap<WorkflowId, Quarantined>;

/// Clones are the same quarantine.
#[derive(Debug, Clone, Default)]
pub(crate) struct Quarantine {
    aside: Arc<RwLock<Aside>>,
    breaches: Arc<AtomicU64>,
}

impl Quarantine {
    /// With those that were put aside before.
    pub(crate) fn with(before: Vec<Quarantined>) -> Self {
        let aside: Aside = before.into_iter().map(|one| (one.workflow, one)).collect();
        Self {
            aside: Arc::new(RwLock::new(aside)),
            breaches: Arc::default(),
        }
    }

    fn aside(&self) -> RwLockReadGuard<'_, Aside> {
        self.aside.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wrong with the workflow, in words, if it is aside.
    pub(crate) fn cause(&self, id: WorkflowId) -> Option<String> {
        self.aside().get(&id).map(|one| one.cause.clone())
    }

    /// All that are aside.
    pub(crate) fn all(&self) -> Vec<Quarantined> {
        self.aside().values().cloned().collect()
    }

    /// Puts a workflow aside, and says whether it was not aside before.
    pub(crate) fn put(&self, workflow: Quarantined) -> bool {
        let mut aside = self.aside.write().unwrap_or_else(PoisonError::into_inner);
        aside.insert(workflow.workflow, workflow).is_none()
    }

    /// The workflow is deleted.
    pub(crate) fn take(&self, id: WorkflowId) {
        let mut aside = self.aside.write().unwrap_or_else(PoisonError::into_inner);
        aside.remove(&id);
    }

    /// Counts findings.
    pub(crate) fn count(&self, found: usize) {
        self.breaches.fetch_add(found as u64, Ordering::Relaxed);
    }

    /// How many there were since the start.
    pub(crate) fn counted(&self) -> u64 {
        self.breaches.load(Ordering::Relaxed)
    }
}

/// What is answered to a command for a workflow that is aside.
pub(crate) fn refused(cause: String) -> JobOrchestratorError {
    Refusal::Quarantined { cause }.into()
}
