//! One route of the server, as data, so that the router, its description and its tests read the
//! same list.

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};

use crate::shared::Shared;

/// A method, a path and what answers.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with `{names}`.
    pub path: &'static str,
    /// What answers.
    pub answer: MethodRouter<Shared>,
}

impl Route {
    /// Answers GET and HEAD.
    pub fn get<H: Handler<T, Shared>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::of(Method::GET, MethodFilter::GET, path, handler)
    }

    /// Answers POST.
    pub fn post<H: Handler<T, Shared>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::of(Method::POST, MethodFilter::POST, path, handler)
    }

    /// Answers PUT.
    pub fn put<H: Handler<T, Shared>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::of(Method::PUT, MethodFilter::PUT, path, handler)
    }

    fn of<H: Handler<T, Shared>, T: 'static>(
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        handler: H,
    ) -> Self {
        Self {
            method,
            path,
            answer: on(filter, handler),
        }
    }
}
