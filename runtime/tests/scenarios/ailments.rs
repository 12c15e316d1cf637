//! What a doctor says of a file.

use std::path::Path;

use runtime::doctor::{Told, examine};

/// What is wrong with the workflows of a file, and with which.
pub async fn ailments(file: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut tell = |told: Told| {
        if let Told::Finding(ailment) = told {
            found.push(format!("{:?}: {}", ailment.workflow, ailment.finding));
        }
    };
    examine(file, &[], &mut tell).await.unwrap();
    found
}
