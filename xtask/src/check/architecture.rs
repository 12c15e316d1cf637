//! Every path that `ARCHITECTURE.md` names exists.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::finding::Finding;

/// Endings that make a word without a slash a file's name.
const ENDINGS: [&str; 8] = [
    ".md", ".toml", ".lock", ".rs", ".css", ".json", ".sql", ".svg",
];

/// Finds names of files and folders that do not exist. Without the page there is nothing to find.
///
/// # Errors
/// When the page is unreadable.
pub fn check(root: &Path) -> Result<Vec<Finding>> {
    let page = root.join("ARCHITECTURE.md");
    if !page.exists() {
        return Ok(Vec::new());
    }
    let text =
        fs::read_to_string(&page).with_context(|| format!("{} is unreadable", page.display()))?;
    let missing = paths(&text)
        .into_iter()
        .filter(|(_, path)| !root.join(path).exists());
    Ok(missing
        .map(|(line, path)| Finding {
            file: PathBuf::from("ARCHITECTURE.md"),
            line,
            message: format!("names `{path}`, which does not exist; correct the name"),
        })
        .collect())
}

/// The words between backticks that name a file or folder from the top of the checkout, and
/// their lines. `a/{b,c}.rs` names two files.
fn paths(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for word in line.split('`').skip(1).step_by(2) {
            found.extend(
                expand(word)
                    .into_iter()
                    .filter(|word| is_path(word))
                    .map(|word| (index + 1, word)),
            );
        }
    }
    found
}

fn expand(word: &str) -> Vec<String> {
    let Some((before, rest)) = word.split_once('{') else {
        return vec![word.to_owned()];
    };
    let Some((middle, after)) = rest.split_once('}') else {
        return vec![word.to_owned()];
    };
    middle
        .split(',')
        .map(|part| format!("{before}{}{after}", part.trim()))
        .collect()
}

fn is_path(word: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-".contains(letter);
    let named = ENDINGS.iter().any(|ending| word.ends_with(ending));
    // Those two are made, not kept.
    let made = word.starts_with("target") || word.starts_with("data/");
    word.chars().all(plain) && !word.starts_with('/') && !made && (word.contains('/') || named)
}

#[cfg(test)]
mod tests {
    use super::paths;

    #[test]
    fn files_and_folders_are_read_from_the_text() {
        let text = "See `engine/src/{id,graph}.rs`, `style/` and `Cargo.toml`.\nNot `/workflows`, `cargo xtask run`, `target/site`, `a::b` or `WorkflowId`.";
        let names: Vec<String> = paths(text).into_iter().map(|(_, path)| path).collect();
        assert_eq!(
            names,
            [
                "engine/src/id.rs",
                "engine/src/graph.rs",
                "style/",
                "Cargo.toml"
            ]
        );
    }
}
