//! What the builder holds while one edits in the browser, and what each press and each letter does
//! to it: the same edits as on the server, without a round trip.

use engine::draft::form::{Press, names};
use engine::draft::{DefinitionDraft, DraftEdit, merged, step_of};
use engine::step_form::StepSpec;
use engine::{DefinitionId, Problem};
use leptos::prelude::*;

use super::browser::{self, Kept, Typed};
use crate::api::ApiError;
use crate::api::definitions::builder::{BuilderNotice, BuilderPage, SaveAnswer, SaveRequest};
use crate::paths;

/// Saves; the answer says where to go or why to stay.
pub type SaveAction = Action<SaveRequest, Result<SaveAnswer, ApiError>>;
/// Asks the server for every problem of a draft.
pub type CheckAction = Action<DefinitionDraft, Result<Vec<Problem>, ApiError>>;

/// Up to so many steps the draft is kept at each letter.
const SMALL: usize = 100;

/// The builder's state: signals, so that each part of the page follows what it shows.
#[derive(Clone, Copy)]
pub struct BuilderState {
    /// What is typed.
    pub draft: RwSignal<DefinitionDraft>,
    /// The step whose form is open.
    pub shown: RwSignal<usize>,
    /// Grows when the open step's form must be drawn anew: another text has to stand in it.
    pub step_drawn: RwSignal<u32>,
    /// Grows when the whole form must be drawn anew.
    pub all_drawn: RwSignal<u32>,
    /// What is wrong, once somebody asked.
    pub problems: RwSignal<Vec<Problem>>,
    /// What was done or refused.
    pub notice: RwSignal<Option<BuilderNotice>>,
    /// What the draft replaces.
    pub replaces: RwSignal<Option<(DefinitionId, u32)>>,
    /// What is typed as JSON, when that is open.
    pub json: RwSignal<Option<String>>,
    /// Grows when another text has to stand in the JSON field.
    pub json_drawn: RwSignal<u32>,
    /// A draft that was not saved the last time, offered.
    pub offered: RwSignal<Option<Kept>>,
    /// Whether problems are kept up to date while one types.
    pub watches: RwSignal<bool>,
    /// The step types.
    pub specs: StoredValue<Vec<StepSpec>>,
    save: SaveAction,
    check: CheckAction,
}

impl BuilderState {
    /// The state of a page as it was drawn.
    pub fn of(page: &BuilderPage, save: SaveAction, check: CheckAction) -> Self {
        Self {
            draft: RwSignal::new(page.draft.clone()),
            shown: RwSignal::new(page.shown),
            step_drawn: RwSignal::new(0),
            all_drawn: RwSignal::new(0),
            problems: RwSignal::new(page.problems.clone()),
            notice: RwSignal::new(page.notice.clone()),
            replaces: RwSignal::new(page.replaces),
            json: RwSignal::new(page.json.clone()),
            json_drawn: RwSignal::new(0),
            offered: RwSignal::new(None),
            watches: RwSignal::new(!page.problems.is_empty()),
            specs: StoredValue::new(page.specs.clone()),
            save,
            check,
        }
    }

    /// Whether a save is on its way.
    pub fn is_saving(self) -> Memo<bool> {
        self.save.pending()
    }

    /// The URL of this builder, under which its unsaved draft is kept.
    pub fn path(self) -> String {
        match self.replaces.get_untracked() {
            Some((id, _)) => paths::edit_definition(id),
            None => paths::NEW_DEFINITION.to_owned(),
        }
    }

    /// Takes over what was typed before the page came alive.
    pub fn take_over(self, typed: &[(String, String)]) {
        let shown = self.shown.get_untracked();
        let mut draft = self.draft.get_untracked();
        let before = draft.steps.get(shown).map(|step| step.task_type.clone());
        self.specs
            .with_value(|specs| draft.merge(typed, shown, specs));
        let after = draft.steps.get(shown).map(|step| step.task_type.clone());
        if draft != self.draft.get_untracked() {
            self.draft.set(draft);
        }
        if before != after {
            self.step_drawn.update(|n| *n += 1);
        }
    }

