//! The form of the open step.

use engine::draft::form::names;
use engine::draft::{DefinitionDraft, DraftEdit, StepDraft};
use engine::step_form::{FieldKind, FieldSpec, StepSpec};
use leptos::prelude::*;

use super::runs_after::RunsAfter;
use super::state::BuilderState;
use crate::components::field::{Field, FieldProblems, FieldView};
use crate::components::problem_list::{field_id, problems_at};
use crate::components::step_fields::StepFields;
use crate::format;

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
    let title = move || state.draft.with(|draft| draft.step_title(index));
    let help = spec.as_ref().map(|spec| spec.help.clone());
    let output = spec.as_ref().map(|spec| spec.output_help.clone());
    let has_example = spec
        .as_ref()
        .and_then(|spec| spec.example.as_object())
        .is_some_and(|example| !example.is_empty());
    let key_hint = state
        .draft
        .with_untracked(|draft| draft.keys().get(index).cloned().unwrap_or_default());
    view! {
        <header class="step-form-head">
            <h2>{format!("Step {}: ", index + 1)} <span>{title}</span></h2>
            <StepButtons state index/>
        </header>
        <StepText state index label="Name" name=names::STEP_NAME field="name" text=step.name.clone()
            help="What people read" required=true/>
        <Kind state index task_type=step.task_type.clone()/>
        <fieldset class="step-form-part">
            <legend>"What it does"</legend>
            {help.map(|help| view! { <p class="muted">{help}</p> })}
            <StepFields index step=step.clone() spec=spec.clone() problems=state.problems/>
            {has_example.then(|| view! { <PressButton state edit=DraftEdit::Example(index) label="Fill empty fields with an example"/> })}
            <References state index/>
            {output.map(|output| view! { <p class="muted"><strong>"Gives to later steps: "</strong> {output}</p> })}
        </fieldset>
        <RunsAfter state index/>
        <Limits state index step=step.clone() spec/>
        <details class="step-form-part">
            <summary>"More"</summary>
            <StepText state index label="Key" name=names::STEP_KEY field="key" text=step.key.clone()
                help=format!("What references use. Empty means it is made from the name: {key_hint}")/>
            <StepText state index label="May be lost" name=names::STEP_MAX_LOST field="max_lost" text=step.max_lost.clone()
                help="How often a try may be lost to a server that died before the step fails; 1 to 100"/>
        </details>
    }
}

/// A button that changes the draft.
#[component]
pub(super) fn PressButton(
    /// The builder.
    state: BuilderState,
    /// What it does.
    edit: DraftEdit,
    /// What stands on it.
    #[prop(into)]
    label: String,
    /// What it is called for those who do not see where it stands.
    #[prop(optional, into)]
    spoken: Option<String>,
    /// Whether it can be pressed.
    #[prop(default = true)]
    enabled: bool,
) -> impl IntoView {
    view! {
        <button
            type="submit"
            class="button button-small"
            name=names::PRESS
            value=edit.to_string()
            formaction=format!("{}#step", state.path())
            aria-label=spoken
            disabled=!enabled
        >
            {label}
        </button>
    }
}

#[component]
fn StepButtons(
    /// The builder.
    state: BuilderState,
    /// The step's position.
    index: usize,
) -> impl IntoView {
    let (title, count) = state
        .draft
        .with_untracked(|draft| (draft.step_title(index), draft.steps.len()));
    view! {
        <div class="step-form-buttons">
            <PressButton state edit=DraftEdit::Up(index) label="Up" spoken=format!("Move {title} up") enabled=index != 0/>
            <PressButton state edit=DraftEdit::Down(index) label="Down" spoken=format!("Move {title} down") enabled=index + 1 < count/>
            <PressButton state edit=DraftEdit::Remove(index) label="Remove" spoken=format!("Remove {title}")/>
        </div>
    }
}

/// A text of the step that every kind has.
#[component]
fn StepText(
    /// The builder.
    state: BuilderState,
    /// The step's position.
    index: usize,
    /// Its label.
    label: &'static str,
    /// Its name in the posted form.
    name: &'static str,
    /// Its name in JSON.
    field: &'static str,
    /// What is typed.
    text: String,
    /// A sentence under it.
    #[prop(into)]
    help: String,
    /// Whether it must be given.
    #[prop(optional)]
    required: bool,
    /// Its unit.
    #[prop(optional)]
    unit: Option<&'static str>,
    /// The words it may be.
    #[prop(optional)]
    kind: Option<FieldKind>,
) -> impl IntoView {
    let pointer = format!("#/steps/{index}/{field}");
    // A new step's name is focused, so it has a name of its own.
    let id = if field == "name" {
        "step-name".to_owned()
    } else {
        field_id(&pointer)
    };
    let view = FieldView {
        spec: FieldSpec {
            name: field.to_owned(),
            label: label.to_owned(),
            help,
            required,
            default: None,
            unit: unit.map(str::to_owned),
            kind: kind.unwrap_or(FieldKind::Text),
        },
        name: name.to_owned(),
        id,
        text,
    };
    let problems = Memo::new(move |_| state.problems.with(|all| problems_at(all, &pointer)));
    view! { <Field field=view problems/> }
}

