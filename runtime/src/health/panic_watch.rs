//! Which step types break again and again: three panics within 60 s, and no attempt of that type
//! starts until an owner allows it again.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use engine::Timestamp;
use tokio::time::Instant;

const PANICS: usize = 3;
const WITHIN: Duration = Duration::from_secs(60);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct PanicWatch {
    recent: HashMap<String, VecDeque<Instant>>,
    disabled: BTreeMap<String, Timestamp>,
}

impl PanicWatch {
    /// An attempt of this step type panicked. True when the type is disabled from now on.
    pub(super) fn panicked(&mut self, task_type: &str, steady: Instant, now: Timestamp) -> bool {
        if self.disabled.contains_key(task_type) {
            return false;
        }
        let recent = self.recent.entry(task_type.to_owned()).or_default();
        recent.push_back(steady);
        while recent
            .front()
            .is_some_and(|first| steady.saturating_duration_since(*first) > WITHIN)
        {
            recent.pop_front();
        }
        if recent.len() < PANICS {
            return false;
        }
        self.recent.remove(task_type);
        self.disabled.insert(task_type.to_owned(), now);
        true
    }

    /// Whether none of its attempts may start.
    pub(super) fn is_disabled(&self, task_type: &str) -> bool {
        self.disabled.contains_key(task_type)
    }

    /// The step types that are disabled, and since when.
    pub(super) fn disabled(&self) -> impl Iterator<Item = (&str, Timestamp)> {
        self.disabled
            .iter()
            .map(|(name, since)| (name.as_str(), *since))
    }

    /// An owner allows them all again. True when there were any.
    pub(super) fn allow_all(&mut self) -> bool {
        let had_any = !self.disabled.is_empty();
        self.disabled.clear();
        had_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1);

    #[tokio::test(start_paused = true)]
    async fn three_panics_of_one_type_within_a_minute_disable_it_and_no_other() {
        let begun = Instant::now();
        let after = |seconds| begun + Duration::from_secs(seconds);
        let mut watch = PanicWatch::default();
        assert!(!watch.panicked("a", after(0), NOW));
        assert!(!watch.panicked("a", after(30), NOW));
        assert!(!watch.panicked("b", after(31), NOW));
        assert!(!watch.panicked("a", after(61), NOW), "the first is too old");
        assert!(watch.panicked("a", after(90), NOW));
        assert!(!watch.panicked("a", after(90), NOW), "told once");
        assert!(watch.is_disabled("a") && !watch.is_disabled("b"));
        assert_eq!(watch.disabled().collect::<Vec<_>>(), [("a", NOW)]);
        assert!(watch.allow_all());
        assert!(!watch.is_disabled("a") && !watch.allow_all());
        assert!(!watch.panicked("a", after(91), NOW), "it begins anew");
    }
}
