//! What each press and each letter does to the draft: the same edits as on the server, without a
//! round trip.

use engine::draft::form::{Press, names};
use engine::draft::{DefinitionDraft, DraftEdit, StepDraft};
use leptos::prelude::*;

use super::browser::{self, Typed};
use super::state::BuilderState;
use crate::api::definitions::builder::{BuilderNotice, SaveRequest};
use crate::components::problem_list::STEP_NAME_ID;

impl BuilderState {
    /// Takes over what was typed before the page came alive.
    pub fn take_over(self, typed: &[(String, String)]) {
        if let Some((_, find)) = typed.iter().find(|(name, _)| name == names::FIND) {
            self.find.set(find.clone());
        }
        let json = typed.iter().find(|(name, _)| name == names::JSON);
        if let Some((_, json)) = json.filter(|(_, json)| !json.is_empty()) {
            self.json.set(Some(json.clone()));
        }
        let shown = self.shown.get_untracked();
        let mut draft = self.draft.get_untracked();
        let before = draft.steps.get(shown).map(|step| step.task_type.clone());
        self.specs
            .with_value(|specs| draft.merge(typed, shown, specs));
        let after = draft.steps.get(shown).map(|step| step.task_type.clone());
        if draft != self.draft.get_untracked() {
            self.draft.set(draft);
            self.is_touched.set(true);
        }
        if before != after {
            self.step_drawn.update(|n| *n += 1);
        }
    }

    /// Takes one change of one field.
    pub fn typed(self, typed: Typed) {
        match typed.name.as_str() {
            names::JSON => return self.json.set(Some(typed.value)),
            names::FIND => return self.find.set(typed.value),
            _ => {}
        }
        let shown = self.shown.get_untracked();
        let mut draw = typed.name == names::STEP_TASK_TYPE;
        self.draft.update(|draft| {
            if matches!(typed.name.as_str(), names::STEP_NAME | names::STEP_KEY) {
                let texts = |step: &StepDraft| (step.config.clone(), step.condition.clone());
                let before = draft.steps.get(shown).map(texts);
                let pairs = [(typed.name, typed.value)];
                self.specs
                    .with_value(|specs| draft.merge(&pairs, shown, specs));
                // References of the open step itself may have followed a key.
                draw = before != draft.steps.get(shown).map(texts);
            } else if typed.name == names::STEP_AFTER {
                let other = typed.value.parse().unwrap_or(usize::MAX);
                draw = draft.set_dependency(shown, other, typed.on).is_err();
            } else {
                let pairs = [(typed.name, typed.value)];
                self.specs
                    .with_value(|specs| draft.merge(&pairs, shown, specs));
            }
        });
        if draw {
            self.step_drawn.update(|n| *n += 1);
        }
        self.changed();
    }

    /// Does what a button asks. `focus` is the id that is to be focused afterwards.
    pub fn press(self, press: Press, focus: Option<String>) {
        match press {
            Press::Update => {}
            Press::Edit(edit) => self.edit(&edit, focus),
            Press::Check => {
                self.watches.set(true);
                self.notice.set(None);
                self.check.dispatch(self.draft.get_untracked());
            }
            Press::ShowJson => {
                let text = self.specs.with_value(|specs| {
                    self.draft.with_untracked(|draft| draft.as_json_text(specs))
                });
                self.json_known.set_value(Some(text.clone()));
                self.json.set(Some(text));
                self.json_drawn.update(|n| *n += 1);
            }
            Press::UseJson => self.use_json(),
            Press::Save { start, over } => {
                if let (Some((id, _)), Some(version)) = (self.replaces.get_untracked(), over) {
                    self.replaces.set(Some((id, version)));
                }
                self.keep();
                self.save.dispatch(SaveRequest {
                    draft: self.draft.get_untracked(),
                    replaces: self.replaces.get_untracked(),
                    start,
                    command_id: Some(self.command_id.get_value()),
                });
            }
        }
    }

    fn edit(self, edit: &DraftEdit, focus: Option<String>) {
        let shown = self.shown.get_untracked();
        let now_shown = self.specs.with_value(|specs| {
            if matches!(edit, DraftEdit::Select(_)) {
                // Looking at a step changes nothing of it.
                self.draft
                    .with_untracked(|draft| draft.clone().edit(edit, shown, specs))
            } else {
                let mut now = shown;
                self.draft
                    .update(|draft| now = draft.edit(edit, shown, specs));
                now
            }
        });
        self.shown.set(now_shown);
        self.step_drawn.update(|n| *n += 1);
        match (focus, edit) {
            (Some(id), _) => browser::focus_soon(id),
            (None, DraftEdit::Add(_) | DraftEdit::Copy(_)) => {
                browser::select_soon(STEP_NAME_ID.to_owned());
            }
            (None, DraftEdit::Remove(_) | DraftEdit::Undo) => {
                browser::focus_soon("step".to_owned());
            }
            _ => {}
        }
        if !matches!(edit, DraftEdit::Select(_)) {
            if self.watches.get_untracked() {
                // Positions moved, so the old problems would stand at the wrong steps.
                self.problems.set(self.own_problems());
            }
            self.changed();
        }
    }

    fn use_json(self) {
        let text = self.json.get_untracked().unwrap_or_default();
        let read = self
            .specs
            .with_value(|specs| DefinitionDraft::from_json_text(&text, specs));
        match read {
            Ok(draft) => {
                self.replace(draft);
                self.json_known.set_value(Some(text));
                self.notice.set(Some(BuilderNotice::JsonUsed));
            }
            Err(problems) => self.notice.set(Some(BuilderNotice::JsonRefused(problems))),
        }
        browser::focus_soon("notice".to_owned());
    }

    /// Puts another draft into the form.
    pub fn replace(self, draft: DefinitionDraft) {
        self.is_touched.set(true);
        self.draft.set(draft);
        self.shown.set(0);
        self.problems.set(Vec::new());
        self.watches.set(false);
        self.step_drawn.update(|n| *n += 1);
        self.all_drawn.update(|n| *n += 1);
        self.keep();
    }
}
