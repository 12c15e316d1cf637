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

use crate::events;
use crate::paths::v1 as at;
use crate::route::Route;

pub use openapi::document;

/// The routes of the API.
pub fn routes() -> Vec<Route> {
    vec![
        Route::get(at::OPENAPI, openapi::describe),
        Route::get(at::STEP_TYPES, step_types::list),
        Route::get(at::DEFINITIONS, definitions::list),
        Route::post(at::DEFINITIONS, definitions::create),
        Route::get(at::DEFINITION, definitions::get),
        Route::put(at::DEFINITION, definitions::replace),
        Route::get(at::WORKFLOWS, workflows::list),
        Route::post(at::WORKFLOWS, workflows::create),
        Route::get(at::WORKFLOW, workflows::get),
        Route::get(at::PROGRESS, workflows::progress),
        Route::post(at::START, commands::start),
        Route::post(at::PAUSE, commands::pause),
        Route::post(at::RESUME, commands::resume),
        Route::post(at::CANCEL, commands::cancel),
        Route::post(at::RECOVER, commands::recover),
        Route::post(at::RAISE_BUDGET, commands::raise_budget),
        Route::post(at::SKIP, commands::skip),
        Route::post(at::MARK_DONE, commands::mark_done),
        Route::post(at::TRY_NOW, commands::try_now),
        Route::get(at::EVENTS, events::stream),
        Route::get(at::TASK, tasks::get),
        Route::get(at::LOG, tasks::log),
        Route::get(at::JOB_WORKFLOW, jobs::workflow),
    ]
}
