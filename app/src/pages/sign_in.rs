//! Sign-in: a plain form that works without scripts.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::api::account::sign_in_problem;
use crate::components::notice::{Notice, Tone};
use crate::components::page_header::PageHeader;
use crate::paths;

/// The page.
#[component]
pub fn SignInPage() -> impl IntoView {
    let query = use_query_map();
    let of = move |name: &str| query.with_untracked(|query| query.get(name).unwrap_or_default());
    let problem = sign_in_problem(&of("problem"));
    let has_problem = problem.is_some();
    view! {
        <Title text="Sign in"/>
        <div class="entrance">
            <PageHeader title="Sign in"/>
            {problem.map(|problem| view! { <Notice tone=Tone::Problem title=problem/> })}
            <form class="card form" method="post" action=paths::LOGIN>
                <input type="hidden" name=paths::NEXT value=of(paths::NEXT)/>
                <div class="field">
                    <label for="name">"Name"</label>
                    <input
                        id="name"
                        name="name"
                        type="text"
                        autocomplete="username"
                        autocapitalize="none"
                        spellcheck="false"
                        required
                        autofocus=!has_problem
                        value=of("name")
                    />
                </div>
                <div class="field">
                    <label for="password">"Password"</label>
                    <input
                        id="password"
                        name="password"
                        type="password"
                        autocomplete="current-password"
                        required
                        autofocus=has_problem
                    />
                </div>
                <button type="submit" class="button button-primary">"Sign in"</button>
            </form>
        </div>
    }
}
