//! Which steps a step may not run after, because they already run after it, and the way in words.

use std::collections::VecDeque;

use super::DefinitionDraft;
use crate::id::StepIndex;

/// At most this many names of a way are told; of a longer one the ends.
const NAMES_TOLD: usize = 8;

/// Everything that runs after one step, directly or not, and by which way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downstream {
    step: StepIndex,
    /// For each step, the one before it on a shortest way from `step`; none when there is no way.
    before: Vec<Option<StepIndex>>,
}

impl Downstream {
    /// The way from the step to `candidate`, both included; none when `candidate` does not run
    /// after it. The step itself is a way of one.
    #[must_use]
    pub fn way_to(&self, candidate: StepIndex) -> Option<Vec<StepIndex>> {
        let mut way = vec![candidate];
        let mut current = candidate;
        while current != self.step {
            current = (*self.before.get(current)?)?;
            way.push(current);
        }
        way.reverse();
        Some(way)
    }

    /// Whether `candidate` is the step or runs after it.
    #[must_use]
    pub fn holds(&self, candidate: StepIndex) -> bool {
        candidate == self.step || self.before.get(candidate).is_some_and(Option::is_some)
    }
}

impl DefinitionDraft {
    /// Everything that runs after `step`. One walk answers for all check boxes of a form.
    #[must_use]
    pub fn downstream(&self, step: StepIndex) -> Downstream {
        let mut dependents = vec![Vec::new(); self.steps.len()];
        for (index, draft) in self.steps.iter().enumerate() {
            for &upstream in &draft.dependencies {
                if let Some(list) = dependents.get_mut(upstream) {
                    list.push(index);
                }
            }
        }
        let mut before = vec![None; self.steps.len()];
        let mut open = VecDeque::from([step]);
        while let Some(current) = open.pop_front() {
            for &next in dependents.get(current).map_or(&[][..], Vec::as_slice) {
                if next != step && before[next].is_none() {
                    before[next] = Some(current);
                    open.push_back(next);
                }
            }
        }
        Downstream { step, before }
    }

    /// Marks `step` and everything it runs after, directly or not.
    #[must_use]
    pub fn upstream(&self, step: StepIndex) -> Vec<bool> {
        let mut seen = vec![false; self.steps.len()];
        let mut open = vec![step];
        while let Some(current) = open.pop() {
            if let Some(mark) = seen.get_mut(current).filter(|mark| !**mark) {
                *mark = true;
                open.extend(&self.steps[current].dependencies);
            }
        }
        seen
    }

    /// Why `step` cannot run after `candidate`, in words; nothing when it can.
    #[must_use]
    pub fn would_close_circle(&self, step: StepIndex, candidate: StepIndex) -> Option<String> {
        self.circle_in_words(&self.downstream(step), candidate)
    }

    /// [`DefinitionDraft::would_close_circle`] with the walk already done.
    #[must_use]
    pub fn circle_in_words(&self, downstream: &Downstream, candidate: StepIndex) -> Option<String> {
        let way = downstream.way_to(candidate)?;
        if way.len() == 1 {
            return Some("a step cannot run after itself".into());
        }
        let title = |index: &StepIndex| self.step_title(*index);
        let told = format!(
            "{} already runs after {}",
            title(way.last()?),
            title(way.first()?)
        );
        // Only these are asked for their titles: a way may be thousands of steps long, and each step
        // of it is asked for its own.
        let names: Vec<_> = if way.len() > NAMES_TOLD {
            let (half, rest) = (NAMES_TOLD / 2, way.len() - NAMES_TOLD / 2);
            let first = way[..half].iter().map(title);
            let last = way[rest..].iter().map(title);
            first.chain(["…".to_owned()]).chain(last).collect()
        } else {
            way.iter().map(title).collect()
        };
        Some(format!("{told}: {}", names.join(" → ")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::StepDraft;
    use super::*;

    fn chain(names: &[&str]) -> DefinitionDraft {
        let mut draft = DefinitionDraft::default();
        for (index, name) in names.iter().enumerate() {
            let mut step = StepDraft::new(name, "noop");
            step.dependencies = index.checked_sub(1).into_iter().collect();
            draft.steps.push(step);
        }
        draft
    }

    #[test]
    fn a_step_that_already_runs_after_this_one_is_named_with_the_way() {
        let draft = chain(&["Validate", "Label", "Store"]);
        assert_eq!(
            draft.would_close_circle(0, 2).as_deref(),
            Some("Store already runs after Validate: Validate → Label → Store")
        );
        assert_eq!(draft.would_close_circle(2, 0), None);
        assert!(draft.would_close_circle(1, 1).is_some());
    }

    #[test]
    fn a_long_way_is_told_by_its_ends() {
        let names: Vec<_> = (0..100).map(|n| format!("S{n}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let words = chain(&names).would_close_circle(0, 99).unwrap();
        assert!(words.contains("S0 → S1 → S2 → S3 → … → S96"), "{words}");
    }

    #[test]
    fn a_draft_that_already_holds_a_circle_is_walked_to_its_end() {
        let mut draft = chain(&["A", "B"]);
        draft.steps[0].dependencies = vec![1];
        assert!(draft.would_close_circle(0, 1).is_some());
        assert!(draft.would_close_circle(1, 0).is_some());
    }
}
