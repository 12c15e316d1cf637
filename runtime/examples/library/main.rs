//! The engine as a library, one file for each example:
//! `cargo run -p runtime --example library [NAME]`. Without a name all of them run.
//!
//! The tests in `runtime/tests/library` run the same files.

mod custom_step_type;
mod dataset_build;
mod embed_in_axum;
mod error_recovery;
mod follow_events;
mod operator;
mod parallel;
mod recover_after_restart;
mod sequential;

use std::error::Error;

/// What an example comes to.
type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome {
    let wanted = std::env::args().nth(1);
    let is_wanted = |name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
    let folder = tempfile::tempdir()?;
    if is_wanted("sequential") {
        sequential::run().await?;
    }
    if is_wanted("parallel") {
        parallel::run().await?;
    }
    if is_wanted("error_recovery") {
        error_recovery::run().await?;
    }
    if is_wanted("dataset_build") {
        dataset_build::run(folder.path()).await?;
    }
    if is_wanted("recover_after_restart") {
        recover_after_restart::run(folder.path()).await?;
    }
    if is_wanted("custom_step_type") {
        custom_step_type::run().await?;
    }
    if is_wanted("follow_events") {
        follow_events::run().await?;
    }
    if is_wanted("operator") {
        operator::run().await?;
    }
    if is_wanted("embed_in_axum") {
        embed_in_axum::run().await?;
    }
    Ok(())
}
