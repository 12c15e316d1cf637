//! The Rust files that the rules look at.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::finding::Finding;
use super::lexer::{self, Parts};

/// The crates of the product.
pub const PRODUCT: [&str; 5] = ["engine", "runtime", "app", "frontend", "server"];

/// This program, which is not part of the product and speaks of what the product may not.
pub const COMMANDS: [&str; 1] = ["xtask"];

/// One file of a crate, without its unit tests.
pub struct Source {
    /// Where it lies, from the top of the checkout.
    pub path: PathBuf,
    /// Its parts, up to the tests.
    pub parts: Parts,
}

impl Source {
    /// Every file under `src` of these crates; integration tests and examples do not count.
    ///
    /// # Errors
    /// When a file is unreadable.
    pub fn all(root: &Path, crates: &[&str]) -> Result<Vec<Self>> {
        let mut paths = Vec::new();
        for name in crates {
            collect(&root.join(name).join("src"), &mut paths)?;
        }
        paths.sort();
        let read = |path: PathBuf| {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("{} is unreadable", path.display()))?;
            Ok(Self::new(path.strip_prefix(root).unwrap_or(&path), &text))
        };
        paths
            .into_iter()
            .filter(|path| !is_test(path))
            .map(read)
            .collect()
    }

    /// A file with this text.
    pub fn new(path: impl AsRef<Path>, text: &str) -> Self {
        let mut parts = lexer::lex(text);
        let tests = test_lines(&parts.code);
        let outside = |line: usize| !tests.iter().any(|(from, to)| (*from..=*to).contains(&line));
        parts.strings.retain(|(line, _)| outside(*line));
        for (from, to) in &tests {
            for line in *from..=*to {
                parts.code[line - 1].clear();
            }
        }
        // Tests stand at the end; whatever follows the last line of code does not count.
        while parts.code.last().is_some_and(|line| line.trim().is_empty()) {
            parts.code.pop();
        }
        Self {
            path: path.as_ref().to_path_buf(),
            parts,
        }
    }

    /// Whether a folder of this name is on the way to the file.
    pub fn is_under(&self, folder: &str) -> bool {
        let parent = self.path.parent();
        parent.is_some_and(|parent| parent.iter().any(|part| part == folder))
    }

    /// Whether the file belongs to the crate in this folder.
    pub fn is_of(&self, name: &str) -> bool {
        self.path.starts_with(name)
    }

    /// Code lines with their numbers.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.parts
            .code
            .iter()
            .enumerate()
            .map(|(index, line)| (index + 1, line.as_str()))
    }

    /// Whether a comment on `line` or just above says `mark`: the author means it so.
    pub fn marked(&self, line: usize, mark: &str) -> bool {
        let near = |at: &usize| *at == line || at + 1 == line;
        self.parts
            .comments
            .iter()
            .any(|(at, text)| near(at) && text.contains(mark))
    }

    /// A finding in this file.
    pub fn finding(&self, line: usize, message: impl Into<String>) -> Finding {
        Finding {
            file: self.path.clone(),
            line,
            message: message.into(),
        }
    }
}

fn is_test(path: &Path) -> bool {
    path.iter()
        .any(|part| part == "tests" || part == "tests.rs")
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder)
        .with_context(|| format!("the folder {} is unreadable", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// First and last lines of the items under `#[cfg(test)]`. Relies on rustfmt: an item ends on
/// the first line with the indentation of its attribute and a closing brace or semicolon.
fn test_lines(code: &[String]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let trimmed = code[at].trim_start();
        if trimmed.starts_with("#[cfg(test)]") || trimmed.starts_with("#[cfg(all(test") {
            let indent = code[at].len() - trimmed.len();
            let ends = |line: &String| {
                let same = line.len() - line.trim_start().len() == indent;
                let text = line.trim();
                same && (text.starts_with('}') || text.ends_with(';') || text.ends_with("{}"))
            };
            let length = code[at + 1..]
                .iter()
                .position(ends)
                .map_or(code.len() - at - 1, |n| n + 1);
            found.push((at + 1, at + 1 + length));
            at += length;
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn unit_tests_do_not_count() {
        let text = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    const X: &str = \"/x\";\n}\n\n#[cfg(test)]\nuse b;\nfn c() { d(\"/y\") }\n";
        let source = Source::new("engine/src/a.rs", text);
        assert_eq!(source.parts.strings, [(10, "/y".to_owned())]);
        let kept: Vec<_> = source
            .lines()
            .filter(|(_, line)| !line.is_empty())
            .collect();
        assert_eq!(kept, [(1, "fn a() {}"), (10, "fn c() { d(\"\") }")]);
    }

    #[test]
    fn only_folders_on_the_way_count_as_such() {
        let source = Source::new("runtime/src/store/sqlite.rs", "");
        assert!(source.is_under("store") && source.is_of("runtime"));
        assert!(!Source::new("runtime/src/store.rs", "").is_under("store"));
    }
}
