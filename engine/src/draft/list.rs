//! Adding, copying, removing and moving steps. Each keeps dependencies pointing at the steps they
//! meant.

use serde::{Deserialize, Serialize};

use super::{DefinitionDraft, StepDraft};
use crate::id::StepIndex;

/// The step that was removed last, and how it was tied to the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// Where it stood.
    at: StepIndex,
    /// The step; its dependencies are positions in the present list.
    step: StepDraft,
    /// What ran after it.
    followers: Vec<Follower>,
}

/// A step that ran after the removed one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Follower {
    /// Its position in the present list.
    place: StepIndex,
    /// What it runs after instead.
    bridged: Vec<StepIndex>,
}

impl Removed {
    /// What the removed step is called.
    #[must_use]
    pub fn title(&self) -> String {
        if self.step.name.trim().is_empty() {
            format!("Step {}", self.at + 1)
        } else {
            self.step.name.clone()
        }
    }
}

impl DefinitionDraft {
    /// Puts a step after another, running after it, or at the end with nothing to wait for;
    /// gives its position.
    pub fn add_step(&mut self, after: Option<StepIndex>, mut step: StepDraft) -> StepIndex {
        let place = after.map_or(self.steps.len(), |after| after + 1);
        self.point_anew(|old| Some(if old >= place { old + 1 } else { old }));
        step.dependencies = after.into_iter().collect();
        self.steps.insert(place, step);
        place
    }

    /// Puts a copy of a step after it, running after the same steps; gives its position. Its key
    /// is made from its name.
    pub(super) fn copy_step(&mut self, step: StepIndex) -> Option<StepIndex> {
        let original = self.steps.get(step)?;
        let numbered = original.name.trim_end_matches(|c: char| c.is_ascii_digit());
        let base = match numbered.strip_suffix(' ').unwrap_or(&original.name) {
            "" => &original.name,
            base => base,
        };
        let copy = StepDraft {
            name: self.free_name(base),
            key: String::new(),
            known_as: String::new(),
            ..original.clone()
        };
        let place = self.add_step(Some(step), copy);
        self.steps[place].dependencies = self.steps[step].dependencies.clone();
        Some(place)
    }

    /// Removes a step. What ran after it runs after what it ran after, so that a chain stays one.
    /// The step is kept aside until another one is removed.
    pub fn remove_step(&mut self, at: StepIndex) {
        if at >= self.steps.len() {
            return;
        }
        let step = self.steps.remove(at);
        let mut followers = Vec::new();
        for (index, other) in self.steps.iter_mut().enumerate() {
            if other.dependencies.contains(&at) {
                let bridged = step.dependencies.iter().copied();
                let bridged: Vec<_> = bridged
                    .filter(|before| !other.dependencies.contains(before))
                    .collect();
                other.dependencies.extend(&bridged);
                let place = if index >= at { index + 1 } else { index };
                followers.push(Follower { place, bridged });
            }
        }
        self.removed = Some(Box::new(Removed {
            at,
            step,
            followers,
        }));
        self.point_anew(|old| match old {
            old if old == at => None,
            old if old > at => Some(old - 1),
            old => Some(old),
        });
    }

    /// Puts the step that was removed last back where it was, with what it ran after and what ran
    /// after it as far as no circle came about since; gives its position.
    pub(super) fn bring_back(&mut self) -> Option<StepIndex> {
        let place = self.removed.as_ref()?.at.min(self.steps.len());
        self.point_anew(|old| Some(if old >= place { old + 1 } else { old }));
        let Removed {
            mut step,
            followers,
            ..
        } = *self.removed.take()?;
        let before = std::mem::take(&mut step.dependencies);
        self.steps.insert(place, step);
        for other in before {
            // What would close a circle now is left out.
            let _ = self.set_dependency(place, other, true);
        }
        for follower in followers {
            if let Some(step) = self.steps.get_mut(follower.place) {
                let bridged = follower.bridged;
                step.dependencies.retain(|other| !bridged.contains(other));
            }
            let _ = self.set_dependency(follower.place, place, true);
        }
        Some(place)
    }

    /// Exchanges two steps in the list, without a change to what runs after what.
    pub fn swap_steps(&mut self, one: StepIndex, other: StepIndex) -> bool {
        if one >= self.steps.len() || other >= self.steps.len() {
            return false;
        }
        self.steps.swap(one, other);
        self.point_anew(|old| {
            Some(match old {
                old if old == one => other,
                old if old == other => one,
                old => old,
            })
        });
        true
    }

    /// `base`, or `base 2`, `base 3` … when a step is already called so.
    pub(super) fn free_name(&self, base: &str) -> String {
        let taken = |name: &str| self.steps.iter().any(|step| step.name == name);
        if !taken(base) {
            return base.into();
        }
        (2..)
            .map(|number| format!("{base} {number}"))
            .find(|name| !taken(name))
            .unwrap_or_default()
    }

    /// Lets every dependency point where its step went; of those that went nowhere none is left.
    fn point_anew(&mut self, to: impl Fn(StepIndex) -> Option<StepIndex>) {
        let anew = |list: &mut Vec<StepIndex>| {
            *list = list.iter().copied().filter_map(&to).collect();
            list.sort_unstable();
            list.dedup();
        };
        for step in &mut self.steps {
            anew(&mut step.dependencies);
        }
        if let Some(removed) = &mut self.removed {
            anew(&mut removed.step.dependencies);
            removed.followers.retain_mut(|follower| {
                anew(&mut follower.bridged);
                let place = to(follower.place);
                follower.place = place.unwrap_or_default();
                place.is_some()
            });
        }
    }
}
