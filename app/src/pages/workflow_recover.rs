//! Recovers a workflow, after showing what is kept and what is done again.

use engine::decide::reset_set;
use engine::graph::Graph;
use engine::{Action, Mode, Progress, StepIndex, TaskStatus};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::api::command_id;
use crate::api::visit::use_visit;
use crate::api::workflows::{RecoverWorkflow, StepFacts, WorkflowView, read_workflow};
use crate::components::notice::{Notice, Tone};
use crate::components::question::{Question, why_not};
use crate::components::status_badge::{State, StatusBadge};
use crate::pages::problem::{ForbiddenPage, ProblemPage};
use crate::pages::workflow::id_in_path;
use crate::{format, paths};

/// The page.
#[component]
pub fn RecoverPage() -> impl IntoView {
    let id = id_in_path();
    let view = Resource::new(
        move || id.get(),
        |id| async move { read_workflow(id?, None, None).await },
    );
    // They outlive the question: it is drawn anew when the workflow turns out to have changed.
    let recover = ServerAction::<RecoverWorkflow>::new();
    let query = use_query_map();
    let kept = Kept {
        step: RwSignal::new(None),
        reason: RwSignal::new(
            query.with_untracked(|query| query.get(paths::REASON).unwrap_or_default()),
        ),
    };
    Effect::new(move |_| {
        if recover
            .value()
            .with(|answer| matches!(answer, Some(Err(_))))
        {
            view.refetch();
        }
    });
    // A form without scripts sends the field's own name.
    let from = Memo::new(move |_| {
        query.with(|query| {
            let text = query.get("from").or_else(|| query.get("from_step"));
            text.and_then(|text| text.parse::<usize>().ok())
        })
    });
    view! {
        <Transition fallback=|| view! { <p class="loading">"Loading…"</p> }>
            {move || Suspend::new(async move {
                match view.await {
                    Ok(view) => view! { <Preview view from recover kept/> }.into_any(),
                    Err(error) => view! { <ProblemPage error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// What was chosen and typed before the question was drawn anew.
#[derive(Clone, Copy)]
struct Kept {
    step: RwSignal<Option<StepIndex>>,
    reason: RwSignal<String>,
}

/// What a recovery from `from` does again: one flag per step.
fn again(progress: &Progress, from: StepIndex) -> Vec<bool> {
    let dependencies: Vec<_> = progress
        .tasks
        .iter()
        .map(|task| task.dependencies.clone())
        .collect();
    let states: Vec<_> = progress
        .tasks
        .iter()
        .map(|task| (task.status, task.skip_reason))
        .collect();
    let graph = Graph::new(&dependencies).unwrap_or_default();
    reset_set(&graph, &states, from)
}

/// The choice and its effect.
#[component]
fn Preview(
    /// The workflow.
    view: WorkflowView,
    /// The step that the URL names.
    from: Memo<Option<StepIndex>>,
    /// What the button does.
    recover: ServerAction<RecoverWorkflow>,
    /// What was chosen and typed.
    kept: Kept,
) -> impl IntoView {
    let answer = Signal::derive(move || recover.value().get());
    let busy = recover.pending();
    let summary = view.progress.summary.clone();
    let id = view.state.id;
    let last = view.progress.tasks.len().saturating_sub(1);
    let proposed = move || from.get().unwrap_or(summary.current_step).min(last);
    let first = kept
        .step
        .get_untracked()
        .map_or_else(|| untrack(proposed), |step| step.min(last));
    let (chosen, set_chosen) = signal(first);
    Effect::new(move |before: Option<StepIndex>| {
        let proposed = proposed();
        // Another address proposes another step; to be drawn anew does not.
        if before.is_some_and(|before| before != proposed) {
            set_chosen.set(proposed);
        }
        proposed
    });
    Effect::new(move |_| kept.step.set(Some(chosen.get())));
    let action = Action::recover(0);
    if !use_visit().may(action.needs()) {
        return view! { <ForbiddenPage needs=action.needs()/> }.into_any();
    }
    let name = format!("{} #{id}", view.state.name);
    let (used, most) = (summary.recovery_attempts, summary.max_recovery_attempts);
    let why_not = why_not(&summary, action.as_str());
    let command = command_id::of_action(&view.command_id, &action, summary.events);
    view! {
        <Question id name verb="Recover" answer why_not>
            <ActionForm action=recover>
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name=command_id::FIELD value=command/>
                <input type="hidden" name="expected_rev" value=summary.events.to_string()/>
                <Choice progress=view.progress steps=view.steps chosen set_chosen/>
                <Reason typed=kept.reason/>
                <div class="form-actions">
                    <a class="button" href=paths::workflow(id)>"Back"</a>
                    <button
                        type="submit"
                        class="button only-without-scripts"
                        formmethod="get"
                        formaction=paths::recover_workflow(id, None)
                    >
                        "Update preview"
                    </button>
                    <button type="submit" class="button button-primary" disabled=busy>"Recover"</button>
                    <span class="hint">{format!("Recovery {} of {most}", used + 1)}</span>
                </div>
            </ActionForm>
        </Question>
    }
    .into_any()
}

/// Where one says why; nobody has to.
#[component]
fn Reason(
    /// What stands in it.
    typed: RwSignal<String>,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=paths::REASON>"Reason"</label>
            <input
                id=paths::REASON
                name=paths::REASON
                type="text"
                autocomplete="off"
                maxlength="1000"
                aria-describedby="reason-help"
                value=typed.get_untracked()
                on:input=move |event| typed.set(event_target_value(&event))
            />
            <p class="field-help" id="reason-help">
                "For whoever reads the history of the workflow later. It may stay empty."
            </p>
        </div>
    }
}

/// The steps as radio buttons, each with what becomes of it.
#[component]
fn Choice(
    /// The workflow.
    progress: Progress,
    /// What the definition says of each step.
    steps: Vec<StepFacts>,
    /// The chosen step.
    chosen: ReadSignal<StepIndex>,
    /// Chooses another.
    set_chosen: WriteSignal<StepIndex>,
) -> impl IntoView {
    let progress = StoredValue::new(progress);
    let flags = Memo::new(move |_| progress.with_value(|progress| again(progress, chosen.get())));
    let redone = move || flags.with(|flags| flags.iter().filter(|again| **again).count());
    let kept = move || flags.with(|flags| flags.iter().filter(|again| !**again).count());
    let at_most_once = progress.with_value(|progress| begun_at_most_once(progress, &steps));
    let tasks = progress.with_value(|progress| progress.tasks.clone());
    let rows = tasks
        .into_iter()
        .enumerate()
        .map(|(index, task)| {
            let is_again = move || flags.with(|flags| flags.get(index).copied().unwrap_or(false));
            let word = move || if is_again() { "Done again" } else { "Kept" };
            let fate = move || if is_again() { "again" } else { "kept" };
            // Drawn once as the server saw it; afterwards the browser keeps its own mark.
            let is_checked = chosen.get_untracked() == index;
            let state = State::from(task.status);
            view! {
                <tr data-fate=fate data-step=index>
                    <th scope="row">
                        <label class="choice">
                            <input
                                type="radio"
                                name="from_step"
                                value=index.to_string()
                                checked=is_checked
                                prop:checked=move || chosen.get() == index
                                on:change=move |_| set_chosen.set(index)
                            />
                            <span class="task-number">{index + 1}</span>
                            <span>{format::visible(&task.name)}</span>
                        </label>
                    </th>
                    <td><StatusBadge state/></td>
                    <td class="fate">{word}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <fieldset class="card recover-choice">
            <legend>"Recover from"</legend>
            <p class="recover-summary" role="status">
                {move || format!("{} done again, {} kept with its results.", format::count(redone(), "step"), format::count(kept(), "step"))}
            </p>
            <p class="hint">
                "The chosen step runs again, and so does everything that depends on it or has not ended well."
            </p>
            <table class="recover">
                <caption class="visually-hidden">"What is kept and what is done again"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Step"</th>
                        <th scope="col">"State now"</th>
                        <th scope="col">"Will be"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <Twice at_most_once flags/>
        </fieldset>
    }
    .into_any()
}

/// The steps that were begun and may take effect only once, with their names.
fn begun_at_most_once(progress: &Progress, steps: &[StepFacts]) -> Vec<(StepIndex, String)> {
    let both = progress.tasks.iter().zip(steps).enumerate();
    both.filter(|(_, (task, step))| {
        let has_begun = task.attempt > 0
            && matches!(
                task.status,
                TaskStatus::Completed | TaskStatus::Failed | TaskStatus::Cancelled
            );
        step.mode == Mode::Once && has_begun
    })
    .map(|(index, (task, _))| (index, task.name.clone()))
    .collect()
}

/// What has to be looked at first: a recovery does again even what never tries itself again.
#[component]
fn Twice(
    /// The steps that were begun and may take effect only once.
    at_most_once: Vec<(StepIndex, String)>,
    /// What is done again: one flag per step.
    flags: Memo<Vec<bool>>,
) -> impl IntoView {
    let names = Memo::new(move |_| {
        let is_again = |index: usize| flags.with(|flags| flags.get(index) == Some(&true));
        let again = at_most_once.iter().filter(|(index, _)| is_again(*index));
        again.map(|(_, name)| name.clone()).collect::<Vec<_>>()
    });
    move || {
        let names = names.get();
        (!names.is_empty()).then(|| {
            let title = format!("{} may take effect a second time.", names.join(", "));
            view! {
                <Notice tone=Tone::Warning title>
                    <p>
                        "By itself it is tried at most once, and it was begun already. Look first whether it took \
                         effect. If it did, recover over the HTTP API and take it for done instead: "
                        <code>"\"instead\": {\"output\": …}"</code> "."
                    </p>
                </Notice>
            }
        })
    }
}
