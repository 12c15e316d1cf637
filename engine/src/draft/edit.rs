//! The edits of a draft. Each keeps dependencies pointing at the steps they meant.

use std::collections::BTreeMap;
use std::fmt;

use super::{DefinitionDraft, StepDraft};
use crate::id::StepIndex;
use crate::step_form::StepSpec;

/// One press in the builder. As text (`add:delay`) it is the value of a form's button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftEdit {
    /// Shows a step's form.
    Select(StepIndex),
    /// Adds a step of a kind after the shown one, and shows it.
    Add(String),
    /// Removes a step; what ran after it runs after what it ran after.
    Remove(StepIndex),
    /// Moves a step up in the list.
    Up(StepIndex),
    /// Moves a step down in the list.
    Down(StepIndex),
    /// Fills the empty fields of a step with its kind's example.
    Example(StepIndex),
    /// Lets a step run after all steps listed above it that it can run after.
    AfterAll(StepIndex),
    /// Lets a step run after nothing, so that it starts at once.
    AfterNone(StepIndex),
}

impl fmt::Display for DraftEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Select(step) => write!(f, "select:{step}"),
            Self::Add(kind) => write!(f, "add:{kind}"),
            Self::Remove(step) => write!(f, "remove:{step}"),
            Self::Up(step) => write!(f, "up:{step}"),
            Self::Down(step) => write!(f, "down:{step}"),
            Self::Example(step) => write!(f, "example:{step}"),
            Self::AfterAll(step) => write!(f, "after_all:{step}"),
            Self::AfterNone(step) => write!(f, "after_none:{step}"),
        }
    }
}

impl DraftEdit {
    /// Reads the value of a button; nothing when it is no edit.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let (word, of) = text.split_once(':')?;
        let step = || of.parse().ok();
        match word {
            "add" => Some(Self::Add(of.into())),
            "select" => step().map(Self::Select),
            "remove" => step().map(Self::Remove),
            "up" => step().map(Self::Up),
            "down" => step().map(Self::Down),
            "example" => step().map(Self::Example),
            "after_all" => step().map(Self::AfterAll),
            "after_none" => step().map(Self::AfterNone),
            _ => None,
        }
    }
}

impl DefinitionDraft {
    /// Carries out one press while the form of `shown` is open, and gives the step whose form is
    /// open afterwards. A press about a step that does not exist changes nothing.
    pub fn edit(&mut self, edit: &DraftEdit, shown: StepIndex, specs: &[StepSpec]) -> StepIndex {
        match edit {
            DraftEdit::Select(step) if *step < self.steps.len() => return *step,
            DraftEdit::Select(_) => {}
            DraftEdit::Add(kind) => {
                let title = title_of(kind, specs);
                let after = (shown < self.steps.len()).then_some(shown);
                return self.add_step(after, StepDraft::new(&self.free_name(title), kind));
            }
            DraftEdit::Remove(step) => {
                self.remove_step(*step);
                if shown > *step || shown >= self.steps.len() {
                    return shown.saturating_sub(1);
                }
            }
            DraftEdit::Up(step) => {
                if let Some(above) = step.checked_sub(1)
                    && self.swap_steps(above, *step)
                {
                    return above;
                }
            }
            DraftEdit::Down(step) => {
                let below = step.saturating_add(1);
                if self.swap_steps(*step, below) {
                    return below;
                }
            }
            DraftEdit::Example(step) => self.fill_in_example(*step, specs),
            DraftEdit::AfterAll(step) => self.run_after_all_above(*step),
            DraftEdit::AfterNone(step) => {
                if let Some(step) = self.steps.get_mut(*step) {
                    step.dependencies.clear();
                }
            }
        }
        shown
    }

    /// Puts a step after another, running after it, or at the end with nothing to wait for;
    /// gives its position.
    pub fn add_step(&mut self, after: Option<StepIndex>, mut step: StepDraft) -> StepIndex {
        let place = after.map_or(self.steps.len(), |after| after + 1);
        self.point_anew(|old| Some(if old >= place { old + 1 } else { old }));
        step.dependencies = after.into_iter().collect();
        self.steps.insert(place, step);
        place
    }

