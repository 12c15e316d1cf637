//! What the builder holds while one edits in the browser.

use engine::draft::DefinitionDraft;
use engine::step_form::StepSpec;
use engine::{DefinitionId, Problem};
use leptos::prelude::*;

use super::browser;
use super::offers::Offered;
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
    /// What of that is in the form already: it was shown from there, or used.
    pub(super) json_known: StoredValue<Option<String>>,
    /// Grows when another text has to stand in the JSON field.
    pub json_drawn: RwSignal<u32>,
    /// A draft that can be brought back.
    pub offered: RwSignal<Option<Offered>>,
    /// Whether anything was typed or brought back since the page was drawn.
    pub is_touched: RwSignal<bool>,
    /// What is looked for among the steps.
    pub find: RwSignal<String>,
    /// Whether problems are kept up to date while one types.
    pub watches: RwSignal<bool>,
    /// The step types.
    pub specs: StoredValue<Vec<StepSpec>>,
    /// The id of the command that saves. Nothing is left to save under it once it is answered: the
    /// answer leads to another page, or says that nothing was saved.
    pub(super) command_id: StoredValue<String>,
    pub(super) save: SaveAction,
    pub(super) check: CheckAction,
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
            json_known: StoredValue::new(known_json(page)),
            json_drawn: RwSignal::new(0),
            offered: RwSignal::new(None),
            is_touched: RwSignal::new(false),
            find: RwSignal::new(page.find.clone()),
            watches: RwSignal::new(!page.problems.is_empty()),
            specs: StoredValue::new(page.specs.clone()),
            command_id: StoredValue::new(page.command_id.clone()),
            save,
            check,
        }
    }

    /// Whether a save is on its way.
    pub fn is_saving(self) -> Memo<bool> {
        self.save.pending()
    }

    /// Whether closing the tab would lose something that the person has not been told of.
    #[cfg(feature = "hydrate")]
    pub(super) fn is_unsaved(self) -> bool {
        // The way to the sign-in page leaves this one, and the draft waits here.
        let is_told = self.notice.with_untracked(|notice| {
            matches!(notice, Some(BuilderNotice::Error(ApiError::SignedOut)))
        });
        (self.is_touched.get_untracked() && !is_told) || self.is_json_waiting()
    }

    /// Whether a text stands in the JSON field that is nowhere else: it is not kept in the tab.
    #[cfg(feature = "hydrate")]
    fn is_json_waiting(self) -> bool {
        self.json.with_untracked(|json| {
            let text = json.as_deref().unwrap_or_default();
            let is_known = self
                .json_known
                .with_value(|known| known.as_deref() == Some(text));
            !text.trim().is_empty() && !is_known
        })
    }

    /// The URL of this builder, under which its unsaved draft is kept.
    pub fn path(self) -> String {
        match self.replaces.get_untracked() {
            Some((id, _)) => paths::edit_definition(id),
            None => paths::NEW_DEFINITION.to_owned(),
        }
    }

    /// What can be told without the server.
    pub(super) fn own_problems(self) -> Vec<Problem> {
        self.specs
            .with_value(|specs| self.draft.with_untracked(|draft| draft.check(specs)))
    }

    /// Keeps the unsaved draft in this tab, a large one after a pause in typing; after a pause
    /// also asks for problems anew when they are watched.
    pub(super) fn changed(self) {
        self.is_touched.set(true);
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
}

/// What came with the page as JSON, if the form says the same or it was used.
fn known_json(page: &BuilderPage) -> Option<String> {
    let json = page.json.as_ref()?;
    let is_known = page.notice == Some(BuilderNotice::JsonUsed)
        || *json == page.draft.as_json_text(&page.specs);
    is_known.then(|| json.clone())
}
