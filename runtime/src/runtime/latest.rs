//! The latest versions of saved definitions, read and checked: many workflows are started of few.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{DefinitionId, WorkflowDefinition};

/// Most definitions that are remembered.
const KEPT_MAX: usize = 256;

/// A definition that may be started.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    pub(super) definition: Arc<WorkflowDefinition>,
    pub(super) hash: String,
    /// The saved definition it is, and its version.
    pub(super) source: Option<(DefinitionId, u32)>,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Latest(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// How often something was saved: what was read before a save may be outdated after it.
    saves: u64,
    known: HashMap<DefinitionId, Checked>,
}

impl Latest {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A panic elsewhere leaves at worst one entry fewer.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The latest version, if it is known.
    pub(super) fn get(&self, id: DefinitionId) -> Option<Checked> {
        self.kept().known.get(&id).cloned()
    }

    /// How often something was saved so far; taken before a version is read.
    pub(super) fn saves(&self) -> u64 {
        self.kept().saves
    }

    /// Remembers a version that was read when `saves` was so many.
    pub(super) fn keep(&self, id: DefinitionId, checked: Checked, saves: u64) {
        let mut kept = self.kept();
        if kept.saves != saves {
            return;
        }
        if kept.known.len() >= KEPT_MAX {
            kept.known.clear();
        }
        kept.known.insert(id, checked);
    }

    /// A version was saved: the one before it is not the latest any more.
    pub(super) fn saved(&self, id: DefinitionId) {
        let mut kept = self.kept();
        kept.saves += 1;
        kept.known.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use engine::StepDefinition;

    use super::*;

    fn version(version: u32) -> Checked {
        let steps = [StepDefinition::new("a", "noop")];
        let definition = WorkflowDefinition::new("N", &steps).unwrap();
        Checked {
            definition: definition.into(),
            hash: String::new(),
            source: Some((DefinitionId(1), version)),
        }
    }

    #[test]
    fn what_was_read_before_a_save_is_not_kept_after_it() {
        let latest = Latest::default();
        let id = DefinitionId(1);
        let saves = latest.saves();
        latest.keep(id, version(1), saves);
        assert_eq!(latest.get(id).unwrap().source, Some((id, 1)));
        // Somebody reads version 1 while version 2 is saved.
        let saves = latest.saves();
        latest.saved(id);
        latest.keep(id, version(1), saves);
        assert!(latest.get(id).is_none());
        latest.keep(id, version(2), latest.saves());
        assert_eq!(latest.get(id).unwrap().source, Some((id, 2)));
    }
}
