//! Every URL once: pages, server functions, the event stream, files.

use engine::{Attempt, DefinitionId, Seq, StepIndex, WorkflowId};

/// The start page.
pub const HOME: &str = "/";
/// All workflows.
pub const WORKFLOWS: &str = "/workflows";
/// The pattern of [`edit_definition`] for the server, which also takes its form.
pub const EDIT_DEFINITION_PATTERN: &str = "/definitions/{id}/edit";
/// The pattern of [`start_definition`] for the server, which also takes its form.
pub const START_DEFINITION_PATTERN: &str = "/definitions/{id}/start";
/// All definitions.
pub const DEFINITIONS: &str = "/definitions";
/// The builder with nothing in it.
pub const NEW_DEFINITION: &str = "/definitions/new";
/// What steps can do.
pub const STEP_TYPES: &str = "/step-types";
/// The same, after the switches on it were saved without scripts.
pub const STEP_TYPES_SAVED: &str = "/step-types?saved=1";
/// Where one signs in; the form is posted to the same place.
pub const LOGIN: &str = "/login";
/// Where the first owner is made; the form is posted to the same place.
pub const SETUP: &str = "/setup";
/// Where the sign-out form is posted to.
pub const LOGOUT: &str = "/logout";

/// Where programs create workflows.
pub const API_WORKFLOWS: &str = "/api/v1/workflows";

/// What every server function's path begins with.
pub const SERVER_FUNCTIONS: &str = "/fn";
/// What every built file's path begins with.
pub const FILES: &str = "/pkg";
/// The icon.
pub const ICON: &str = "/favicon.svg";

/// The query parameter that names where one goes after signing in.
pub const NEXT: &str = "next";

/// The query parameter that tells one form from another, so that going back leads to the same one.
pub const FORM: &str = "form";

/// What begins the word for the part of a log that ends before a line; the line's number follows.
pub const LOG_BEFORE: &str = "before-";

/// One workflow, live.
#[must_use]
pub fn workflow(id: WorkflowId) -> String {
    format!("/workflows/{id}")
}

/// One workflow with one of its steps selected.
#[must_use]
pub fn workflow_step(id: WorkflowId, step: StepIndex) -> String {
    format!("/workflows/{id}?step={step}")
}

/// One workflow with one of its steps selected and its whole log.
#[must_use]
pub fn workflow_whole_log(id: WorkflowId, step: StepIndex) -> String {
    format!("/workflows/{id}?step={step}&log=all#log")
}

/// One workflow with one of its steps selected and the part of its log before a line.
#[must_use]
pub fn workflow_log_before(id: WorkflowId, step: StepIndex, line: u64) -> String {
    format!("/workflows/{id}?step={step}&log={LOG_BEFORE}{line}#log")
}

/// Where programs read one try of a step, with all that it gave.
#[must_use]
pub fn api_attempt(id: WorkflowId, step: StepIndex, attempt: Attempt) -> String {
    format!("{API_WORKFLOWS}/{id}/tasks/{step}/attempts/{attempt}")
}

/// Asks before a workflow is cancelled.
#[must_use]
pub fn cancel_workflow(id: WorkflowId) -> String {
    format!("/workflows/{id}/cancel")
}

/// Asks before a workflow is deleted.
#[must_use]
pub fn delete_workflow(id: WorkflowId) -> String {
    format!("/workflows/{id}/delete")
}

/// The field in which one types the name of what is deleted, and its place in the address.
pub const TYPED_NAME: &str = "name";

/// The same with what was typed there.
#[must_use]
pub fn delete_workflow_named(id: WorkflowId, typed: &str) -> String {
    format!("{}?{TYPED_NAME}={}", delete_workflow(id), encoded(typed))
}

/// The query parameter that names the workflow which was deleted a moment ago.
pub const DELETED: &str = "deleted";

/// All workflows, after one was deleted.
#[must_use]
pub fn workflows_without(id: WorkflowId) -> String {
    format!("{WORKFLOWS}?{DELETED}={id}")
}

/// Shows what a recovery keeps and does again; `from` is the step's position.
#[must_use]
pub fn recover_workflow(id: WorkflowId, from: Option<StepIndex>) -> String {
    match from {
        Some(from) => format!("/workflows/{id}/recover?from={from}"),
        None => format!("/workflows/{id}/recover"),
    }
}

/// The field of a recovery in which one says why, and its place in the address.
pub const REASON: &str = "reason";

/// The same with what was typed there.
#[must_use]
pub fn recover_workflow_because(id: WorkflowId, from: StepIndex, reason: &str) -> String {
    let page = recover_workflow(id, Some(from));
    format!("{page}&{REASON}={}", encoded(reason))
}

/// The workflows of one definition.
#[must_use]
pub fn workflows_of(definition: DefinitionId) -> String {
    workflows("", "", Some(definition), None)
}

/// A list of workflows: by tab or state (`""` for all), by text, of one definition, from a place
/// on.
#[must_use]
pub fn workflows(
    status: &str,
    text: &str,
    definition: Option<DefinitionId>,
    cursor: Option<i64>,
) -> String {
    let mut query = Vec::new();
    if !status.is_empty() {
        query.push(format!("status={}", encoded(status)));
    }
    if !text.is_empty() {
        query.push(format!("q={}", encoded(text)));
    }
    if let Some(definition) = definition {
        query.push(format!("definition={definition}"));
    }
    if let Some(cursor) = cursor {
        query.push(format!("cursor={cursor}"));
    }
    if query.is_empty() {
        WORKFLOWS.to_owned()
    } else {
        format!("{WORKFLOWS}?{}", query.join("&"))
    }
}

