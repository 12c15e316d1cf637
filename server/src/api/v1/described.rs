//! What the description says of each route.

use axum::http::Method;
use utoipa::openapi::schema::Type;

use crate::paths::v1 as at;

/// What an operation answers when it goes well.
pub enum Answer {
    /// JSON of a named shape, and what it is.
    Shape(&'static str, &'static str),
    /// Any JSON object, and what it is.
    Anything(&'static str),
    /// A stream of events, and what comes in it.
    Stream(&'static str),
}

/// What the header `Idempotency-Key` is for, where it comes with a command to workflows.
const KEY_OF_COMMAND: &str = "The client's id of this command, 1 to 200 visible ASCII characters: what was \
                              taken has no second effect and the same answer when it is sent again under it \
                              within seven days.";

/// And where a definition is saved under it: it is kept with the version, which is never removed.
const KEY_OF_DEFINITION: &str = "The client's id of what is saved, 1 to 200 visible ASCII characters: what was \
                                 saved is not saved again and has the same answer however much later it is sent \
                                 again under it.";

/// One operation.
pub struct Described {
    /// Its method.
    pub method: Method,
    /// Its path.
    pub path: &'static str,
    /// Its name for programs.
    pub id: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// The headers it takes, each with what it is for.
    pub headers: Vec<(&'static str, &'static str)>,
    /// Its query parameters.
    pub query: Vec<(&'static str, Type)>,
    /// The shape of its body, and whether there has to be one.
    pub body: Option<(&'static str, bool)>,
    /// The status when it goes well.
    pub status: u16,
    /// What it answers then.
    pub answer: Answer,
    /// Whether a body that says it is something else than JSON is refused.
    pub only_json: bool,
    /// Whether it changes a workflow's state or a version, so that it may clash.
    pub may_clash: bool,
}

impl Described {
    fn get(path: &'static str, id: &'static str, summary: &'static str, answer: Answer) -> Self {
        Self {
            method: Method::GET,
            path,
            id,
            summary,
            headers: Vec::new(),
            query: Vec::new(),
            body: None,
            status: 200,
            answer,
            only_json: false,
            may_clash: false,
        }
    }

    fn write(mut self, method: Method, body: &'static str, required: bool) -> Self {
        self.method = method;
        self.body = Some((body, required));
        self
    }

    fn created(mut self) -> Self {
        self.status = 201;
        self
    }

    fn only_json(mut self) -> Self {
        self.only_json = true;
        self
    }

    fn clashing(mut self) -> Self {
        self.may_clash = true;
        self
    }

    fn heading(mut self, name: &'static str, what: &'static str) -> Self {
        self.headers.push((name, what));
        self
    }

    fn keyed(self) -> Self {
        self.heading("Idempotency-Key", KEY_OF_COMMAND)
    }

    fn keyed_for_good(self) -> Self {
        self.heading("Idempotency-Key", KEY_OF_DEFINITION)
    }

    fn asking(mut self, query: &[(&'static str, Type)]) -> Self {
        self.query = query.to_vec();
        self
    }

    fn verb(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        let answer = Answer::Shape("Workflow", "The workflow as it is now.");
        Self::get(path, id, summary, answer)
            .write(Method::POST, "Command", false)
            .keyed()
            .clashing()
    }

    /// The statuses of its problems.
    pub fn problems(&self) -> Vec<u16> {
        let mut problems = vec![400, 401, 403, 405, 421, 429, 500, 503];
        if self.path.contains('{') || self.path == at::WORKFLOWS {
            problems.push(404);
        }
        if self.method != Method::GET {
            problems.push(507);
        }
        if self.may_clash {
            problems.push(409);
        }
        if self.body.is_some() {
            problems.extend([408, 413, 422]);
        }
        if self.only_json {
            problems.push(415);
        }
        problems.sort_unstable();
        problems
    }
}

/// Every operation; a test compares them with the routes.
pub fn described() -> Vec<Described> {
    let mut all = definitions();
    all.extend(workflows());
    all.extend(commands());
    all.extend(tasks());
    all
}

fn paging() -> [(&'static str, Type); 2] {
    [("limit", Type::Integer), ("cursor", Type::String)]
}

fn definitions() -> Vec<Described> {
    let saved = || Answer::Shape("SavedDefinition", "The definition.");
    let list = Answer::Shape(
        "DefinitionPage",
        "The latest version of each, newest first.",
    );
    let types = Answer::Shape("StepTypePage", "The step types.");
    let description = Answer::Anything("This description.");
    vec![
        Described::get(at::OPENAPI, "openapi", "This description", description),
        Described::get(
            at::STEP_TYPES,
            "list_step_types",
            "What steps can do",
            types,
        ),
        Described::get(at::DEFINITIONS, "list_definitions", "All definitions", list)
            .asking(&paging()),
        Described::get(
            at::DEFINITIONS,
            "create_definition",
            "Save a definition",
            saved(),
        )
        .write(Method::POST, "Definition", true)
        .only_json()
        .keyed_for_good()
        .created(),
        Described::get(at::DEFINITION, "get_definition", "One definition", saved())
            .asking(&[("version", Type::Integer)]),
        Described::get(
            at::DEFINITION,
            "replace_definition",
            "Save the next version",
            saved(),
        )
        .write(Method::PUT, "NextDefinition", true)
        .only_json()
        .keyed_for_good()
        .clashing(),
    ]
}

const EVENTS: &str = "`id` is the event's number and `event` its kind; the data is JSON, a `Frame`. The first \
    frame is `snapshot` with the whole progress, unless `Last-Event-ID` or `after` is given; \
    another one tells of a quarantine, which no event does. With `log_of`, the position of a \
    step from 0, its log comes as well, as it is written: each frame `log` has `task`, the \
    position, and `lines`, each a `LogLine`, from the one after the number `log_after` on, else \
    from the first. It has no `id`: what a client that comes back has to name are the last \
    event and the last line. When the workflow is deleted, `gone` is the last frame.";

fn workflows() -> Vec<Described> {
    let one = || Answer::Shape("Workflow", "The workflow.");
    let list = Answer::Shape("WorkflowPage", "Workflows, newest first.");
    let progress = Answer::Shape("Progress", "How far it is.");
    let [limit, cursor] = paging();
    let filters = [
        ("status", Type::String),
        ("q", Type::String),
        ("definition", Type::Integer),
        limit,
        cursor,
    ];
    vec![
        Described::get(at::WORKFLOWS, "list_workflows", "All workflows", list).asking(&filters),
        Described::get(at::WORKFLOWS, "create_workflow", "Create a workflow", one())
            .write(Method::POST, "NewWorkflow", true)
            .only_json()
            .keyed()
            .created(),
        Described::get(at::WORKFLOW, "get_workflow", "One workflow", one()),
        Described::get(
            at::PROGRESS,
            "get_workflow_progress",
            "How far it is",
            progress,
        ),
        Described::get(
            at::EVENTS,
            "follow_workflow",
            "Its events as they come",
            Answer::Stream(EVENTS),
        )
        .heading(
            "Last-Event-ID",
            "The number of the last event that the client has: the stream goes on after it. It wins \
             over `after`.",
        )
        .asking(&[
            ("after", Type::Integer),
            ("log_of", Type::Integer),
            ("log_after", Type::Integer),
        ]),
        Described::get(
            at::MOVES,
            "follow_workflows",
            "Which workflows move",
            Answer::Stream(
                "The first frame is `snapshot`, which names the newest active workflows, at most 200, as \
                 `workflows`, each with its `workflow_id` and `rev`, the number of its last event. Then a \
                 `hint` names a workflow that moved or was deleted, with the same two fields, at most two \
                 seconds later; where very many moved, another snapshot comes instead. No frame has an `id`: \
                 who was away begins anew.",
            ),
        ),
        Described::get(
            at::JOB_WORKFLOW,
            "get_workflow_by_job",
            "A job's latest workflow",
            one(),
        ),
    ]
}

fn commands() -> Vec<Described> {
    vec![
        Described::verb(
            at::START,
            "start_workflow",
            "Start it; a paused one goes on",
        ),
        Described::verb(
            at::PAUSE,
            "pause_workflow",
            "Start nothing new until resumed",
        )
        .write(Method::POST, "Pause", false),
        Described::verb(at::RESUME, "resume_workflow", "Go on"),
        Described::verb(
            at::CANCEL,
            "cancel_workflow",
            "Stop what runs and start nothing more; a cancelled workflow can be recovered",
        ),
        Described::verb(
            at::RECOVER,
            "recover_workflow",
            "Do a step again and everything that needs it",
        )
        .write(Method::POST, "Recover", true),
        Described::verb(at::RAISE_BUDGET, "raise_budget", "Allow more recoveries").write(
            Method::POST,
            "RaiseBudget",
            true,
        ),
        Described::get(
            at::WORKFLOW,
            "delete_workflow",
            "Remove what is over or was never started, with its history: its steps, tries, events and \
             log; its number is never given out again",
            Answer::Shape("Workflow", "The workflow as it was at the end."),
        )
        .write(Method::DELETE, "Delete", false)
        .keyed()
        .clashing(),
        Described::verb(at::SKIP, "skip_task", "Let a step be").write(Method::POST, "Skip", true),
        Described::verb(at::MARK_DONE, "mark_task_done", "Take a step for done").write(
            Method::POST,
            "MarkDone",
            true,
        ),
        Described::verb(
            at::TRY_NOW,
            "try_task_now",
            "Do not wait for a step's next try",
        ),
    ]
}

fn tasks() -> Vec<Described> {
    let task = Answer::Shape("Task", "Its output and tries.");
    let attempt = Answer::Shape("Attempt", "The try, with all that it gave too late.");
    let log = Answer::Shape("LogPage", "Lines of its log, oldest first.");
    let [limit, cursor] = paging();
    vec![
        Described::get(at::TASK, "get_task", "One task's output and tries", task),
        Described::get(at::ATTEMPT, "get_attempt", "One try of a task", attempt),
        Described::get(at::LOG, "get_task_log", "One task's log", log).asking(&[
            ("after", Type::Integer),
            limit,
            cursor,
        ]),
        Described::get(
            at::LOG_EVENTS,
            "follow_task_log",
            "One task's log as it is written",
            Answer::Stream(
                "`id` is the line's number and `event` is `line`; the data is JSON, a `LogLine`. It begins \
                 with the first line, unless `Last-Event-ID` or `after` is given.",
            ),
        )
        .heading(
            "Last-Event-ID",
            "The number of the last line that the client has: the stream goes on after it. It wins over \
             `after`.",
        )
        .asking(&[("after", Type::Integer)]),
    ]
}
