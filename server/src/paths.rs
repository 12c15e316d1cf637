//! The URLs that only the server answers: the HTTP API, the streams and the checks. Those of the
//! pages stand in the application and are used from there.

pub use app::paths::{EDIT_DEFINITION_PATTERN, NEW_DEFINITION, START_DEFINITION_PATTERN};
pub use app::paths::{FILES, HOME, ICON, LOGIN, LOGOUT, NEXT, SERVER_FUNCTIONS, SETUP};
pub use app::paths::{encoded, login};

/// The icon where old browsers look for it.
pub const OLD_ICON: &str = "/favicon.ico";
/// Whether the process is alive.
pub const LIVE: &str = "/health/live";
/// Whether it can work.
pub const READY: &str = "/health/ready";
/// What the paths of the streams begin with.
pub const STREAMS: &str = "/events";
/// The events of one workflow, for pages.
pub const WORKFLOW_STREAM: &str = "/events/workflows/{id}";
/// What moves in the list of workflows, for pages.
pub use app::paths::WORKFLOWS_MOVING as LIST_STREAM;
/// What the paths of everything for programs begin with.
pub const API: &str = "/api";

/// The HTTP API's first version.
pub mod v1 {
    /// This API described for programs.
    pub const OPENAPI: &str = "/api/v1/openapi.json";
    /// What steps can do.
    pub const STEP_TYPES: &str = "/api/v1/step-types";
    /// All definitions.
    pub const DEFINITIONS: &str = "/api/v1/definitions";
    /// One definition.
    pub const DEFINITION: &str = "/api/v1/definitions/{id}";
    /// All workflows.
    pub const WORKFLOWS: &str = "/api/v1/workflows";
    /// One workflow.
    pub const WORKFLOW: &str = "/api/v1/workflows/{id}";
    /// How far it is.
    pub const PROGRESS: &str = "/api/v1/workflows/{id}/progress";
    /// Starts it.
    pub const START: &str = "/api/v1/workflows/{id}/start";
    /// Pauses it.
    pub const PAUSE: &str = "/api/v1/workflows/{id}/pause";
    /// Lets it go on.
    pub const RESUME: &str = "/api/v1/workflows/{id}/resume";
    /// Stops it; only a recovery makes it go on.
    pub const CANCEL: &str = "/api/v1/workflows/{id}/cancel";
    /// Does a step again and everything that needs it.
    pub const RECOVER: &str = "/api/v1/workflows/{id}/recover";
    /// Allows more recoveries of it.
    pub const RAISE_BUDGET: &str = "/api/v1/workflows/{id}/raise-budget";
    /// Its events as a stream.
    pub const EVENTS: &str = "/api/v1/workflows/{id}/events";
    /// Which workflows move.
    pub const MOVES: &str = "/api/v1/workflows/events";
    /// One of its tasks.
    pub const TASK: &str = "/api/v1/workflows/{id}/tasks/{index}";
    /// One of its tries.
    pub const ATTEMPT: &str = "/api/v1/workflows/{id}/tasks/{index}/attempts/{attempt}";
    /// That task's log.
    pub const LOG: &str = "/api/v1/workflows/{id}/tasks/{index}/log";
    /// The same as it is written.
    pub const LOG_EVENTS: &str = "/api/v1/workflows/{id}/tasks/{index}/log/events";
    /// Lets that task be.
    pub const SKIP: &str = "/api/v1/workflows/{id}/tasks/{index}/skip";
    /// Takes it for done.
    pub const MARK_DONE: &str = "/api/v1/workflows/{id}/tasks/{index}/mark-done";
    /// Does not wait for its next try.
    pub const TRY_NOW: &str = "/api/v1/workflows/{id}/tasks/{index}/try-now";
    /// The latest workflow of a job.
    pub const JOB_WORKFLOW: &str = "/api/v1/jobs/{job_id}/workflow";
}
