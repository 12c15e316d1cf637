//! When the step runs, how often it is tried and how long it may take.

use engine::draft::StepDraft;
use engine::draft::form::names;
use engine::step_form::StepSpec;
use leptos::prelude::*;

use super::state::BuilderState;
use super::step_text::StepText;
use crate::components::problem_list::{field_id, problems_at};
use crate::components::word_choice::WordChoice;
use crate::format;
use crate::plain_words::RUN_IF;

/// What happens when it takes long or fails.
#[component]
pub fn StepLimits(
    /// The builder.
    state: BuilderState,
    /// The step's position.
    index: usize,
    /// The step as typed.
    step: StepDraft,
    /// Its type.
    spec: Option<StepSpec>,
) -> impl IntoView {
    let only_waits = spec.as_ref().is_some_and(|spec| spec.only_waits);
    let seconds = spec.map_or(86_400.0, |spec| spec.default_timeout);
    let longest = format::duration(std::time::Duration::from_secs_f64(seconds));
    let help = if only_waits {
        "Nothing stops it before its time: what it waits does not count. Empty this to leave it out"
            .to_owned()
    } else {
        format!("Longest a try may take, such as 90 or 5 m. Empty means {longest}")
    };
    // Where a limit would do nothing none is offered; one that a definition names can be taken out.
    let limit = (!only_waits || !step.timeout.is_empty()).then(|| {
        view! {
            <StepText state index label="Stop after" name=names::STEP_TIMEOUT field="timeout" text=step.timeout
                help unit="s"/>
        }
    });
    let pointer = format!("#/steps/{index}/run_if");
    let when_id = field_id(&pointer);
    let when = Memo::new(move |_| state.problems.with(|all| problems_at(all, &pointer)));
    view! {
        <fieldset class="step-form-part step-form-limits">
            <legend>"If it fails or takes long"</legend>
            <StepText state index label="Try again" name=names::STEP_MAX_RETRIES field="max_retries" text=step.max_retries
                help="Tries after the first, waiting 1 s, 2 s, 4 s …; 0 to 100" unit="times"/>
            {limit}
            <StepText state index label="Usual time" name=names::STEP_ESTIMATED_DURATION field="estimated_duration"
                text=step.estimated_duration help="How long it usually takes, for the progress bar" unit="s"/>
            <WordChoice label="Runs" name=names::STEP_RUN_IF id=when_id text=step.run_if words=RUN_IF problems=when
                help="Everything it runs after has ended by then, one way or another."/>
        </fieldset>
    }
}
