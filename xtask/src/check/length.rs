//! No file and no function is longer than one can hold in mind.

use super::finding::Finding;
use super::function::{self, Function};
use super::source::Source;

/// Lines that a file may have, its unit tests not counted.
const LIMIT: usize = 400;

/// Lines that a function may have from its `fn` to its closing brace, comments and empty lines not
/// counted. Clippy's `too_many_lines` has the same number and does not look into macros.
const FUNCTION_LIMIT: usize = 70;

/// Finds files and functions that are too long.
pub fn check(source: &Source) -> Vec<Finding> {
    let mut found = functions(source);
    let length = source.parts.code.len();
    if length > LIMIT {
        let message = format!("has {length} lines before its tests, {LIMIT} are allowed; split it");
        found.push(source.finding(LIMIT + 1, message));
    }
    found
}

/// Finds functions that are too long.
fn functions(source: &Source) -> Vec<Finding> {
    let told = |function: Function| {
        let lines = (function.first..=function.last)
            .filter(|line| counts(source, *line))
            .count();
        let name = &function.name;
        let message = format!("`{name}` has {lines} lines, {FUNCTION_LIMIT} are allowed; split it");
        (lines > FUNCTION_LIMIT).then(|| source.finding(function.first, message))
    };
    function::all(source).into_iter().filter_map(told).collect()
}

/// Whether code or a part of a long text stands on this line.
fn counts(source: &Source, line: usize) -> bool {
    let of_text = |(first, text): &(usize, String)| {
        let last = first + text.matches('\n').count();
        (*first..=last).contains(&line)
    };
    let code = source.parts.code.get(line - 1);
    code.is_some_and(|code| !code.trim().is_empty()) || source.parts.strings.iter().any(of_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_do_not_make_a_file_too_long() {
        let code = "fn a() {}\n".repeat(400);
        let tests = format!(
            "#[cfg(test)]\nmod tests {{\n{}}}\n",
            "    // x\n".repeat(100)
        );
        assert!(check(&Source::new("a.rs", &format!("{code}{tests}"))).is_empty());
        let found = check(&Source::new("a.rs", &format!("{code}fn b() {{}}\n{tests}")));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_function_may_have_seventy_lines_of_code_also_inside_a_macro() {
        let of = |lines: &str| {
            let text =
                format!("use a;\n\n#[component]\nfn Page() -> impl IntoView {{\n{lines}}}\n");
            check(&Source::new("app/src/a.rs", &text))
        };
        let most = "    a();\n".repeat(68);
        assert_eq!(of(&format!("{most}\n    // Why.\n")), []);
        let found = of(&format!("{most}    view! {{ <p/> }}\n"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 4);
        assert!(
            found[0].message.starts_with("`Page` has 71 lines"),
            "{}",
            found[0]
        );
        assert_eq!(of(&format!("    \"{}\"\n", "\n".repeat(70))).len(), 1);
    }

    #[test]
    fn tests_may_be_long() {
        let text = format!(
            "#[cfg(test)]\nmod tests {{\n    fn a() {{\n{}    }}\n}}\n",
            "        b();\n".repeat(80)
        );
        assert_eq!(check(&Source::new("app/src/a.rs", &text)), []);
    }
}
