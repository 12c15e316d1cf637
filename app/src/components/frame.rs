//! What is around every page: top bar, footer.

use engine::{Role, TroubleKind};
use leptos::prelude::*;
use leptos_router::components::A;

use crate::api::visit::use_visit;
use crate::components::notice::{Notice, Tone};
use crate::{format, paths};

/// The bar at the top of every page.
#[component]
pub fn TopBar() -> impl IntoView {
    let visit = use_visit();
    let may_edit = visit.may(Role::Editor);
    let inside = visit.user.map(|user| {
        view! {
            <nav class="places" aria-label="Places">
                <A href=paths::HOME exact=true>"Home"</A>
                <A href=paths::WORKFLOWS>"Workflows"</A>
                <A href=paths::DEFINITIONS>"Definitions"</A>
                <A href=paths::STEP_TYPES>"Step types"</A>
            </nav>
            <div class="top-bar-end">
                {may_edit.then(|| view! {
                    <a class="button button-primary" href=paths::NEW_DEFINITION>"New workflow"</a>
                })}
                <form class="who" method="post" action=paths::LOGOUT>
                    <span class="who-name" title=format!("Your role is {}", user.role)>{format::visible(&user.name)}</span>
                    <button type="submit" class="button button-quiet">"Sign out"</button>
                </form>
            </div>
        }
    });
    view! {
        <header class="top-bar">
            <div class="top-bar-inside">
                <a class="brand" href=paths::HOME>
                    <svg class="brand-mark" viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
                        <path class="brand-line" d="M7 16 16 7l9 9-9 9z"/>
                        <circle class="brand-step" cx="6" cy="16" r="4.5"/>
                        <circle class="brand-step" cx="16" cy="6" r="4.5"/>
                        <circle class="brand-step" cx="16" cy="26" r="4.5"/>
                        <circle class="brand-last" cx="26" cy="16" r="4.5"/>
                    </svg>
                    <span>"Job Orchestrator"</span>
                </a>
                {inside}
            </div>
        </header>
    }
    .into_any()
}

/// What is wrong with the service, above every page.
#[component]
pub fn Troubles() -> impl IntoView {
    let troubles = use_visit().troubles.into_iter().map(|trouble| {
        let tone = match trouble.kind {
            TroubleKind::DatabaseAway | TroubleKind::DiskFull | TroubleKind::StepTypeDisabled => {
                Tone::Problem
            }
            TroubleKind::ClockJump => Tone::Info,
            _ => Tone::Warning,
        };
        view! { <Notice tone title=trouble.text/> }
    });
    troubles.collect_view()
}

/// The line at the bottom of every page.
#[component]
pub fn Footer() -> impl IntoView {
    let visit = use_visit();
    view! {
        <footer class="footer">
            <p>"Times in UTC"</p>
            <p>{format!("Job Orchestrator {}", visit.version)}</p>
        </footer>
    }
}
