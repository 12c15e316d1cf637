//! The edits of a draft, as presses of buttons.

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
    /// Adds a copy of a step after it, and shows it.
    Copy(StepIndex),
    /// Removes a step; what ran after it runs after what it ran after.
    Remove(StepIndex),
    /// Brings the step that was removed last back, and shows it.
    Undo,
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
            Self::Copy(step) => write!(f, "copy:{step}"),
            Self::Remove(step) => write!(f, "remove:{step}"),
            Self::Undo => write!(f, "undo"),
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
        if text == "undo" {
            return Some(Self::Undo);
        }
        let (word, of) = text.split_once(':')?;
        let step = || of.parse().ok();
        match word {
            "add" => Some(Self::Add(of.into())),
            "select" => step().map(Self::Select),
            "copy" => step().map(Self::Copy),
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
        let now_shown = self.carry_out(edit, shown, specs);
        self.follow_keys();
        now_shown.unwrap_or(shown)
    }

    /// Gives the step to show, when it is another one.
    fn carry_out(
        &mut self,
        edit: &DraftEdit,
        shown: StepIndex,
        specs: &[StepSpec],
    ) -> Option<StepIndex> {
        match edit {
            DraftEdit::Select(step) => (*step < self.steps.len()).then_some(*step),
            DraftEdit::Add(kind) => {
                let title = title_of(kind, specs);
                let after = (shown < self.steps.len()).then_some(shown);
                Some(self.add_step(after, StepDraft::new(&self.free_name(title), kind)))
            }
            DraftEdit::Copy(step) => self.copy_step(*step),
            DraftEdit::Remove(step) => {
                self.remove_step(*step);
                let moves = shown > *step || shown >= self.steps.len();
                moves.then(|| shown.saturating_sub(1))
            }
            DraftEdit::Undo => self.bring_back(),
            DraftEdit::Up(step) => {
                let above = step.checked_sub(1)?;
                self.swap_steps(above, *step).then_some(above)
            }
            DraftEdit::Down(step) => {
                let below = step.saturating_add(1);
                self.swap_steps(*step, below).then_some(below)
            }
            DraftEdit::Example(step) => {
                self.fill_in_example(*step, specs);
                None
            }
            DraftEdit::AfterAll(step) => {
                self.run_after_all_above(*step);
                None
            }
            DraftEdit::AfterNone(step) => {
                self.steps.get_mut(*step)?.dependencies.clear();
                None
            }
        }
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
}

fn title_of<'a>(kind: &'a str, specs: &'a [StepSpec]) -> &'a str {
    specs
        .iter()
        .find(|spec| spec.task_type == kind)
        .map_or(kind, |spec| &spec.title)
}