/// The events of one workflow as a stream: from the one after `after` on, else from a snapshot on. With them
/// comes the log of a step, from the line after one on, if it is wanted.
#[must_use]
pub fn workflow_events(
    id: WorkflowId,
    after: Option<Seq>,
    log: Option<(StepIndex, u64)>,
) -> String {
    let after = after.map(|after| format!("after={after}"));
    let log = log.map(|(step, line)| format!("log_of={step}&log_after={line}"));
    let query: Vec<_> = after.into_iter().chain(log).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("/events/workflows/{id}{mark}{}", query.join("&"))
}

/// Which workflows move, as a stream.
pub const WORKFLOWS_MOVING: &str = "/events/workflows";

/// The list of definitions, from a place on.
#[must_use]
pub fn definitions(cursor: Option<i64>) -> String {
    match cursor {
        Some(cursor) => format!("{DEFINITIONS}?cursor={cursor}"),
        None => DEFINITIONS.to_owned(),
    }
}

/// One definition.
#[must_use]
pub fn definition(id: DefinitionId) -> String {
    format!("/definitions/{id}")
}

/// The builder with one definition in it.
#[must_use]
pub fn edit_definition(id: DefinitionId) -> String {
    format!("/definitions/{id}/edit")
}

/// Asks for the parameters and starts a workflow of one definition.
#[must_use]
pub fn start_definition(id: DefinitionId) -> String {
    format!("/definitions/{id}/start")
}

/// The same form again, by the id that its command has.
#[must_use]
pub fn start_form(id: DefinitionId, command_id: &str) -> String {
    format!("{}?{FORM}={}", start_definition(id), encoded(command_id))
}

/// One step type on the page of all.
#[must_use]
pub fn step_type(task_type: &str) -> String {
    format!("{STEP_TYPES}#{}", encoded(task_type))
}

/// Sign in, then go to `next` (a path of this site).
#[must_use]
pub fn login(next: &str) -> String {
    format!("{LOGIN}?{NEXT}={}", encoded(next))
}

/// A file of the built site by its name.
#[must_use]
pub fn file(name: &str) -> String {
    format!("{FILES}/{name}")
}

/// Percent-encodes a value of a query or a fragment.
#[must_use]
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The patterns of the pages for the router, one for each page above.
pub mod route {
    use leptos_router::{ParamSegment, StaticSegment};

    /// One fixed part.
    pub type One = StaticSegment<&'static str>;
    /// A fixed part and a number.
    pub type Numbered = (One, ParamSegment);
    /// A fixed part, a number and a verb.
    pub type Verb = (One, ParamSegment, One);

    /// The start page.
    pub const HOME: One = StaticSegment("");
    /// Sign-in.
    pub const LOGIN: One = StaticSegment("login");
    /// Set-up.
    pub const SETUP: One = StaticSegment("setup");
    /// The workflows.
    pub const WORKFLOWS: One = StaticSegment("workflows");
    /// One workflow.
    pub const WORKFLOW: Numbered = (StaticSegment("workflows"), ParamSegment("id"));
    /// Its cancellation.
    pub const CANCEL_WORKFLOW: Verb = verb("workflows", "cancel");
    /// Its deletion.
    pub const DELETE_WORKFLOW: Verb = verb("workflows", "delete");
    /// Its recovery.
    pub const RECOVER_WORKFLOW: Verb = verb("workflows", "recover");
    /// The definitions.
    pub const DEFINITIONS: One = StaticSegment("definitions");
    /// The empty builder.
    pub const NEW_DEFINITION: (One, One) = (StaticSegment("definitions"), StaticSegment("new"));
    /// One definition.
    pub const DEFINITION: Numbered = (StaticSegment("definitions"), ParamSegment("id"));
    /// The builder with a definition in it.
    pub const EDIT_DEFINITION: Verb = verb("definitions", "edit");
    /// The form that starts a workflow.
    pub const START_DEFINITION: Verb = verb("definitions", "start");
    /// The step types.
    pub const STEP_TYPES: One = StaticSegment("step-types");

    const fn verb(noun: &'static str, verb: &'static str) -> Verb {
        (StaticSegment(noun), ParamSegment("id"), StaticSegment(verb))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_keeps_its_filters_in_the_url() {
        assert_eq!(workflows("", "", None, None), "/workflows");
        assert_eq!(
            workflows("failed", "a b&c", Some(DefinitionId(3)), Some(7)),
            "/workflows?status=failed&q=a%20b%26c&definition=3&cursor=7"
        );
    }

    #[test]
    fn a_stream_is_asked_for_from_where_the_page_stands() {
        let url = |after, log| workflow_events(WorkflowId(7), after, log);
        assert_eq!(url(None, None), "/events/workflows/7");
        assert_eq!(url(Some(3), None), "/events/workflows/7?after=3");
        assert_eq!(
            url(Some(3), Some((1, 20))),
            "/events/workflows/7?after=3&log_of=1&log_after=20"
        );
        assert_eq!(
            url(None, Some((0, 0))),
            "/events/workflows/7?log_of=0&log_after=0"
        );
    }

    #[test]
    fn where_to_go_next_survives_in_the_query() {
        assert_eq!(
            login("/workflows/7?step=1"),
            "/login?next=%2Fworkflows%2F7%3Fstep%3D1"
        );
    }
}