/// The step's type, to change it.
#[component]
fn Kind(
    /// The builder.
    state: BuilderState,
    /// The step's position.
    index: usize,
    /// The type it has.
    task_type: String,
) -> impl IntoView {
    let pointer = format!("#/steps/{index}/task_type");
    let id = field_id(&pointer);
    let problem_id = format!("{id}-problem");
    let described = problem_id.clone();
    let mut kinds: Vec<_> = state.specs.with_value(|specs| {
        let kinds = specs.iter().map(|s| (s.task_type.clone(), s.title.clone()));
        kinds.collect()
    });
    if !kinds.iter().any(|(kind, _)| *kind == task_type) {
        kinds.insert(
            0,
            (task_type.clone(), format!("{task_type} (not registered)")),
        );
    }
    let options = kinds
        .into_iter()
        .map(|(kind, title)| {
            let selected = kind == task_type;
            view! { <option value=kind selected=selected>{title}</option> }
        })
        .collect_view();
    let problems = Memo::new(move |_| state.problems.with(|all| problems_at(all, &pointer)));
    view! {
        <div class="field">
            <label for=id.clone()>"Step type"</label>
            <div class="field-control">
                <select id=id name=names::STEP_TASK_TYPE aria-describedby=described>{options}</select>
                <noscript>
                    <button type="submit" class="button button-small" name=names::PRESS value="update">"Change"</button>
                </noscript>
            </div>
            <FieldProblems id=problem_id problems/>
        </div>
    }
}

/// What happens when it takes long or fails.
#[component]
fn Limits(
    /// The builder.
    state: BuilderState,
    /// The step's position.
    index: usize,
    /// The step as typed.
    step: StepDraft,
    /// Its type.
    spec: Option<StepSpec>,
) -> impl IntoView {
    let seconds = spec.map_or(86_400.0, |spec| spec.default_timeout);
    let longest = format::duration(std::time::Duration::from_secs_f64(seconds));
    let when = FieldKind::Choice {
        options: ["ok", "always", "failed"].map(str::to_owned).to_vec(),
    };
    view! {
        <fieldset class="step-form-part step-form-limits">
            <legend>"If it fails or takes long"</legend>
            <StepText state index label="Try again" name=names::STEP_MAX_RETRIES field="max_retries" text=step.max_retries
                help="Tries after the first, waiting 1 s, 2 s, 4 s …; 0 to 100" unit="times"/>
            <StepText state index label="Stop after" name=names::STEP_TIMEOUT field="timeout" text=step.timeout
                help=format!("Longest a try may take, such as 90 or 5 m. Empty means {longest}") unit="s"/>
            <StepText state index label="Usual time" name=names::STEP_ESTIMATED_DURATION field="estimated_duration"
                text=step.estimated_duration help="How long it usually takes, for the progress bar" unit="s"/>
            <StepText state index label="Runs when" name=names::STEP_RUN_IF field="run_if" text=step.run_if kind=when required=true
                help="With ok, all it runs after must have ended well; with always, it runs in any case; with failed, one of them must have failed"/>
        </fieldset>
    }
}

/// What can be written into a field to use what earlier steps gave.
#[component]
fn References(
    /// The builder.
    state: BuilderState,
    /// The step's position.
    index: usize,
) -> impl IntoView {
    let list = move || {
        let texts = state.draft.with(|draft| references(draft, index));
        texts
            .into_iter()
            .map(|text| view! { <li><code>{text}</code></li> })
            .collect_view()
    };
    view! {
        <details class="references">
            <summary>"Values of earlier steps"</summary>
            <p class="muted">"Write one of these into any field; it is filled in when the step starts."</p>
            <ul>{list}</ul>
        </details>
    }
}

/// At most this many references are listed.
const REFERENCES_LISTED: usize = 60;

fn references(draft: &DefinitionDraft, index: usize) -> Vec<String> {
    let keys = draft.keys();
    let upstream = draft.upstream(index);
    let steps = keys
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != index && upstream.get(*other) == Some(&true))
        .map(|(_, key)| format!("{{{{ steps.{key}.output }}}}"));
    let parameters = engine::draft::parameters::from_text(&draft.parameters).unwrap_or_default();
    let parameters: Vec<_> = parameters
        .keys()
        .map(|name| format!("{{{{ parameters.{name} }}}}"))
        .collect();
    let workflow = ["{{ workflow.id }}", "{{ workflow.job_id }}"].map(str::to_owned);
    steps
        .chain(parameters)
        .chain(workflow)
        .take(REFERENCES_LISTED)
        .collect()
}
