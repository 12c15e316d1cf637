//! Where the log goes: standard error, one line for each entry.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// The variable that says what is logged, such as `info` or `server=debug,warn`.
pub const VARIABLE: &str = "JOB_ORCHESTRATOR_LOG";

/// Starts logging; `otherwise` is what is logged when nothing is said.
pub fn start(otherwise: &str) {
    let said = std::env::var(VARIABLE).ok();
    let filter = said.and_then(|said| EnvFilter::try_new(said).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new(otherwise));
    let logging = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
    if let Err(error) = logging {
        eprintln!("logging could not be started: {error}");
    }
}
