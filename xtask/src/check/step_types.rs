//! A step type is named in its own file and in the one list, nowhere else.

use std::path::Path;

use super::finding::Finding;
use super::source::Source;

/// Says that a word equal to a step type's name means something else.
const MARK: &str = "not a step type:";

/// Finds the names of step types where none should be.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let names: Vec<&str> = sources.iter().filter_map(name_of).collect();
    let mut found = Vec::new();
    for source in sources {
        if source.path.ends_with("runtime/src/steps.rs") || source.is_under("steps") {
            continue;
        }
        for (line, text) in &source.parts.strings {
            if names.contains(&text.as_str()) && !source.marked(*line, MARK) {
                let message = format!(
                    "names the step type \"{text}\"; ask the registry, or say `// {MARK} why`"
                );
                found.push(source.finding(*line, message));
            }
        }
    }
    found
}

/// The step type that lives in this file: a file of the folder is named like its type.
fn name_of(source: &Source) -> Option<&str> {
    let folder = Path::new("runtime/src/steps");
    (source.path.parent() == Some(folder))
        .then(|| source.path.file_stem()?.to_str())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_type_named_elsewhere_is_found() {
        let sources = [
            Source::new(
                "runtime/src/steps/delay.rs",
                "const NAME: &str = \"delay\";",
            ),
            Source::new("runtime/src/steps.rs", "f(\"delay\");"),
            Source::new("app/src/pages/home.rs", "if kind == \"delay\" {}"),
            Source::new(
                "server/src/cli.rs",
                "// not a step type: how long to wait\nf(\"delay\");",
            ),
        ];
        let found = check(&sources);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].file, Path::new("app/src/pages/home.rs"));
    }
}
