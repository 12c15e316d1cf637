//! The builder's page, for a new definition and for the next version of one.

use engine::DefinitionId;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::definition_detail::trail;
use crate::api::definitions::builder::{
    BuilderPage, check_definition, open_builder, save_definition,
};
use crate::components::definition_form::DefinitionForm;
use crate::components::page_header::PageHeader;
use crate::pages::problem::ProblemPage;
use crate::{format, paths};

/// The builder.
#[component]
pub fn DefinitionEditorPage() -> impl IntoView {
    let params = use_params_map();
    // A text that is no number is the number of nothing.
    let id = Memo::new(move |_| {
        params.with(|params| {
            let text = params.get("id")?;
            Some(DefinitionId(text.parse().unwrap_or(0)))
        })
    });
    let page = Resource::new(move || id.get(), open_builder);
    // `?step=3` opens the fourth step; what was posted says itself which one is open.
    let query = use_query_map();
    let wanted = move || query.with_untracked(|query| query.get("step")?.parse().ok());
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(mut page) => {
                        if let Some(step) = wanted().filter(|_| !page.posted) {
                            page.shown = page.draft.steps.len().saturating_sub(1).min(step);
                        }
                        view! { <Builder page/> }.into_any()
                    }
                    Err(error) => view! { <ProblemPage error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Builder(
    /// What is drawn.
    page: BuilderPage,
) -> impl IntoView {
    super::set_status(page.status);
    let save = Action::new(|request: &_| {
        let request = std::clone::Clone::clone(request);
        save_definition(request)
    });
    let check = Action::new(|draft: &_| {
        let draft = std::clone::Clone::clone(draft);
        check_definition(draft)
    });
    let (title, trail, subtitle) = match page.replaces {
        None => (
            "New workflow".to_owned(),
            trail(),
            "Choose what each step does and what it runs after.".to_owned(),
        ),
        Some((id, base)) => {
            let name = format::visible(&page.draft.name);
            let mut trail = trail();
            trail.push((name.clone(), paths::definition(id)));
            (
                format!("Edit {name}"),
                trail,
                format!(
                    "Based on version {base}. Saving makes a new version; running workflows keep theirs."
                ),
            )
        }
    };
    view! {
        <Title text=title.clone()/>
        <PageHeader title subtitle trail/>
        <DefinitionForm page save check/>
    }
}
