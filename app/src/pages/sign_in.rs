//! Sign-in: a plain form that works without scripts.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::api::account::{nobody_yet, sign_in_problem, sign_in_wait, too_many_sign_ins};
use crate::components::entrance_field::EntranceField;
use crate::components::notice::{Notice, Tone};
use crate::components::page_header::PageHeader;
use crate::paths;

/// The page.
#[component]
pub fn SignInPage() -> impl IntoView {
    let query = use_query_map();
    let of = move |name: &str| query.with_untracked(|query| query.get(name).unwrap_or_default());
    let problem = too_many_sign_ins(sign_in_wait());
    let problem = problem.or_else(|| sign_in_problem(&of("problem")).map(str::to_owned));
    let has_problem = problem.is_some();
    view! {
        <Title text="Sign in"/>
        <div class="entrance">
            <PageHeader title="Sign in"/>
            {nobody_yet().0.then(|| view! {
                <Notice title="Nobody has an account yet.">
                    <p>"The server printed a link for the first visit when it started: open that one to make the owner's account."</p>
                </Notice>
            })}
            {problem.map(|problem| view! { <Notice tone=Tone::Problem title=problem/> })}
            <form class="card form" method="post" action=paths::LOGIN>
                <input type="hidden" name=paths::NEXT value=of(paths::NEXT)/>
                <EntranceField label="Name" name="name" autocomplete="username" value=of("name") autofocus=!has_problem/>
                <EntranceField
                    label="Password"
                    name="password"
                    autocomplete="current-password"
                    is_secret=true
                    autofocus=has_problem
                />
                <button type="submit" class="button button-primary">"Sign in"</button>
            </form>
        </div>
    }
}
