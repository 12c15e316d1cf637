//! One route of the server, as data, so that the router, its description and its tests read the
//! same list.

use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use engine::{JobOrchestratorError, Role};

use crate::api::query::Query;
use crate::caller::Caller;
use crate::problem::ApiProblem;
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

    /// Answers DELETE.
    pub fn delete<H: Handler<T, Shared>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::of(Method::DELETE, MethodFilter::DELETE, path, handler)
    }

    /// The same, refused before its body is read to whoever has not at least this role. The contract
    /// judges the role as well; this only spares the work with what nobody may send.
    #[must_use]
    pub fn needs(self, role: Role) -> Self {
        let judge = from_fn(move |request: Request, next: Next| judge(role, request, next));
        Self {
            answer: self.answer.layer(judge),
            ..self
        }
    }

    /// The same, refused with 400 when anything stands behind the question mark.
    #[must_use]
    pub fn without_query(self) -> Self {
        Self {
            answer: self.answer.layer(from_fn(refuse_query)),
            ..self
        }
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

async fn judge(needs: Role, request: Request, next: Next) -> Response {
    match request.extensions().get::<Caller>() {
        Some(caller) if !caller.actor.may(needs) => {
            ApiProblem::from(JobOrchestratorError::Forbidden { needs }).into_response()
        }
        _ => next.run(request).await,
    }
}

async fn refuse_query(query: Query, request: Request, next: Next) -> Response {
    match query.only(&[]) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}
