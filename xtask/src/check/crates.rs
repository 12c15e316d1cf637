//! What the crates may depend on, through however many others.

use std::path::PathBuf;

use anyhow::Result;

use super::finding::Finding;
use crate::{cargo, program};

/// Libraries that wait, store, talk, tell the time or throw dice.
const IMPURE: [&str; 17] = [
    "tokio",
    "async-std",
    "smol",
    "futures-executor",
    "sqlx",
    "sqlx-core",
    "rusqlite",
    "axum",
    "hyper",
    "reqwest",
    "leptos",
    "rand",
    "rand_core",
    "getrandom",
    "fastrand",
    "chrono",
    "time",
];

/// Looks at the dependency trees of the crates that have a wall.
///
/// # Errors
/// When cargo cannot draw a tree.
pub fn check() -> Result<Vec<Finding>> {
    let engine = tree(&["--package", "engine"])?;
    let mut found = walls("engine", &engine, &IMPURE, "the engine is pure");
    for feature in ["ssr", "hydrate"] {
        let app = tree(&["--package", "app", "--features", feature])?;
        found.extend(walls(
            "app",
            &app,
            &["runtime", "sqlx", "sqlx-core", "rusqlite"],
            "pages see the contract only",
        ));
    }
    Ok(found)
}

/// The names of every crate that comes with a package, tests and build scripts left out.
fn tree(of: &[&str]) -> Result<Vec<String>> {
    let mut command = cargo::cargo(&["tree", "--edges", "normal", "--prefix", "none"]);
    let text = program::answer(command.args(["--format", "{p}"]).args(of))?;
    Ok(text
        .lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect())
}

fn walls(of: &str, tree: &[String], forbidden: &[&str], why: &str) -> Vec<Finding> {
    let names = forbidden
        .iter()
        .filter(|name| tree.iter().any(|found| found == *name));
    names
        .map(|name| Finding {
            file: PathBuf::from(of).join("Cargo.toml"),
            line: 1,
            message: format!(
                "brings {name}, but {why}; `cargo tree -p {of} -i {name}` shows through which crate"
            ),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_crate_is_named() {
        let tree = ["engine", "serde", "tokio"].map(str::to_owned);
        let found = walls("engine", &tree, &IMPURE, "the engine is pure");
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("tokio"));
    }

    #[test]
    fn the_walls_of_this_workspace_can_be_looked_at() {
        assert!(
            tree(&["--package", "engine"])
                .unwrap()
                .contains(&"serde".to_owned())
        );
    }
}
