//! The application's pages and server functions, with what they find in their context.

use std::sync::Arc;

use app::api::account::{ListensOnLoopback, NobodyYet, SignInWait};
use app::posted::PostedPage;
use app::{App, shell};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use axum::http::{StatusCode, request};
use axum::response::{IntoResponse, Redirect, Response};
use engine::{Actor, Service};
use leptos::config::LeptosOptions;
use leptos::context::{provide_context, use_context};
use leptos::nonce::use_nonce;
use leptos::prelude::IntoView;
use leptos_axum::{
    AxumRouteListing, LeptosRoutes, ResponseOptions, generate_route_list,
    render_app_async_with_context,
};

use crate::next_page;
use crate::paths;
use crate::policy;
use crate::shared::Shared;
use crate::site::SiteNames;

/// The routes of the pages.
pub fn listing() -> Vec<AxumRouteListing> {
    generate_route_list(App)
}

/// The routes of the server functions: path and method.
pub fn functions() -> Vec<(&'static str, axum::http::Method)> {
    leptos::server_fn::axum::server_fn_paths().collect()
}

/// Adds pages and server functions to `router`.
pub fn mount(router: Router<Shared>, shared: &Shared) -> Router<Shared> {
    let context = context(shared);
    router.leptos_routes_with_context(shared, listing(), context, document(shared))
}

/// The page for a path that is none. One with slashes too many leads to the path without them: the
/// application's own router takes no notice of them, and would draw the page that is meant.
pub async fn not_found(State(shared): State<Shared>, request: Request<Body>) -> Response {
    let uri = request.uri();
    let tidy = tidied(uri.path());
    if tidy != uri.path() {
        let wanted = match uri.query() {
            Some(query) => format!("{tidy}?{query}"),
            None => tidy,
        };
        if wanted.is_ascii() && next_page::local(&wanted) == wanted {
            return Redirect::permanent(&wanted).into_response();
        }
    }
    let context = context(&shared);
    let render = render_app_async_with_context(context, document(&shared));
    let mut response = render(request).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// A path with no slash at its end and no two in a row.
fn tidied(path: &str) -> String {
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    [paths::HOME, &parts.join("/")].concat()
}

/// The page at the request's URL, with what a form brought along.
pub async fn draw(shared: &Shared, request: Request<Body>, posted: Option<PostedPage>) -> Response {
    let context = context(shared);
    let with_posted = move || {
        context();
        if let Some(page) = posted.clone() {
            provide_context(page);
        }
    };
    render_app_async_with_context(with_posted, document(shared))(request).await
}

/// The same request as if the page were only looked at, for its headers.
pub fn as_get<B>(request: &Request<B>) -> Request<Body> {
    let mut get = Request::new(Body::empty());
    *get.uri_mut() = request.uri().clone();
    *get.headers_mut() = request.headers().clone();
    get.headers_mut().remove(CONTENT_TYPE);
    get.headers_mut().remove(CONTENT_LENGTH);
    *get.extensions_mut() = request.extensions().clone();
    get
}

/// What pages and server functions find: the service, and who asks.
fn context(shared: &Shared) -> impl Fn() + Clone + Send + Sync + use<> + 'static {
    let service: Arc<dyn Service> = shared.service.clone();
    let loopback = ListensOnLoopback(shared.hosts.is_loopback());
    move || {
        provide_context(service.clone());
        provide_context(loopback);
        if let Some(parts) = use_context::<request::Parts>() {
            if let Some(actor) = parts.extensions.get::<Actor>() {
                provide_context(actor.clone());
            }
            if let Some(nobody) = parts.extensions.get::<NobodyYet>() {
                provide_context(*nobody);
            }
            if let Some(wait) = parts.extensions.get::<SignInWait>() {
                provide_context(*wait);
            }
        }
        let (nonce, options) = (use_nonce(), use_context::<ResponseOptions>());
        if let (Some(nonce), Some(options)) = (nonce, options)
            && let Ok(policy) = HeaderValue::from_str(&policy::of_page(&nonce))
        {
            options.insert_header(CONTENT_SECURITY_POLICY, policy);
        }
    }
}

/// The document around the application. The names of its files are looked up each time: a
/// development build may have been given other ones.
fn document(
    shared: &Shared,
) -> impl Fn() -> leptos::prelude::AnyView + Clone + Send + Sync + 'static {
    use leptos::prelude::IntoAny;
    let options = <LeptosOptions as axum::extract::FromRef<Shared>>::from_ref(shared);
    move || {
        let names = SiteNames::read();
        let mut options = options.clone();
        options.output_name = names.output_name.into();
        shell(options, &names.stylesheet).into_view().into_any()
    }
}
