//! The frame of a page that asks before something is done to a workflow.

use engine::progress::Summary;
use engine::{WorkflowId, allowed_actions};
use leptos::prelude::*;
use leptos_meta::Title;

use super::notice::{ErrorNotice, Notice, Tone, sentence};
use super::page_header::PageHeader;
use crate::api::ApiError;
use crate::{format, paths};

/// Heading, what the server said no to, and the question; or why there is nothing to ask.
#[component]
pub fn Question(
    /// The workflow's number.
    id: WorkflowId,
    /// The workflow's name and number.
    name: String,
    /// What is asked: the verb before the name.
    verb: &'static str,
    /// What follows the name in the heading.
    #[prop(optional)]
    mark: &'static str,
    /// What the server answered, once something was sent.
    answer: Signal<Option<Result<(), ApiError>>>,
    /// Why it cannot be done, when it cannot.
    why_not: Option<String>,
    /// The form.
    children: Children,
) -> impl IntoView {
    let title = format!("{verb} {}", format::visible(&name));
    let trail = vec![
        ("Workflows".to_owned(), paths::WORKFLOWS.to_owned()),
        (name, paths::workflow(id)),
    ];
    let inside = match why_not {
        Some(reason) => view! {
            <Notice tone=Tone::Warning title=sentence(&reason)/>
            <p><a class="button" href=paths::workflow(id)>"Back to the workflow"</a></p>
        }
        .into_any(),
        None => children(),
    };
    view! {
        <Title text=title.clone()/>
        <PageHeader title=format!("{title}{mark}") trail/>
        {move || answer.get().and_then(Result::err).map(|error| view! { <ErrorNotice error/> })}
        {inside}
    }
    .into_any()
}

/// Why an action cannot be done now; `action` is its name.
#[must_use]
pub fn why_not(summary: &Summary, action: &str) -> Option<String> {
    let mut all = allowed_actions(summary).into_iter();
    let (_, answer) = all.find(|(known, _)| known.as_str() == action)?;
    answer.err()
}
