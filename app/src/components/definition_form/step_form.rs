//! The form of the open step.

use engine::draft::form::names;
use engine::draft::{DraftEdit, StepDraft};
use leptos::prelude::*;

use super::press_button::PressButton;
use super::references::References;
use super::runs_after::RunsAfter;
use super::state::BuilderState;
use super::step_kind::StepKind;
use super::step_limits::StepLimits;
use super::step_mode::StepMode;
use super::step_text::StepText;
use crate::components::notice::{Notice, Tone, sentence};
use crate::components::step_fields::StepFields;
use crate::format;

/// What is said under the field of a step's condition.
const CONDITION_HELP: &str = "What must be true for the step to run, such as \
    steps.count.output.rows > 0 or parameters.send, without braces. If it is false the step is skipped, \
    and what runs after it goes on. Empty means it always runs";

/// The form of the open step; drawn anew when another step is opened or its text is replaced.
#[component]
pub fn StepForm(
    /// The builder.
    state: BuilderState,
) -> impl IntoView {
    let drawn = super::anew(state.step_drawn, move || {
        let index = state.shown.get_untracked();
        let step = state
            .draft
            .with_untracked(|draft| draft.steps.get(index).cloned());
        step.map(|step| view! { <OneStep state index step/> })
            .into_any()
    });
    let is_empty = move || state.draft.with(|draft| draft.steps.is_empty());
    view! {
        <section class="step-form card" id="step" tabindex="-1" aria-label="The open step" hidden=is_empty>
            {drawn}
        </section>
    }
}

#[component]
fn OneStep(
    /// The builder.
    state: BuilderState,
    /// The step's position.
    index: usize,
    /// The step as typed.
    step: StepDraft,
) -> impl IntoView {
    let spec = state.specs.with_value(|specs| {
        let found = specs.iter().find(|spec| spec.task_type == step.task_type);
        found.cloned()
    });
    let title = move || {
        state
            .draft
            .with(|draft| format::visible(&draft.step_title(index)))
    };
    let help = spec.as_ref().map(|spec| spec.help.clone());
    let off = spec.as_ref().and_then(|spec| spec.switched_off.clone());
    let output = spec.as_ref().map(|spec| spec.output_help.clone());
    let has_example = spec
        .as_ref()
        .and_then(|spec| spec.example.as_object())
        .is_some_and(|example| !example.is_empty());
    let key_hint = Memo::new(move |_| {
        let key = state.draft.with(|draft| draft.key_from_name(index));
        format!("Now that is {key}.")
    });
    view! {
        <header class="step-form-head">
            <h2>{format!("Step {}: ", index + 1)} <span>{title}</span></h2>
            <StepButtons state index/>
        </header>
        <StepText state index label="Name" name=names::STEP_NAME field="name" text=step.name.clone()
            help="What people read" required=true/>
        <StepKind state index task_type=step.task_type.clone()/>
        <fieldset class="step-form-part">
            <legend>"What it does"</legend>
            {help.map(|help| view! { <p class="muted">{help}</p> })}
            {off.map(|why| view! { <Notice tone=Tone::Warning title=sentence(&why)/> })}
            <StepFields index step=step.clone() spec=spec.clone() problems=state.problems/>
            {has_example.then(|| view! { <PressButton state edit=DraftEdit::Example(index) label="Fill empty fields with an example"/> })}
            <References state index/>
            {output.map(|output| view! { <p class="muted"><strong>"Gives to later steps: "</strong> {output}</p> })}
        </fieldset>
        <RunsAfter state index/>
        <StepText state index label="Only if" name=names::STEP_CONDITION field="condition" text=step.condition.clone()
            help=CONDITION_HELP/>
        <StepLimits state index step=step.clone() spec/>
        <details class="step-form-part">
            <summary>"More"</summary>
            <StepText state index label="Key" name=names::STEP_KEY field="key" text=step.key.clone()
                help="What references use. Empty means it is made from the name" hint=key_hint/>
            <StepText state index label="May be lost" name=names::STEP_MAX_LOST field="max_lost" text=step.max_lost.clone()
                help="How often a try may be lost to a server that died before the step fails; 1 to 100"/>
            <StepMode state index mode=step.mode/>
        </details>
    }
    .into_any()
}

/// What moves, copies and removes the open step.
#[component]
fn StepButtons(
    /// The builder.
    state: BuilderState,
    /// The step's position.
    index: usize,
) -> impl IntoView {
    let (title, count) = state
        .draft
        .with_untracked(|draft| (format::visible(&draft.step_title(index)), draft.steps.len()));
    view! {
        <div class="step-form-buttons">
            <PressButton state edit=DraftEdit::Up(index) label="Up" spoken=format!("Move {title} up") enabled=index != 0/>
            <PressButton state edit=DraftEdit::Down(index) label="Down" spoken=format!("Move {title} down") enabled=index + 1 < count/>
            <PressButton state edit=DraftEdit::Copy(index) label="Copy" spoken=format!("Copy {title}")/>
            <PressButton state edit=DraftEdit::Remove(index) label="Remove" spoken=format!("Remove {title}")/>
        </div>
    }
}
