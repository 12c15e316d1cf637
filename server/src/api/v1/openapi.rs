//! The description of the API for programs (OpenAPI).

use axum::Json;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, ComponentsBuilder, ContentBuilder, Header, InfoBuilder, OpenApi, OpenApiBuilder,
    PathsBuilder, Ref, Required, ResponseBuilder, SecurityRequirement,
};
use utoipa::{PartialSchema, ToSchema};

use super::described::{Answer, Described, described};
use super::schema;
use crate::problem::PROBLEM_JSON;

/// The shapes that operations name.
type Schemas = Vec<(
    String,
    utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>,
)>;

/// `GET /openapi.json`
pub async fn describe() -> Response {
    Json(document()).into_response()
}

/// The whole description.
pub fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Job Orchestrator")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Compose workflows from steps, start them, watch them live, pause, resume, cancel, \
             recover and delete them. Every answer from 400 on is problem JSON (RFC 9457), but for what is no \
             request that could be read at all: a head that is not HTTP (400), an address of more than \
             65534 bytes (414) and more than 100 headers, or too much in them (431), are answered \
             without a body, and the connection is closed.",
        ))
        .build();
    let paths = described().iter().fold(PathsBuilder::new(), |paths, one| {
        let item = utoipa::openapi::PathItem::new(method(&one.method), operation(one));
        paths.path(one.path, item)
    });
    OpenApiBuilder::new()
        .info(info)
        .paths(paths.build())
        .components(Some(components()))
        .security(Some([
            SecurityRequirement::new::<_, [&str; 0], &str>("token", []),
            SecurityRequirement::new::<_, [&str; 0], &str>("session", []),
        ]))
        .build()
}

fn method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

fn operation(one: &Described) -> utoipa::openapi::path::Operation {
    let mut operation = OperationBuilder::new()
        .operation_id(Some(one.id))
        .summary(Some(one.summary));
    for name in one
        .path
        .split('{')
        .skip(1)
        .filter_map(|part| part.split('}').next())
    {
        operation = operation.parameter(parameter(name, ParameterIn::Path, true, Type::Integer));
    }
    for (name, kind) in &one.query {
        operation = operation.parameter(parameter(name, ParameterIn::Query, false, kind.clone()));
    }
    for (name, what) in &one.headers {
        let mut header = parameter(name, ParameterIn::Header, false, Type::String);
        header.description = Some((*what).to_owned());
        operation = operation.parameter(header);
    }
    if let Some((shape, required)) = one.body {
        let required = if required {
            Required::True
        } else {
            Required::False
        };
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(shape)));
        let body = RequestBodyBuilder::new()
            .content("application/json", content.build())
            .required(Some(required));
        operation = operation.request_body(Some(body.build()));
    }
    let mut good = answer(&one.answer);
    if one.status == 201 {
        let place = header("Where the new thing is.");
        good.headers.insert("Location".into(), place.into());
    }
    operation = operation.response(one.status.to_string(), good);
    for status in one.problems() {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
        let mut response = ResponseBuilder::new()
            .description(problem_text(status))
            .content(PROBLEM_JSON, content.build());
        if let Some((name, what)) = problem_header(status) {
            response = response.header(name, header(what));
        }
        operation = operation.response(status.to_string(), response.build());
    }
    operation.build()
}

fn header(what: &str) -> Header {
    let mut header = Header::new(ObjectBuilder::new().schema_type(Type::String));
    header.description = Some(what.to_owned());
    header
}

/// The header that says more about a problem of this status.
fn problem_header(status: u16) -> Option<(&'static str, &'static str)> {
    match status {
        401 => Some(("WWW-Authenticate", "`Bearer`.")),
        405 => Some(("Allow", "The methods that the path has.")),
        429 | 503 | 507 => Some(("Retry-After", "After how many seconds another try may do.")),
        _ => None,
    }
}

fn answer(answer: &Answer) -> utoipa::openapi::Response {
    match answer {
        Answer::Shape(name, text) => {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(*name)));
            ResponseBuilder::new()
                .description(*text)
                .content("application/json", content.build())
                .build()
        }
        Answer::Anything(text) => {
            let content = ContentBuilder::new().schema(Some(ObjectBuilder::new()));
            ResponseBuilder::new()
                .description(*text)
                .content("application/json", content.build())
                .build()
        }
        Answer::Stream(frames) => {
            let text = ObjectBuilder::new().schema_type(Type::String);
            let content = ContentBuilder::new().schema(Some(text));
            ResponseBuilder::new()
                .description(format!(
                    "A stream of events. {frames} A session or token may have 32 streams open, a session 4 \
                     over HTTP/1.1: one more ends the oldest with `crowded`. Where the server is short of \
                     memory the oldest end, and `retry` says when to come back."
                ))
                .content("text/event-stream", content.build())
                .build()
        }
    }
}

fn parameter(name: &str, place: ParameterIn, required: bool, kind: Type) -> Parameter {
    let mut shape = ObjectBuilder::new().schema_type(kind.clone());
    if kind == Type::Integer {
        shape = shape.format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
    }
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(if required {
            Required::True
        } else {
            Required::False
        })
        .schema(Some(shape))
        .build()
}

fn problem_text(status: u16) -> &'static str {
    match status {
        400 => "It cannot be read: the body, a number in the path or a query parameter.",
        401 => "No session and no valid token.",
        403 => "The role is too low, or a page of another site asked.",
        404 => "There is no such thing.",
        405 => "Another method than those described here was used on this path.",
        408 => "The body did not arrive in time.",
        409 => "It does not fit: the workflow's state, a spent recovery budget, another version.",
        413 => "The body is too large.",
        415 => "There is a body that says it is something else than JSON.",
        421 => "This server does not answer for the host that was asked.",
        422 => "Some fields are wrong; `errors` names each.",
        429 => "Too many failed attempts from this address.",
        503 => {
            "Not now: the server stops, is too busy, holds as many streams as it may, its database is \
             away or damaged so that nothing in it can be relied on (`database_away`; the same command \
             may be sent again under its id; `/health/ready` lists `database_damaged` if that is why), a \
             page of it that this needs is damaged (`database_damaged`; all else goes on), or the log of \
             steps cannot be read (`log_away`; everything else goes on)."
        }
        507 => "The disk of the server is full (`disk_full`) or nearly full (`disk_nearly_full`).",
        _ => "Something went wrong here.",
    }
}

fn components() -> Components {
    let mut schemas = Schemas::new();
    add::<schema::WorkflowPage>(&mut schemas);
    add::<schema::Progress>(&mut schemas);
    add::<schema::DefinitionPage>(&mut schemas);
    add::<schema::NextDefinition>(&mut schemas);
    add::<schema::NewWorkflow>(&mut schemas);
    add::<schema::Recover>(&mut schemas);
    add::<schema::Command>(&mut schemas);
    add::<schema::Pause>(&mut schemas);
    add::<schema::Skip>(&mut schemas);
    add::<schema::MarkDone>(&mut schemas);
    add::<schema::RaiseBudget>(&mut schemas);
    add::<schema::Delete>(&mut schemas);
    add::<schema::StepTypePage>(&mut schemas);
    add::<schema::Task>(&mut schemas);
    add::<schema::LogPage>(&mut schemas);
    add::<schema::Frame>(&mut schemas);
    add::<schema::Problem>(&mut schemas);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme("token", SecurityScheme::Http(bearer))
        .security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("sid"))),
        )
        .build()
}

fn add<T: ToSchema + PartialSchema>(schemas: &mut Schemas) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

#[cfg(test)]
mod tests;