    /// Removes a step. What ran after it runs after what it ran after, so that a chain stays one.
    pub fn remove_step(&mut self, removed: StepIndex) {
        if removed >= self.steps.len() {
            return;
        }
        let step = self.steps.remove(removed);
        for other in &mut self.steps {
            if other.dependencies.contains(&removed) {
                other.dependencies.extend(&step.dependencies);
            }
        }
        self.point_anew(|old| match old {
            old if old == removed => None,
            old if old > removed => Some(old - 1),
            old => Some(old),
        });
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

    /// Gives a step another kind. Fields of the kind it had are kept aside and come back with it;
    /// a field that both kinds have keeps its text. A name made from the kind follows it.
    pub fn change_kind(&mut self, index: StepIndex, kind: &str, specs: &[StepSpec]) {
        let Some(step) = self.steps.get_mut(index).filter(|s| s.task_type != kind) else {
            return;
        };
        let named_after_kind = step
            .name
            .strip_prefix(title_of(&step.task_type, specs))
            .is_some_and(|rest| rest.trim_start().bytes().all(|b| b.is_ascii_digit()));
        kind.clone_into(&mut step.task_type);
        step.kept.append(&mut step.config);
        let spec = specs.iter().find(|spec| spec.task_type == kind);
        for field in spec.into_iter().flat_map(|spec| &spec.fields) {
            if let Some(text) = step.kept.remove(&field.name) {
                step.config.insert(field.name.clone(), text);
            }
        }
        if named_after_kind {
            step.name.clear();
            let name = self.free_name(title_of(kind, specs));
            self.steps[index].name = name;
        }
    }

    /// Lets `step` run after `other`, or no longer.
    ///
    /// # Errors
    /// The circle that it would close, in words.
    pub fn set_dependency(
        &mut self,
        step: StepIndex,
        other: StepIndex,
        on: bool,
    ) -> Result<(), String> {
        if on && let Some(circle) = self.would_close_circle(step, other) {
            return Err(circle);
        }
        let count = self.steps.len();
        let Some(list) = self.steps.get_mut(step).map(|s| &mut s.dependencies) else {
            return Ok(());
        };
        list.retain(|dependency| *dependency != other);
        if on && other < count {
            list.push(other);
            list.sort_unstable();
        }
        Ok(())
    }

    fn run_after_all_above(&mut self, step: StepIndex) {
        let downstream = self.downstream(step);
        if let Some(draft) = self.steps.get_mut(step) {
            draft.dependencies = (0..step)
                .filter(|other| !downstream.holds(*other))
                .collect();
        }
    }

    fn fill_in_example(&mut self, index: StepIndex, specs: &[StepSpec]) {
        let Some(step) = self.steps.get_mut(index) else {
            return;
        };
        let Some(spec) = specs.iter().find(|spec| spec.task_type == step.task_type) else {
            return;
        };
        let example: BTreeMap<_, _> = spec
            .fields
            .iter()
            .filter_map(|field| {
                let value = spec.example.get(&field.name)?;
                Some((field.name.clone(), field.to_text(value)))
            })
            .collect();
        for (name, text) in example {
            let typed = step.config.entry(name).or_default();
            if typed.trim().is_empty() {
                *typed = text;
            }
        }
    }

    /// `base`, or `base 2`, `base 3` … when a step is already called so.
    fn free_name(&self, base: &str) -> String {
        let taken = |name: &str| self.steps.iter().any(|step| step.name == name);
        if !taken(base) {
            return base.into();
        }
        (2..)
            .map(|number| format!("{base} {number}"))
            .find(|name| !taken(name))
            .unwrap_or_default()
    }

    fn point_anew(&mut self, to: impl Fn(StepIndex) -> Option<StepIndex>) {
        for step in &mut self.steps {
            step.dependencies = step.dependencies.iter().copied().filter_map(&to).collect();
            step.dependencies.sort_unstable();
            step.dependencies.dedup();
        }
    }
}

fn title_of<'a>(kind: &'a str, specs: &'a [StepSpec]) -> &'a str {
    specs
        .iter()
        .find(|spec| spec.task_type == kind)
        .map_or(kind, |spec| &spec.title)
}
