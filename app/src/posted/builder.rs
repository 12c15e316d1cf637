//! The builder's form, posted without scripts.

use engine::draft::form::{PostedForm, Press};
use engine::draft::{DefinitionDraft, step_of};
use engine::{Actor, DefinitionId, Service};

use super::{Pairs, PostedAnswer, PostedPage};
use crate::api::definitions::builder::{BuilderNotice, BuilderPage, SaveAnswer, SaveRequest};
use crate::api::definitions::save;

pub(super) async fn answer(
    service: &dyn Service,
    user: &Actor,
    id: Option<DefinitionId>,
    pairs: &Pairs,
) -> PostedAnswer {
    let Ok(specs) = service.step_types(user).await else {
        return PostedAnswer::DrawAsGet;
    };
    let sent = match super::command_id(pairs) {
        Ok(id) => id,
        Err(unreadable) => return unreadable,
    };
    let form = match PostedForm::read(pairs, &specs) {
        Ok(form) => form,
        Err(error) => return PostedAnswer::Unreadable(error.to_string()),
    };
    // Nothing is saved yet, so what is sent next from the same page has the same id.
    let command_id = sent.clone().unwrap_or_else(|| service.new_command_id());
    let mut page = BuilderPage::of(form.draft, specs, command_id);
    page.posted = true;
    page.replaces = id.map(|id| (id, form.base.unwrap_or(0)));
    page.shown = form.shown.min(page.draft.steps.len().saturating_sub(1));
    page.json = (!form.json.is_empty()).then_some(form.json);
    page.find = form.find;
    if let Err(error) = save::must_edit(user) {
        page.status = error.status();
        page.notice = Some(BuilderNotice::Error(error));
        return draw(page);
    }
    match form.press {
        Press::Update => {}
        Press::Edit(edit) => page.shown = page.draft.edit(&edit, page.shown, &page.specs),
        Press::Check => check(service, &mut page).await,
        Press::ShowJson => page.json = Some(page.draft.as_json_text(&page.specs)),
        Press::UseJson => use_json(&mut page),
        Press::Save { start, over } => {
            if let (Some((id, _)), Some(version)) = (page.replaces, over) {
                page.replaces = Some((id, version));
            }
            if let Some(path) = save_it(service, user, &mut page, (start, sent)).await {
                return PostedAnswer::SeeOther(path);
            }
        }
    }
    draw(page)
}

fn draw(page: BuilderPage) -> PostedAnswer {
    PostedAnswer::Draw(Box::new(PostedPage::Builder(page)))
}

/// Puts onto the page what is wrong with what is on it.
async fn check(service: &dyn Service, page: &mut BuilderPage) {
    let notice = match save::problems(service, &page.draft, &page.specs).await {
        Ok(problems) if problems.is_empty() => BuilderNotice::NoProblems,
        Ok(problems) => {
            page.problems = problems;
            BuilderNotice::Problems
        }
        Err(error) => {
            page.status = error.status();
            BuilderNotice::Error(error)
        }
    };
    page.notice = Some(notice);
}

fn use_json(page: &mut BuilderPage) {
    let text = page.json.clone().unwrap_or_default();
    match DefinitionDraft::from_json_text(&text, &page.specs) {
        Ok(draft) => {
            page.draft = draft;
            page.shown = 0;
            page.notice = Some(BuilderNotice::JsonUsed);
        }
        Err(problems) => {
            page.status = 422;
            page.notice = Some(BuilderNotice::JsonRefused(problems));
        }
    }
}

/// Saves what is on the page; gives where to go, or puts onto the page why not.
async fn save_it(
    service: &dyn Service,
    user: &Actor,
    page: &mut BuilderPage,
    (start, command_id): (bool, Option<String>),
) -> Option<String> {
    let request = SaveRequest {
        draft: page.draft.clone(),
        replaces: page.replaces,
        start,
        command_id,
    };
    match save::save(service, user, request).await {
        Ok(SaveAnswer::GoTo(path)) => return Some(path),
        Ok(SaveAnswer::Stay {
            notice,
            problems,
            replaces,
        }) => {
            page.status = match notice {
                BuilderNotice::Conflict { .. } => 409,
                BuilderNotice::NotStarted { ref error, .. } => error.status(),
                _ => 422,
            };
            page.replaces = replaces;
            let first = problems.iter().find_map(step_of);
            let shown_has_one = problems.iter().any(|p| step_of(p) == Some(page.shown));
            if let Some(step) = first.filter(|_| !shown_has_one) {
                page.shown = step.min(page.draft.steps.len().saturating_sub(1));
            }
            page.problems = problems;
            page.notice = Some(notice);
        }
        Err(error) => {
            page.status = error.status();
            page.notice = Some(BuilderNotice::Error(error));
        }
    }
    None
}
