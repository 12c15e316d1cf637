//! What the server answers to a check and to a save, put onto the page.

use engine::Problem;
use engine::draft::{merged, step_of};
use leptos::prelude::*;

use super::browser;
use super::kept;
use super::state::BuilderState;
use crate::address;
use crate::api::ApiError;
use crate::api::definitions::builder::{BuilderNotice, SaveAnswer};

impl BuilderState {
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
                kept::forget(&self.path());
                self.is_touched.set(false);
                return Some(path);
            }
            Ok(SaveAnswer::Stay {
                notice,
                problems,
                replaces,
            }) => {
                let is_saved = matches!(notice, BuilderNotice::NotStarted { .. });
                if is_saved {
                    kept::forget(&self.path());
                    self.is_touched.set(false);
                }
                self.replaces.set(replaces);
                if is_saved {
                    // From now on it is the builder of what was saved.
                    address::show(&self.path());
                }
                self.watches.set(!problems.is_empty());
                self.problems.set(problems);
                self.notice.set(Some(notice));
                self.show_first_problem();
                if self
                    .problems
                    .with_untracked(|problems| !problems.is_empty())
                {
                    // The list of them says what was refused.
                    browser::focus_soon("problems".to_owned());
                    return None;
                }
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
