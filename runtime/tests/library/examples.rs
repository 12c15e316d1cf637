//! Every example of `runtime/examples/library` runs to its end; what each should come to it asserts
//! itself.

use std::error::Error;

use crate::examined::Examined;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

#[path = "../../examples/library/custom_step_type.rs"]
mod custom_step_type;
#[path = "../../examples/library/dataset_build.rs"]
mod dataset_build;
#[path = "../../examples/library/embed_in_axum.rs"]
mod embed_in_axum;
#[path = "../../examples/library/error_recovery.rs"]
mod error_recovery;
#[path = "../../examples/library/follow_events.rs"]
mod follow_events;
#[path = "../../examples/library/operator.rs"]
mod operator;
#[path = "../../examples/library/parallel.rs"]
mod parallel;
#[path = "../../examples/library/recover_after_restart.rs"]
mod recover_after_restart;
#[path = "../../examples/library/sequential.rs"]
mod sequential;

#[tokio::test]
async fn the_sequential_example_runs() {
    sequential::run().await.unwrap();
}

#[tokio::test]
async fn the_parallel_example_runs() {
    parallel::run().await.unwrap();
}

#[tokio::test]
async fn the_error_recovery_example_runs() {
    error_recovery::run().await.unwrap();
}

#[tokio::test]
async fn the_dataset_build_example_runs_in_memory_and_on_a_file() {
    let folder = Examined::new();
    dataset_build::run(folder.path()).await.unwrap();
    assert!(folder.path().join("data/jobs.db").is_file());
}

#[tokio::test]
async fn the_recovery_after_a_restart_example_runs() {
    let folder = Examined::new();
    recover_after_restart::run(folder.path()).await.unwrap();
}

#[tokio::test]
async fn the_custom_step_type_example_runs() {
    custom_step_type::run().await.unwrap();
}

#[tokio::test]
async fn the_follow_events_example_runs() {
    follow_events::run().await.unwrap();
}

#[tokio::test]
async fn the_operator_example_runs() {
    operator::run().await.unwrap();
}

#[tokio::test]
async fn the_embed_in_axum_example_runs() {
    embed_in_axum::run().await.unwrap();
}

#[test]
fn every_example_is_run_here() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/library");
    let own = include_str!("examples.rs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.strip_suffix(".rs").unwrap();
        let is_run = own.contains(&format!("    {module}::run("));
        assert!(is_run || module == "main", "{module}");
    }
}
