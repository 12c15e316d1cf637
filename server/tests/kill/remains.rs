//! What is alive of a server's steps after its end.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::folder::Folder;

/// How long a step may outlive its server.
const LIMIT: Duration = Duration::from_secs(2);

/// Asserts that nothing is alive of the folder's steps, at most two seconds from now. Answers how
/// long it took.
pub async fn none(folder: &Folder) -> Duration {
    let begun = Instant::now();
    loop {
        let found = alive(folder.path());
        if found.is_empty() {
            return begun.elapsed();
        }
        assert!(begun.elapsed() < LIMIT, "still alive: {found:#?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Runners of this folder's attempts, and everything that carries their mark.
fn alive(folder: &Path) -> Vec<String> {
    let folder = folder.canonicalize().unwrap();
    let attempts = folder.join("attempts");
    let mark = format!("JOB_ORCHESTRATOR_ATTEMPT_LOCK={}/", attempts.display());
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let process = entry.path();
        let is_process = entry.file_name().to_string_lossy().parse::<u32>().is_ok();
        if is_process && is_ours(&process, &attempts, &mark) && lives(&process) {
            let line = fs::read(process.join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            found.push(format!("{}: {line}", process.display()));
        }
    }
    found
}

fn is_ours(process: &Path, attempts: &Path, mark: &str) -> bool {
    // A runner has an empty environment; its standard error is the lock of its attempt.
    let is_runner =
        fs::read_link(process.join("fd/2")).is_ok_and(|file| file.starts_with(attempts));
    let environment = fs::read(process.join("environ")).unwrap_or_default();
    let mut entries = environment.split(|byte| *byte == 0);
    is_runner || entries.any(|entry| entry.starts_with(mark.as_bytes()))
}

fn lives(process: &Path) -> bool {
    let stat = fs::read_to_string(process.join("stat")).unwrap_or_default();
    let state = stat
        .rsplit(')')
        .next()
        .and_then(|rest| rest.trim().chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}
