//! Set-up: makes the first owner. A plain form that works without scripts.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::api::account::{listens_on_loopback, set_up_problem};
use crate::components::entrance_field::EntranceField;
use crate::components::notice::{Notice, Tone};
use crate::components::page_header::PageHeader;
use crate::paths;

/// The page.
#[component]
pub fn SetUpPage() -> impl IntoView {
    let query = use_query_map();
    let of = move |name: &str| query.with_untracked(|query| query.get(name).unwrap_or_default());
    let problem = set_up_problem(&of("problem"));
    // Refused once, the box stays as it was left.
    let offers_commands = if problem.is_some() {
        of("commands") == "on"
    } else {
        listens_on_loopback().0
    };
    view! {
        <Title text="Set up"/>
        <div class="entrance">
            <PageHeader
                title="Welcome"
                subtitle="Make the first account. It is the owner and may do everything."
            />
            {problem.map(|problem| view! { <Notice tone=Tone::Problem title=problem/> })}
            <form class="card form" method="post" action=paths::SETUP>
                <EntranceField
                    label="Set-up code"
                    name="code"
                    autocomplete="one-time-code"
                    value=of("code")
                    help="The server printed it when it started; its link fills it in."
                />
                <EntranceField label="Name" name="name" autocomplete="username" value=of("name") most=64/>
                <EntranceField
                    label="Password"
                    name="password"
                    autocomplete="new-password"
                    is_secret=true
                    least=8
                    help="At least 8 characters. A few unrelated words are good."
                />
                <CommandsChoice offered=offers_commands/>
                <button type="submit" class="button button-primary">"Create the owner"</button>
            </form>
        </div>
    }
}

/// Whether steps may run programs, offered ticked where only this machine can reach the server.
#[component]
fn CommandsChoice(
    /// Whether the box is ticked.
    offered: bool,
) -> impl IntoView {
    view! {
        <div class="field">
            <label class="choice">
                <input
                    type="checkbox"
                    name="commands"
                    value="on"
                    checked=offered
                    aria-describedby="commands-help"
                />
                <span>"Steps may run programs on this machine"</span>
            </label>
            <p class="field-help" id="commands-help">
                "Whoever may edit workflows can then run any program as this server's user. It can be changed later under Step types."
            </p>
        </div>
    }
}
