//! What steps may do on this server: everybody sees it, an owner changes it.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::api::step_types::{SetStepSwitches, SwitchesView, read_step_switches};
use crate::components::notice::{ErrorNotice, Notice, Tone, sentence};

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
        commands_fixed,
        private_addresses_fixed,
    } = view;
    let reason =
        (!may_change).then(|| view! { <p class="help">"Only an owner can change this."</p> });
    view! {
        <ActionForm action=change>
            <fieldset class="plain" disabled=!may_change>
                <Switch name="commands" on=switches.commands fixed=commands_fixed
                    label="Steps may start programs on this machine"/>
                <Switch name="private_addresses" on=switches.private_addresses fixed=private_addresses_fixed
                    label="HTTP steps may reach this machine and private networks"/>
                <button type="submit" class="button">"Save"</button>
            </fieldset>
            {reason}
        </ActionForm>
    }
    .into_any()
}

/// One box. What is fixed is shown disabled, with the reason.
#[component]
fn Switch(
    /// Its name in the posted form.
    name: &'static str,
    /// Whether it is ticked.
    on: bool,
    /// Why it cannot be changed, when that is so.
    fixed: Option<String>,
    /// What it allows.
    label: &'static str,
) -> impl IntoView {
    let why_id = format!("{name}-fixed");
    let described = fixed.is_some().then(|| why_id.clone());
    let disabled = fixed.is_some();
    // A disabled box is not sent, and one that is not sent would be one that is switched off.
    let sent = (disabled && on).then(|| view! { <input type="hidden" name=name value="on"/> });
    let why = fixed.map(|why| view! { <p class="help" id=why_id>{sentence(&why)}</p> });
    view! {
        <label class="check">
            <input type="checkbox" name=name checked=on disabled=disabled aria-describedby=described/>
            " "
            {label}
        </label>
        {sent}
        {why}
    }
}
