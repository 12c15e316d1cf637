//! The one list of routes and layers.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::ALLOW;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::ConfigError;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};

use crate::access::{self, Audience};
use crate::problem::ApiProblem;
use crate::route::Route;
use crate::shared::Shared;
use crate::{
    api, body_limit, events, health, hosts, origin, pages, paths, policy, posted, session, setup,
    sign_in, site, time_limit,
};

/// Every route but those of pages, server functions and files.
pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::get(paths::LIVE, health::live),
        Route::get(paths::READY, health::ready),
        Route::get(paths::OLD_ICON, async || Redirect::permanent(paths::ICON)),
        Route::post(paths::SETUP, setup::create_owner),
        Route::post(paths::LOGIN, sign_in::enter),
        Route::post(paths::LOGOUT, sign_in::leave),
        Route::post(paths::NEW_DEFINITION, posted::take),
        Route::post(paths::EDIT_DEFINITION_PATTERN, posted::take),
        Route::post(paths::START_DEFINITION_PATTERN, posted::take),
        Route::get(paths::WORKFLOW_STREAM, events::stream),
        Route::get(paths::LIST_STREAM, events::list::stream),
    ];
    routes.extend(api::v1::routes());
    routes
}

/// Every method and path that is registered, for the tests that walk them all. The files of the
/// site are not among them.
pub fn registered() -> Vec<(Method, String)> {
    let plain = routes().into_iter().map(|r| (r.method, r.path.to_owned()));
    let listing = pages::listing();
    let pages = listing
        .iter()
        .map(|page| (Method::GET, page.path().to_owned()));
    let functions = pages::functions();
    let functions = functions
        .into_iter()
        .map(|(path, method)| (method, path.to_owned()));
    plain.chain(pages).chain(functions).collect()
}

/// The description of the HTTP API, for the tests that hold every answer against it.
///
/// # Errors
/// When it has no JSON form.
pub fn description() -> serde_json::Result<serde_json::Value> {
    serde_json::to_value(api::v1::document())
}

/// Puts routes and layers together.
///
/// # Errors
/// When the public address is no origin.
pub fn build(shared: &Shared) -> Result<Router, ConfigError> {
    let mut inside = Router::new();
    for route in routes() {
        inside = inside.route(route.path, route.answer);
    }
    let inside = pages::mount(inside, shared)
        .merge(site::site_router(paths::FILES, paths::ICON))
        .fallback(unknown)
        .layer(from_fn(explain_method))
        .with_state(shared.clone());
    // The layers stand around a router that routes nothing by itself, so that no path, known or
    // not, gets past them. Each goes around those before it: the last is the outermost.
    Ok(Router::new()
        .fallback_service(inside)
        .layer(from_fn_with_state(shared.clone(), setup::gate))
        .layer(from_fn_with_state(shared.clone(), access::layer))
        .layer(session::layer(shared))
        .layer(origin::layer(&shared.hosts)?)
        .layer(from_fn_with_state(shared.clone(), origin::explain))
        .layer(from_fn(body_limit::layer))
        .layer(from_fn(time_limit::layer))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(shared.clone(), hosts::layer))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(shared.clone(), policy::layer))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid)))
}

/// The answer for a path that is none.
async fn unknown(state: State<Shared>, request: Request<Body>) -> Response {
    match Audience::of(request.uri().path()) {
        Audience::Person => pages::not_found(state, request).await,
        Audience::Program | Audience::Script => {
            ApiProblem::not_found("there is nothing at this path").into_response()
        }
    }
}

/// Puts words into the answers of a known path that does not know the method.
async fn explain_method(request: Request, next: Next) -> Response {
    let audience = Audience::of(request.uri().path());
    let method = request.method().clone();
    let response = next.run(request).await;
    if response.status() != StatusCode::METHOD_NOT_ALLOWED || audience == Audience::Person {
        return response;
    }
    let allowed = response.headers().get(ALLOW).cloned();
    ApiProblem::wrong_method(&method)
        .allowing(allowed)
        .into_response()
}

/// What is said about a panic: nothing but where the log has it.
#[derive(Debug, thiserror::Error)]
#[error("a handler panicked: {0}")]
struct Panicked(String);

fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    let error = Panicked(text.unwrap_or("without a text").to_owned());
    ApiProblem::from_fault(&error).into_response()
}
