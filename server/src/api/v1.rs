//! The HTTP API, version 1: one file for each noun.

mod answer;
mod commands;
mod definitions;
mod described;
mod jobs;
mod openapi;
mod schema;
mod step_types;
mod tasks;
mod workflows;

use engine::Role;

use crate::events;
use crate::paths::v1 as at;
use crate::route::Route;

pub use openapi::document;

/// The routes of the API.
pub fn routes() -> Vec<Route> {
    vec![
        Route::get(at::OPENAPI, openapi::describe).without_query(),
        Route::get(at::STEP_TYPES, step_types::list).without_query(),
        Route::get(at::DEFINITIONS, definitions::list),
        Route::post(at::DEFINITIONS, definitions::create)
            .needs(Role::Editor)
            .without_query(),
        Route::get(at::DEFINITION, definitions::get),
        Route::put(at::DEFINITION, definitions::replace)
            .needs(Role::Editor)
            .without_query(),
        Route::get(at::WORKFLOWS, workflows::list),
        Route::post(at::WORKFLOWS, workflows::create)
            .needs(Role::Operator)
            .without_query(),
        Route::get(at::WORKFLOW, workflows::get).without_query(),
        Route::delete(at::WORKFLOW, commands::delete)
            .needs(Role::Editor)
            .without_query(),
        Route::get(at::PROGRESS, workflows::progress).without_query(),
        Route::post(at::START, commands::start)
            .needs(Role::Operator)
            .without_query(),
        Route::post(at::PAUSE, commands::pause)
            .needs(Role::Operator)
            .without_query(),
        Route::post(at::RESUME, commands::resume)
            .needs(Role::Operator)
            .without_query(),
        Route::post(at::CANCEL, commands::cancel)
            .needs(Role::Operator)
            .without_query(),
        Route::post(at::RECOVER, commands::recover)
            .needs(Role::Operator)
            .without_query(),
        Route::post(at::RAISE_BUDGET, commands::raise_budget)
            .needs(Role::Operator)
            .without_query(),
        Route::post(at::SKIP, commands::skip)
            .needs(Role::Operator)
            .without_query(),
        Route::post(at::MARK_DONE, commands::mark_done)
            .needs(Role::Operator)
            .without_query(),
        Route::post(at::TRY_NOW, commands::try_now)
            .needs(Role::Operator)
            .without_query(),
        Route::get(at::EVENTS, events::stream),
        Route::get(at::MOVES, events::list::stream),
        Route::get(at::LOG_EVENTS, events::log::stream),
        Route::get(at::TASK, tasks::get).without_query(),
        Route::get(at::ATTEMPT, tasks::attempt).without_query(),
        Route::get(at::LOG, tasks::log),
        Route::get(at::JOB_WORKFLOW, jobs::workflow).without_query(),
    ]
}