    /// Takes one change of one field.
    pub fn typed(self, typed: Typed) {
        if typed.name == names::JSON {
            self.json.set(Some(typed.value));
            return;
        }
        let shown = self.shown.get_untracked();
        let mut draw = typed.name == names::STEP_TASK_TYPE;
        self.draft.update(|draft| {
            if typed.name == names::STEP_AFTER {
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
        let focus = focus.or_else(|| match edit {
            DraftEdit::Add(_) => Some("step-name".to_owned()),
            DraftEdit::Remove(_) => Some("step".to_owned()),
            _ => None,
        });
        if let Some(id) = focus {
            browser::focus_soon(id);
        }
        if !matches!(edit, DraftEdit::Select(_)) {
            if self.watches.get_untracked() {
                // Positions moved, so the old problems would stand at the wrong steps.
                self.problems.set(self.own_problems());
            }
            self.changed();
        }
    }

    fn own_problems(self) -> Vec<Problem> {
        self.specs
            .with_value(|specs| self.draft.with_untracked(|draft| draft.check(specs)))
    }

    fn use_json(self) {
        let text = self.json.get_untracked().unwrap_or_default();
        let read = self
            .specs
            .with_value(|specs| DefinitionDraft::from_json_text(&text, specs));
        match read {
            Ok(draft) => {
                self.replace(draft);
                self.notice.set(Some(BuilderNotice::JsonUsed));
            }
            Err(problems) => self.notice.set(Some(BuilderNotice::JsonRefused(problems))),
        }
        browser::focus_soon("notice".to_owned());
    }

    /// Puts another draft into the form.
    pub fn replace(self, draft: DefinitionDraft) {
        self.draft.set(draft);
        self.shown.set(0);
        self.problems.set(Vec::new());
        self.watches.set(false);
        self.step_drawn.update(|n| *n += 1);
        self.all_drawn.update(|n| *n += 1);
        self.keep();
    }

    /// Keeps the unsaved draft in this tab, a large one after a pause in typing; after a pause
    /// also asks for problems anew when they are watched.
    fn changed(self) {
        let is_small = self
            .draft
            .with_untracked(|draft| draft.steps.len() <= SMALL);
        if is_small {
            self.keep();
        }
        browser::after_a_pause(move || {
            if !is_small {
                self.keep();
            }
            if self.watches.get_untracked() {
                self.check.dispatch(self.draft.get_untracked());
            }
        });
    }

    fn keep(self) {
        let kept = Kept {
            draft: self.draft.get_untracked(),
            base: self.replaces.get_untracked().map(|(_, base)| base),
        };
        browser::keep(&self.path(), &kept);
    }

    /// Shows what the server found.
    pub fn checked(self, answer: Result<Vec<Problem>, ApiError>) {
        match answer {
            Ok(problems) => {
                let problems = merged(self.own_problems(), problems);
                self.notice
                    .set(problems.is_empty().then_some(BuilderNotice::NoProblems));
                self.problems.set(problems);
            }
            Err(error) => self.notice.set(Some(BuilderNotice::Error(error))),
        }
    }

    /// Shows what came of saving; gives where to go.
    pub fn saved(self, answer: Result<SaveAnswer, ApiError>) -> Option<String> {
        match answer {
            Ok(SaveAnswer::GoTo(path)) => {
                browser::forget(&self.path());
                return Some(path);
            }
            Ok(SaveAnswer::Stay {
                notice,
                problems,
                replaces,
            }) => {
                if matches!(notice, BuilderNotice::NotStarted { .. }) {
                    browser::forget(&self.path());
                }
                self.replaces.set(replaces);
                self.watches.set(!problems.is_empty());
                self.problems.set(problems);
                self.notice.set(Some(notice));
                self.show_first_problem();
            }
            Err(error) => self.notice.set(Some(BuilderNotice::Error(error))),
        }
        browser::focus_soon("notice".to_owned());
        None
    }

    /// Opens the first step with a problem, unless the open one has some.
    fn show_first_problem(self) {
        let shown = self.shown.get_untracked();
        let steps: Vec<_> = self
            .problems
            .with_untracked(|problems| problems.iter().filter_map(step_of).collect());
        let count = self.draft.with_untracked(|draft| draft.steps.len());
        if let Some(first) = steps.first().filter(|first| **first < count)
            && !steps.contains(&shown)
        {
            self.shown.set(*first);
            self.step_drawn.update(|n| *n += 1);
        }
    }
}
