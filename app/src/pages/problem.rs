//! What is shown instead of a page whose data could not be had.

use engine::Problem;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use crate::api::ApiError;
use crate::api::visit::use_visit;
use crate::components::notice::sentence;
use crate::components::page_header::PageHeader;
use crate::pages::not_found::NotFoundPage;
use crate::paths;

/// The page for an answer that was no data; the response has the answer's status already.
#[component]
pub fn ProblemPage(
    /// The answer.
    error: ApiError,
) -> impl IntoView {
    let text = sentence(&error.to_string());
    let parts = match &error {
        ApiError::Invalid(problems) => problems.iter().map(told).collect(),
        _ => Vec::new(),
    };
    // What is over in a moment is worth another try.
    let passes = matches!(
        error,
        ApiError::Stopping | ApiError::Unreachable | ApiError::Hindered(_)
    );
    let again = passes.then(|| view! { <TryAgain/> });
    match error {
        ApiError::NotFound { .. } => view! {
            <Title text="Not found"/>
            <PageHeader title=text.trim_end_matches('.').to_owned()/>
            <p>"The number may be mistyped, or be one of another server, or what it stood for was deleted."</p>
            <p><a class="button" href=paths::HOME>"Go to Home"</a></p>
        }
        .into_any(),
        ApiError::Unreadable(_) => view! { <NotFoundPage/> }.into_any(),
        ApiError::Forbidden { needs } => view! { <ForbiddenPage needs/> }.into_any(),
        ApiError::SignedOut => view! {
            <Title text="Signed out"/>
            <PageHeader title="You are signed out"/>
            <p>"Nothing is lost: sign in and open this page again."</p>
            <p><a class="button button-primary" href=paths::LOGIN rel="external">"Sign in"</a></p>
        }
        .into_any(),
        ApiError::Refused(_)
        | ApiError::Conflict(_)
        | ApiError::Invalid(_)
        | ApiError::Hindered(_)
        | ApiError::Stopping
        | ApiError::Unreachable
        | ApiError::Fault(_) => view! {
            <Title text="Problem"/>
            <PageHeader title="This page cannot be shown"/>
            <p>{text}</p>
            <ul class="plain">
                {parts.into_iter().map(|part| view! { <li>{part}</li> }).collect_view()}
            </ul>
            <p class="form-actions">{again} <a class="button" href=paths::HOME>"Go to Home"</a></p>
        }
        .into_any(),
    }
}

/// Loads the page that the address names once more.
#[component]
fn TryAgain() -> impl IntoView {
    let location = use_location();
    let (path, search) = (
        location.pathname.get_untracked(),
        location.search.get_untracked(),
    );
    let href = match search.trim_start_matches('?') {
        "" => path,
        query => format!("{path}?{query}"),
    };
    view! { <a class="button button-primary" href=href rel="external">"Try again"</a> }
}

/// A problem of what the address asks for, by the name of its parameter.
fn told(problem: &Problem) -> String {
    let name = problem.pointer.trim_start_matches(['#', '/']);
    sentence(&format!("{name}: {}", problem.detail))
}

/// The same for a page that asks again by itself: a server that cannot be reached is waited for.
#[component]
pub fn RetryingPage(
    /// The answer.
    error: ApiError,
) -> impl IntoView {
    if error == ApiError::Unreachable {
        return view! {
            <p class="loading" role="status">"The server cannot be reached; trying again."</p>
        }
        .into_any();
    }
    view! { <ProblemPage error/> }.into_any()
}

/// The page for somebody whose role is too low.
#[component]
pub fn ForbiddenPage(
    /// The role it needs.
    needs: engine::Role,
) -> impl IntoView {
    super::set_status(403);
    let role = use_visit()
        .user
        .map(|user| user.role.to_string())
        .unwrap_or_default();
    view! {
        <Title text="Not allowed"/>
        <PageHeader title="Your role does not allow this"/>
        <p>{format!("It needs the role {needs}; yours is {role}. An owner can change it.")}</p>
        <p><a class="button" href=paths::HOME>"Go to Home"</a></p>
    }
}
