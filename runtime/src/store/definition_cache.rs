//! Definitions that are in memory already: ten thousand workflows of one definition share one.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use engine::WorkflowDefinition;

/// How many are kept although nobody uses them now.
const RECENT_MAX: usize = 16;

/// Frozen definitions by their hash. They never change, so none is ever outdated.
#[derive(Debug, Default)]
pub(super) struct DefinitionCache(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    used: HashMap<String, Weak<WorkflowDefinition>>,
    recent: VecDeque<Arc<WorkflowDefinition>>,
    /// When `used` is this large, what nobody uses any more is forgotten.
    tidy_at: usize,
}

impl DefinitionCache {
    /// The definition of this hash; `read` makes it when it is not there.
    pub(super) fn get_or<E>(
        &self,
        hash: &str,
        read: impl FnOnce() -> Result<WorkflowDefinition, E>,
    ) -> Result<Arc<WorkflowDefinition>, E> {
        if let Some(known) = self.get(hash) {
            return Ok(known);
        }
        let read = Arc::new(read()?);
        self.put(hash, &read);
        Ok(read)
    }

    /// The definition of this hash, if it is there.
    pub(super) fn get(&self, hash: &str) -> Option<Arc<WorkflowDefinition>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.used.get(hash)?.upgrade()
    }

    /// The definition of this hash; this one, when there was none.
    pub(super) fn share(
        &self,
        hash: &str,
        definition: &Arc<WorkflowDefinition>,
    ) -> Arc<WorkflowDefinition> {
        self.put(hash, definition);
        self.get(hash).unwrap_or_else(|| Arc::clone(definition))
    }

    pub(super) fn put(&self, hash: &str, definition: &Arc<WorkflowDefinition>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.used.get(hash);
        if before.is_some_and(|before| before.strong_count() > 0) {
            return;
        }
        if known.used.len() >= known.tidy_at {
            known.used.retain(|_, used| used.strong_count() > 0);
            known.tidy_at = 2 * known.used.len().max(RECENT_MAX);
        }
        known
            .used
            .insert(hash.to_owned(), Arc::downgrade(definition));
        known.recent.push_back(Arc::clone(definition));
        if known.recent.len() > RECENT_MAX {
            known.recent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::{Problem, StepDefinition};

    use super::*;

    fn read() -> Result<WorkflowDefinition, Vec<Problem>> {
        WorkflowDefinition::new("N", &[StepDefinition::new("a", "noop")])
    }

    #[test]
    fn what_comes_in_many_copies_is_held_once() {
        let cache = DefinitionCache::default();
        let copies: Vec<_> = (0..3).map(|_| Arc::new(read().unwrap())).collect();
        let held: Vec<_> = copies
            .iter()
            .map(|copy| cache.share("same", copy))
            .collect();
        assert!(held.iter().all(|one| Arc::ptr_eq(one, &copies[0])));
        let other = cache.share("other", &copies[1]);
        assert!(Arc::ptr_eq(&other, &copies[1]));
    }

    #[test]
    fn what_is_used_is_read_once_and_what_is_not_is_forgotten() {
        let cache = DefinitionCache::default();
        let used = cache.get_or("used", read).unwrap();
        for n in 0..1_000 {
            cache.get_or(&format!("other {n}"), read).unwrap();
        }
        let again = cache.get_or("used", || Err(vec![Problem::new("#", "read twice")]));
        assert!(Arc::ptr_eq(&used, &again.unwrap()));
        let known = cache.0.lock().unwrap();
        assert!(known.used.len() <= 4 * RECENT_MAX, "{}", known.used.len());
    }
}
