//! Every style file is part of the one sheet.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::finding::Finding;

/// Finds style files that `style/main.css` does not import.
///
/// # Errors
/// When a file is unreadable.
pub fn check(root: &Path) -> Result<Vec<Finding>> {
    let folder = root.join("style");
    let entry = folder.join("main.css");
    let text =
        fs::read_to_string(&entry).with_context(|| format!("{} is unreadable", entry.display()))?;
    let mut files = Vec::new();
    collect(&folder, &mut files)?;
    files.sort();
    let missing = files.iter().filter_map(|file| {
        let name = file.strip_prefix(&folder).ok()?.display().to_string();
        let imported =
            text.contains(&format!("\"./{name}\"")) || text.contains(&format!("\"{name}\""));
        (name != "main.css" && !imported).then(|| Finding {
            file: Path::new("style").join(&name),
            line: 1,
            message: format!(
                "is not imported; add `@import \"{name}\" layer(…);` to style/main.css"
            ),
        })
    });
    Ok(missing.collect())
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending == "css") {
            found.push(path);
        }
    }
    Ok(())
}
