//! What steps may do on this server: everybody sees it, an owner changes it.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::api::step_types::{SetStepSwitches, SwitchesView, read_step_switches};
use crate::components::notice::{ErrorNotice, Notice, Tone};

/// The switches.
#[component]
pub fn StepSwitchesCard(
    /// Changes them; the page owns it.
    change: ServerAction<SetStepSwitches>,
) -> impl IntoView {
    let switches = Resource::new(move || change.version().get(), |_| read_step_switches());
    let answer = change.value();
    // Without scripts the answer to a form is this page again.
    let query = use_query_map();
    let was_saved = move || query.with(|query| query.get("saved").is_some());
    let saved = || view! { <Notice tone=Tone::Success title="Saved. It acts on the next step that starts."/> };
    view! {
        <section class="card" aria-labelledby="step-switches-title">
            <h2 id="step-switches-title">"What steps may do on this server"</h2>
            {move || match answer.get() {
                Some(Err(error)) => view! { <ErrorNotice error/> }.into_any(),
                Some(Ok(())) => saved().into_any(),
                None if was_saved() => saved().into_any(),
                None => ().into_any(),
            }}
            <Suspense>
                {move || Suspend::new(async move {
                    match switches.await {
                        Ok(view) => view! { <SwitchesForm view change/> }.into_any(),
                        Err(error) => view! { <ErrorNotice error/> }.into_any(),
                    }
                })}
            </Suspense>
        </section>
    }
    .into_any()
}

/// The form; somebody who is no owner sees it disabled, with the reason.
#[component]
fn SwitchesForm(
    /// What is allowed, and to whom it is shown.
    view: SwitchesView,
    /// Changes it.
    change: ServerAction<SetStepSwitches>,
) -> impl IntoView {
    let SwitchesView {
        switches,
        may_change,
    } = view;
    let reason =
        (!may_change).then(|| view! { <p class="help">"Only an owner can change this."</p> });
    view! {
        <ActionForm action=change>
            <fieldset class="plain" disabled=!may_change>
                <label class="check">
                    <input type="checkbox" name="commands" checked=switches.commands/>
                    " Steps may start programs on this machine"
                </label>
                <label class="check">
                    <input type="checkbox" name="private_addresses" checked=switches.private_addresses/>
                    " HTTP steps may reach this machine and private networks"
                </label>
                <button type="submit" class="button">"Save"</button>
            </fieldset>
            {reason}
            <p class="help">
                "A server that is started with --allow-commands or --allow-private-addresses switches these on again."
            </p>
        </ActionForm>
    }
    .into_any()
}
