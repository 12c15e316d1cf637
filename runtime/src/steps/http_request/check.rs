//! What no call can be made with.

use engine::Problem;
use engine::problem::pointer_part;
use serde_json::{Map, Value};

use super::{header, target};

/// What is wrong with a configuration beyond what its fields tell.
pub(super) fn problems(config: &Map<String, Value>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for name in ["url", "check_url"] {
        let url = config.get(name).and_then(Value::as_str);
        // An empty one is left out, or told by its field.
        let url = url.filter(|url| !url.trim().is_empty());
        if let Some(Err(why)) = url.map(target::read) {
            problems.push(Problem::new(format!("#/{name}"), why));
        }
    }
    let statuses = |name: &str| config.get(name).and_then(Value::as_array);
    let done = statuses("check_accepted_statuses");
    let both = |status: &Value| done.is_some_and(|done| done.contains(status));
    if let Some(status) = statuses("check_not_done_statuses")
        .into_iter()
        .flatten()
        .find(|status| !status.is_null() && both(status))
    {
        let detail = format!("names {status}, which counts as done as well");
        problems.push(Problem::new("#/check_not_done_statuses", detail));
    }
    let headers = config.get("headers").and_then(Value::as_object);
    for (name, value) in headers.into_iter().flatten() {
        let wrong = header::name(name).err();
        let value = value.as_str().map(header::value);
        if let Some(why) = wrong.or_else(|| value.and_then(Result::err)) {
            let at = format!("#/headers/{}", pointer_part(name));
            problems.push(Problem::new(at, why));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(config: &Value) -> Vec<String> {
        let found = problems(config.as_object().unwrap());
        found
            .into_iter()
            .map(|problem| problem.to_string())
            .collect()
    }

    #[test]
    fn headers_that_cannot_be_sent_are_refused_at_their_names() {
        let config = json!({"url": "https://example.com/", "headers": {
            "A": "1\r\nB: 2", "C D": "x", "E": "\0", "F\n": "x", "Content-Length": "5", "": "x",
            "G": "fine\ttab ", "H": null, "I": 5,
        }});
        let pointers: Vec<_> = problems(config.as_object().unwrap())
            .into_iter()
            .map(|problem| problem.pointer)
            .collect();
        let wanted = [
            "#/headers/",
            "#/headers/A",
            "#/headers/C D",
            "#/headers/Content-Length",
            "#/headers/E",
            "#/headers/F\n",
        ];
        assert_eq!(pointers, wanted);
    }

    #[test]
    fn a_url_that_cannot_be_called_says_what_would_do() {
        for (url, told) in [
            (
                "ftp://example.com/",
                "#/url: only http and https can be called, not ftp",
            ),
            (
                "example.com",
                "#/url: must be a whole address such as https://example.com/",
            ),
            (
                "https://example.com:port/",
                "#/url: must be a whole address such as https://example.com/; this cannot be read: ",
            ),
            (
                "https://a\0b/",
                "#/url: must not hold control characters such as line ends",
            ),
            (
                "https://a/\r\nX: y",
                "#/url: must not hold control characters such as line ends",
            ),
            (
                "http://me:secret@example.com/",
                "#/url: a URL must not hold a name or password; use a header",
            ),
        ] {
            let found = found(&json!({ "url": url }));
            assert!(
                found.len() == 1 && found[0].starts_with(told),
                "{url:?}: {found:?}"
            );
        }
        // Nothing follows in the words of a parser.
        assert_eq!(
            found(&json!({"url": "example.com"})),
            ["#/url: must be a whole address such as https://example.com/"]
        );
        let check = json!({"check_url": "ftp://a/", "check_accepted_statuses": [200, 404],
            "check_not_done_statuses": [410, 404]});
        assert_eq!(found(&check).len(), 2, "{:?}", found(&check));
        assert_eq!(found(&json!({"check_url": ""})), [""; 0]);
        // Whether it may be called is the owner's choice at the time of the call.
        assert_eq!(found(&json!({"url": " http://127.0.0.1/ "})), [""; 0]);
        assert_eq!(found(&json!({"url": null})), [""; 0]);
    }
}
