//! The lines with which the runners of tests close.

/// What Playwright counts at its end.
const COUNTED: [&str; 6] = [
    "passed",
    "failed",
    "flaky",
    "skipped",
    "did not run",
    "interrupted",
];

/// Those of them among `lines`, as they were written but without colours.
pub fn lines(lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .map(|line| plain(line))
        .filter(|line| of_nextest(line) || of_cargo_test(line) || of_playwright(line))
        .collect()
}

/// `     Summary [  41.204s] 439 tests run: 439 passed, 1 skipped`
fn of_nextest(line: &str) -> bool {
    line.trim_start().starts_with("Summary [") && line.contains(" run: ")
}

/// `test result: ok. 1 passed; 0 failed; …`; programs without tests say nothing worth repeating.
fn of_cargo_test(line: &str) -> bool {
    line.starts_with("test result: ") && !line.contains(". 0 passed; 0 failed;")
}

/// `  127 passed (4.1m)`
fn of_playwright(line: &str) -> bool {
    let Some((number, rest)) = line
        .strip_prefix("  ")
        .and_then(|text| text.split_once(' '))
    else {
        return false;
    };
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let what = rest.split(" (").next().unwrap_or(rest);
    digits && COUNTED.contains(&what)
}

/// Without the sequences that colour a terminal.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut parts = line.split("\u{1b}[");
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|letter: char| letter.is_ascii_alphabetic());
        text.push_str(end.map_or("", |end| &part[end + 1..]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_lines_of_every_runner_are_found_and_nothing_else() {
        let written = [
            "        PASS [   0.010s] ( 1/24) xtask site::tests::summary",
            "\u{1b}[32;1m     Summary\u{1b}[0m [   0.6s] 24 tests run: \u{1b}[1m24\u{1b}[0m passed",
            "test result: ok. 0 passed; 0 failed; 0 ignored",
            "test result: ok. 1 passed; 0 failed; 0 ignored",
            "test result: FAILED. 0 passed; 1 failed; 0 ignored",
            "  ok   3 specs/cancel.spec.ts:12:3 › 4 passed (1.1s)",
            "  2 failed",
            "    specs/pages.spec.ts:3:1 › a page",
            "  3 did not run",
            "  127 passed (4.1m)",
            "  12 steps passed",
        ]
        .map(str::to_owned);
        assert_eq!(
            lines(&written),
            [
                "     Summary [   0.6s] 24 tests run: 24 passed",
                "test result: ok. 1 passed; 0 failed; 0 ignored",
                "test result: FAILED. 0 passed; 1 failed; 0 ignored",
                "  2 failed",
                "  3 did not run",
                "  127 passed (4.1m)",
            ]
        );
    }
}
