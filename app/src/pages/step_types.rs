//! What steps can do: the registry, readable.

use engine::step_form::{FieldKind, FieldSpec, StepSpec};
use leptos::prelude::*;
use leptos_meta::Title;
use serde_json::Value;

use crate::api::step_types::{SetStepSwitches, list_step_types};
use crate::components::notice::{Notice, Tone, sentence};
use crate::components::page_header::PageHeader;
use crate::components::step_switches::StepSwitchesCard;
use crate::pages::problem::ProblemPage;
use crate::{format, paths};

/// The page.
#[component]
pub fn StepTypesPage() -> impl IntoView {
    let change = ServerAction::<SetStepSwitches>::new();
    // What is switched off stands at each type too.
    let specs = Resource::new(move || change.version().get(), |_| list_step_types());
    view! {
        <Title text="Step types"/>
        <Transition fallback=|| view! { <p class="loading">"Loading…"</p> }>
            {move || Suspend::new(async move {
                match specs.await {
                    Ok(specs) => view! { <Library specs change/> }.into_any(),
                    Err(error) => view! { <ProblemPage error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// All step types.
#[component]
fn Library(
    /// Their descriptions.
    specs: Vec<StepSpec>,
    /// Changes what steps may do.
    change: ServerAction<SetStepSwitches>,
) -> impl IntoView {
    let links = specs
        .iter()
        .map(|spec| {
            let href = paths::step_type(&spec.task_type);
            view! { <li><a href=href rel="external">{spec.title.clone()}</a></li> }
        })
        .collect_view();
    let cards = specs
        .into_iter()
        .map(|spec| view! { <Card spec/> })
        .collect_view();
    view! {
        <PageHeader
            title="Step types"
            subtitle="What a step of a workflow can do, with every field it takes and what it gives to later steps."
        />
        <div class="library">
            <nav class="library-index" aria-label="Step types"><ul>{links}</ul></nav>
            <div class="library-cards"><StepSwitchesCard change/>{cards}</div>
        </div>
    }
    .into_any()
}

/// One step type.
#[component]
fn Card(
    /// Its description.
    spec: StepSpec,
) -> impl IntoView {
    let title_id = format!("{}-title", spec.task_type);
    let (id, labelled_by) = (spec.task_type.clone(), title_id.clone());
    let limit = time_limit(&spec);
    let off = spec.switched_off.clone();
    let example = serde_json::to_string_pretty(&spec.example).unwrap_or_default();
    let label = format!("Example of {}", spec.title);
    let has_fields = !spec.fields.is_empty();
    let fields = spec
        .fields
        .into_iter()
        .map(|field| view! { <Field field/> })
        .collect_view();
    view! {
        <section class="card step-type" id=id aria-labelledby=labelled_by>
            <div class="step-type-head">
                <h2 id=title_id>{spec.title}</h2>
                <code class="tag">{spec.task_type}</code>
            </div>
            {off.map(|why| view! { <Notice tone=Tone::Warning title=sentence(&why)/> })}
            <p>{spec.help}</p>
            <h3>"Fields"</h3>
            {if has_fields {
                view! {
                    <table class="fields">
                        <thead>
                            <tr>
                                <th scope="col">"Field"</th>
                                <th scope="col">"Takes"</th>
                                <th scope="col">"What it is"</th>
                            </tr>
                        </thead>
                        <tbody>{fields}</tbody>
                    </table>
                }
                .into_any()
            } else {
                view! { <p class="hint">"It needs no configuration."</p> }.into_any()
            }}
            <h3>"What it gives"</h3>
            <p>{spec.output_help}</p>
            <p class="hint">{limit}</p>
            <h3>"Example"</h3>
            <pre class="json" tabindex="0" role="region" aria-label=label>{example}</pre>
        </section>
    }
    .into_any()
}

/// What stops a step of this type, in words.
fn time_limit(spec: &StepSpec) -> String {
    if spec.only_waits {
        return "Nothing stops it before its time: what a step waits does not count as running."
            .to_owned();
    }
    let longest = std::time::Duration::try_from_secs_f64(spec.default_timeout).unwrap_or_default();
    let longest = format::elapsed(longest);
    format!("Stopped after {longest} unless the step says otherwise.")
}

/// One field of a step type.
#[component]
fn Field(
    /// Its description.
    field: FieldSpec,
) -> impl IntoView {
    let default = field.default.as_ref().map(shown);
    let need = match (field.required, default) {
        (true, _) => "required".to_owned(),
        (false, Some(default)) if !default.is_empty() => format!("default {default}"),
        (false, _) => "optional".to_owned(),
    };
    view! {
        <tr>
            <th scope="row">{field.label} " " <code class="field-name">{field.name}</code></th>
            <td>{takes(&field.kind, field.unit.as_deref())} <span class="task-note">{need}</span></td>
            <td>{field.help}</td>
        </tr>
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn takes(kind: &FieldKind, unit: Option<&str>) -> String {
    let unit = unit.map(|unit| format!(" ({unit})")).unwrap_or_default();
    let range = |min: Option<f64>, max: Option<f64>| match (min, max) {
        (Some(min), Some(max)) => format!(", {min} to {max}"),
        (Some(min), None) => format!(", at least {min}"),
        (None, Some(max)) => format!(", at most {max}"),
        (None, None) => String::new(),
    };
    match kind {
        FieldKind::Text => "one line of text".to_owned(),
        FieldKind::LongText => "text".to_owned(),
        FieldKind::Number { min, max, whole } => {
            let noun = if *whole { "whole number" } else { "number" };
            format!("{noun}{unit}{}", range(*min, *max))
        }
        FieldKind::Toggle => "yes or no".to_owned(),
        FieldKind::Choice { options } => options.join(", "),
        FieldKind::Lines => "a text on each line".to_owned(),
        FieldKind::Numbers { min, max } => format!("whole numbers{}", range(*min, *max)),
        FieldKind::KeyValues => "NAME=text on each line".to_owned(),
        FieldKind::Json => "JSON".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_limit_is_promised_where_none_counts() {
        let mut spec = StepSpec {
            task_type: "any".to_owned(),
            title: String::new(),
            help: String::new(),
            output_help: String::new(),
            modes: Vec::new(),
            probe_field: None,
            default_timeout: 60.0,
            only_waits: false,
            switched_off: None,
            example: Value::Null,
            fields: Vec::new(),
        };
        let usual = "Stopped after 1 m 00 s unless the step says otherwise.";
        assert_eq!(time_limit(&spec), usual);
        spec.only_waits = true;
        assert!(time_limit(&spec).starts_with("Nothing stops it before its time"));
    }
}
