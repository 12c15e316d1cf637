//! The start form, posted with or without scripts.

use engine::draft::parameters;
use engine::orchestrator::{DefinitionSource, NewWorkflowRequest};
use engine::problem::pointer_part;
use engine::{Actor, DefinitionId, JobId, JobOrchestratorError, Problem, Service};
use serde_json::{Map, Value, json};

use super::{Pairs, PostedAnswer, PostedPage};
use crate::api::ApiError;
use crate::api::command_id;
use crate::api::definitions::start::{StartPage, names};
use crate::paths;

pub(super) async fn answer(
    service: &dyn Service,
    user: &Actor,
    id: DefinitionId,
    pairs: &Pairs,
    host: &str,
) -> PostedAnswer {
    let Ok(saved) = service.definition(user, id, None).await else {
        return PostedAnswer::DrawAsGet;
    };
    let sent = match super::command_id(pairs) {
        Ok(id) => id,
        Err(unreadable) => return unreadable,
    };
    // Nothing has come of it yet, so what is sent next from the same page has the same id.
    let id_of_page = sent.clone().unwrap_or_else(|| service.new_command_id());
    let mut page = StartPage::of(saved, id_of_page);
    page.posted = true;
    let press = fill_in(&mut page, pairs);
    let Some(request) = read(&mut page, press != names::CREATE) else {
        return draw(page);
    };
    if press == names::API_CALL {
        page.api_call = Some(api_call(&request, id, host));
        return draw(page);
    }
    let request = &request;
    let submitted = command_id::carry_out(sent, |command_id| async move {
        let request = NewWorkflowRequest {
            command_id,
            ..request.clone()
        };
        service.submit(user, request).await
    });
    match submitted.await {
        Ok(workflow) => {
            return PostedAnswer::SeeOther(paths::workflow(workflow.id));
        }
        Err(JobOrchestratorError::Invalid(problems)) => {
            page.status = 422;
            page.problems = problems;
        }
        Err(error) => {
            let error = ApiError::from(error);
            page.status = error.status();
            page.error = Some(error);
        }
    }
    draw(page)
}

fn draw(page: StartPage) -> PostedAnswer {
    PostedAnswer::Draw(Box::new(PostedPage::Start(page)))
}

/// Puts what was typed onto the page; gives the button.
fn fill_in<'a>(page: &mut StartPage, pairs: &'a Pairs) -> &'a str {
    let mut press = "";
    for (name, value) in pairs {
        match name.as_str() {
            names::PRESS => press = value,
            names::JOB_ID => page.job_id.clone_from(value),
            names::METADATA => page.metadata = value.replace("\r\n", "\n"),
            other => {
                let parameter = other.strip_prefix(names::PARAMETER_PREFIX);
                let known = page
                    .parameters
                    .iter_mut()
                    .find(|(known, _)| Some(known.as_str()) == parameter);
                if let Some((_, text)) = known {
                    *text = value.replace("\r\n", "\n");
                }
            }
        }
    }
    press
}

/// What is asked for, or nothing with the problems on the page.
fn read(page: &mut StartPage, start: bool) -> Option<NewWorkflowRequest> {
    let mut problems = Vec::new();
    let mut given = Map::new();
    for (name, text) in &page.parameters {
        let default = &page.saved.definition["parameters"][name];
        if *text == parameters::default_text(default) {
            continue;
        }
        match parameters::like_default(text, default) {
            Ok(value) => {
                given.insert(name.clone(), value);
            }
            Err(detail) => {
                let pointer = format!("#/parameters/{}", pointer_part(name));
                problems.push(Problem::new(pointer, detail));
            }
        }
    }
    let job_id = match page.job_id.trim() {
        "" => None,
        text => {
            let number = text.parse::<i64>().ok().filter(|number| *number > 0);
            if number.is_none() {
                problems.push(Problem::new(
                    "#/job_id",
                    "must be a whole number from 1, or empty",
                ));
            }
            number.map(JobId)
        }
    };
    let metadata = parameters::from_text(&page.metadata).unwrap_or_else(|detail| {
        problems.push(Problem::new("#/metadata", detail));
        Map::new()
    });
    if !problems.is_empty() {
        page.status = 422;
        page.problems = problems;
        return None;
    }
    Some(NewWorkflowRequest {
        definition: DefinitionSource::Saved(page.saved.definition_id),
        job_id,
        parameters: given,
        metadata,
        start,
        command_id: None,
    })
}

/// The same as a command line for the HTTP API, without the token.
fn api_call(request: &NewWorkflowRequest, id: DefinitionId, host: &str) -> String {
    let mut body = json!({ "definition": id });
    if let Some(job) = request.job_id {
        body["job_id"] = json!(job);
    }
    if !request.parameters.is_empty() {
        body["parameters"] = Value::Object(request.parameters.clone());
    }
    if !request.metadata.is_empty() {
        body["metadata"] = Value::Object(request.metadata.clone());
    }
    body["start"] = json!(request.start);
    let body = body.to_string().replace('\'', "'\\''");
    format!(
        "curl --request POST http://{host}{} \\\n  --header \"Authorization: Bearer $TOKEN\" \\\n  \
         --header 'Content-Type: application/json' \\\n  --data '{body}'",
        paths::API_WORKFLOWS
    )
}
