//! URLs are spelt once: those that pages use in `app/src/paths.rs`, those that only programs use
//! in `server/src/paths.rs`.

use super::finding::Finding;
use super::source::Source;

/// Says that a string that looks like a URL is something else; the reason follows the colon.
const MARK: &str = "not a URL:";

/// Folders of the file system and of a machine, which look like URLs and are none.
const FOLDERS: [&str; 10] = [
    "/proc", "/sys", "/bin", "/usr", "/etc", "/tmp", "/dev", "/var", "/home", "/root",
];

/// The crates that have to do with URLs of ours at all.
const CRATES: [&str; 3] = ["app", "frontend", "server"];

/// What every server function begins with, strings blanked out, and the prefix of their URLs. It
/// is spelt at each of them because the attribute takes no constant.
const SERVER_FUNCTION: &str = "#[server(prefix = \"\",";
const SERVER_FUNCTIONS: &str = "/fn";

/// Finds string literals that look like the path of a URL.
pub fn check(source: &Source) -> Vec<Finding> {
    let place = ["app/src/paths.rs", "server/src/paths.rs"];
    if place.iter().any(|place| source.path.ends_with(place))
        || !CRATES.iter().any(|name| source.is_of(name))
    {
        return Vec::new();
    }
    source
        .parts
        .strings
        .iter()
        .filter(|(line, text)| looks_like_url(text) && !source.marked(*line, MARK))
        .filter(|(line, text)| !is_prefix_of_server_function(source, *line, text))
        .map(|(line, text)| {
            let mend = "spell it in app/src/paths.rs, or in server/src/paths.rs if no page uses it";
            source.finding(
                *line,
                format!("spells the URL \"{text}\"; {mend}, or say `// {MARK} why`"),
            )
        })
        .collect()
}

/// Whether this is the one literal in `#[server(prefix = "/fn", …)]`.
fn is_prefix_of_server_function(source: &Source, line: usize, text: &str) -> bool {
    let code = source.parts.code.get(line - 1);
    text == SERVER_FUNCTIONS && code.is_some_and(|code| code.starts_with(SERVER_FUNCTION))
}

fn looks_like_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('/') else {
        return false;
    };
    let begins = rest.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '{');
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/-_.{}*:?=&".contains(letter);
    let folder = FOLDERS.iter().any(|folder| {
        text.strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    begins && rest.chars().all(plain) && !folder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_outside_its_place_is_found() {
        let text = "a(\"/workflows/{id}\");\nb(\"/proc/self/stat\");\nc(\"/\");\nd(\"/ and text\");\n// not a URL: a JSON pointer\ne(\"/steps\");\n";
        let found = check(&Source::new("app/src/pages/home.rs", text));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 1);
        assert!(check(&Source::new("app/src/paths.rs", text)).is_empty());
    }

    #[test]
    fn the_prefix_of_a_server_function_is_no_url_of_its_own() {
        let found = |text: &str| check(&Source::new("app/src/api/steps.rs", text));
        assert!(found("#[server(prefix = \"/fn\", endpoint = \"steps\")]\nfn a() {}\n").is_empty());
        for text in [
            "#[server(prefix = \"/api\", endpoint = \"steps\")]\nfn a() {}\n",
            "#[server(prefix = \"/fn\", endpoint = \"/steps\")]\nfn a() {}\n",
            "#[route(prefix = \"/fn\", endpoint = \"steps\")]\nfn a() {}\n",
            "let prefix = \"/fn\";\n",
        ] {
            assert_eq!(found(text).len(), 1, "{text}");
        }
    }
}
