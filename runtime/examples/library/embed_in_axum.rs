//! The engine inside a web service: a request starts a workflow, another asks how far it is.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use runtime::{
    JobId, JobOrchestrator, JobOrchestratorError, Progress, Runtime, Value, WorkflowDefinition,
    WorkflowId, WorkflowState, WorkflowStatus, WorkflowStep, json,
};

use super::Outcome;

/// What every request shares. Clones of the runtime are the same engine.
#[derive(Clone)]
struct Service {
    orchestrator: Runtime,
    report: WorkflowDefinition,
}

type Refused = (StatusCode, String);

fn refused(error: JobOrchestratorError) -> Refused {
    let status = match &error {
        JobOrchestratorError::NotFound { .. } => StatusCode::NOT_FOUND,
        JobOrchestratorError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        JobOrchestratorError::Refused(_) | JobOrchestratorError::Conflict(_) => {
            StatusCode::CONFLICT
        }
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, error.to_string())
}

async fn start(
    State(service): State<Service>,
    Json(asked): Json<Value>,
) -> Result<(StatusCode, Json<WorkflowState>), Refused> {
    let metadata = asked.as_object().cloned();
    let created = service
        .orchestrator
        .create_workflow(JobId(1), &service.report, metadata)
        .await;
    let created = created.map_err(refused)?;
    // It goes on by itself, whether or not anybody asks.
    let started = service.orchestrator.start_workflow(created.id).await;
    Ok((StatusCode::ACCEPTED, Json(started.map_err(refused)?)))
}

async fn progress(
    State(service): State<Service>,
    Path(id): Path<WorkflowId>,
) -> Result<Json<Progress>, Refused> {
    let progress = service.orchestrator.get_workflow_progress(id).await;
    progress.map(Json).map_err(refused)
}

/// Serves on a free port and asks like a client would.
pub async fn run() -> Outcome {
    let report = WorkflowDefinition::new("Report").step(WorkflowStep::new(
        "Write",
        "write",
        |cx| async move { Ok(json!({ "for": cx.metadata().get("customer") })) },
    ));
    let orchestrator = Runtime::builder()
        .in_memory()
        .register(&report)
        .start()
        .await?;
    let service = Service {
        orchestrator: orchestrator.clone(),
        report,
    };
    let router = Router::new()
        .route("/reports", post(start))
        .route("/reports/{id}", get(progress))
        .with_state(service);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async {
        drop(stopped.await);
    });
    let serving = tokio::spawn(serving.into_future());

    ask(&format!("http://{address}/reports"), &orchestrator).await?;

    // First nobody asks any more, then the engine stops: running steps get time to end.
    drop(stop);
    serving.await??;
    orchestrator.shutdown().await;
    Ok(())
}

async fn ask(reports: &str, orchestrator: &Runtime) -> Outcome {
    // The client wants one even where nothing is encrypted; somebody may have chosen one already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder().no_proxy().build()?;
    let asked = json!({ "customer": "Ada" });
    let answer = client.post(reports).json(&asked).send().await?;
    let started: WorkflowState = answer.error_for_status()?.json().await?;

    // A browser would ask again from time to time, or follow the events.
    let mut events = orchestrator.follow(started.id, 0);
    while events.next().await?.is_some() {}
    let url = format!("{reports}/{}", started.id);
    let progress: Progress = client.get(url).send().await?.json().await?;
    println!("{}: {} %", progress.status, progress.progress);
    assert_eq!(progress.status, WorkflowStatus::Completed);

    let unknown = client.get(format!("{reports}/999")).send().await?;
    assert_eq!(unknown.status(), 404);
    Ok(())
}
