//! The language between the braces: minijinja expressions without functions, strict, with fuel.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use minijinja::value::Serde;
use minijinja::{Environment, Error, Expression, UndefinedBehavior};
use serde_json::Value;

/// Steps an evaluation may take before it counts as run away.
const FUEL: u64 = 100_000;

static LANGUAGE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut language = Environment::new();
    for function in ["range", "dict", "debug", "namespace"] {
        language.remove_global(function);
    }
    language.set_undefined_behavior(UndefinedBehavior::Strict);
    language.set_fuel(Some(FUEL));
    language
});

/// An expression that can be evaluated.
pub(super) struct Compiled(Expression<'static, 'static>);

/// An expression that cannot be read.
pub(super) struct Unreadable {
    /// The byte of the expression at which reading ended.
    pub(super) at: usize,
    /// Why.
    pub(super) detail: String,
}

/// Reads an expression.
pub(super) fn compile(source: &str) -> Result<Compiled, Unreadable> {
    match LANGUAGE.compile_expression_owned(source.to_owned()) {
        Ok(expression) => Ok(Compiled(expression)),
        Err(fault) => Err(Unreadable {
            at: fault
                .range()
                .map_or(0, |range| range.start)
                .min(source.len()),
            detail: sentence(&fault),
        }),
    }
}

impl Compiled {
    /// The names it uses, with what plainly follows each: `steps.a.output.n`.
    pub(super) fn names(&self) -> BTreeSet<String> {
        self.0.undeclared_variables(true).into_iter().collect()
    }

    /// What it gives for these names.
    pub(super) fn evaluate(&self, names: Value) -> Result<Value, String> {
        let value = self
            .0
            .eval(minijinja::Value::from(Serde(names)))
            .map_err(|fault| sentence(&fault))?;
        if value.is_undefined() {
            return Err("it has no value".to_owned());
        }
        serde_json::to_value(&value).map_err(|fault| format!("it gives no JSON value: {fault}"))
    }
}

/// The first filter or test in an expression that does not exist, with its byte.
pub(super) fn unknown_word(source: &str) -> Option<(usize, String)> {
    let words = words(source);
    let mut before = [""; 2];
    for (at, word) in words {
        let kind = match before {
            [_, "|"] => Some("filter"),
            ["is", "not"] => Some("test"),
            [_, "is"] if word != "not" => Some("test"),
            _ => None,
        };
        if let Some(kind) = kind.filter(|kind| !exists(kind, word)) {
            return Some((at, format!("there is no {kind} \"{word}\"")));
        }
        before = [before[1], word];
    }
    None
}

fn exists(kind: &str, word: &str) -> bool {
    let question = format!("'{word}' is {kind}");
    compile(&question).is_ok_and(|asked| {
        asked.evaluate(Value::Object(serde_json::Map::new())) == Ok(Value::Bool(true))
    })
}

/// Words and single signs outside quotes, each with its byte.
fn words(source: &str) -> Vec<(usize, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut quote = None;
    let mut chars = source.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match quote {
            Some(_) if c == '\\' => drop(chars.next()),
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c.is_whitespace() => {}
            None => {
                let mut end = at + c.len_utf8();
                while let Some((next, c)) = chars.next_if(|(_, next)| is_word(c) && is_word(*next))
                {
                    end = next + c.len_utf8();
                }
                found.push((at, &source[at..end]));
            }
        }
    }
    found
}

fn sentence(fault: &Error) -> String {
    match fault.detail() {
        Some(detail) => detail.to_owned(),
        None => fault.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn evaluate(source: &str) -> Result<Value, String> {
        let names = json!({"n": 3, "list": [1, 2, 3], "text": "a", "big": {"x": null}});
        compile(source)
            .map_err(|fault| fault.detail)?
            .evaluate(names)
    }

    #[test]
    fn values_keep_their_types() {
        assert_eq!(evaluate("n + 1"), Ok(json!(4)));
        assert_eq!(evaluate("list"), Ok(json!([1, 2, 3])));
        assert_eq!(evaluate("big"), Ok(json!({"x": null})));
        assert_eq!(evaluate("list | length > 2 and n is odd"), Ok(json!(true)));
        assert_eq!(evaluate("big.y | default('none')"), Ok(json!("none")));
    }

    #[test]
    fn what_is_not_there_has_no_value_and_functions_are_not_there() {
        for source in [
            "big.y",
            "nothing",
            "nothing.at.all",
            "n.x.y",
            "range(3)",
            "debug()",
        ] {
            assert!(evaluate(source).is_err(), "{source}");
        }
    }

    #[test]
    fn what_runs_away_ends() {
        let long = json!({"list": vec![0; 200_000]});
        let expression = compile("list | map('abs') | join").ok().unwrap();
        assert!(expression.evaluate(long).is_err());
    }

    #[test]
    fn unknown_filters_and_tests_are_found_before_anything_runs() {
        assert_eq!(unknown_word("a | length + b | default('| x')"), None);
        assert_eq!(unknown_word("a is not defined or b is odd"), None);
        let filter = "there is no filter \"lenght\"".to_owned();
        assert_eq!(unknown_word("a |lenght"), Some((3, filter)));
        let test = "there is no test \"strange\"".to_owned();
        assert_eq!(unknown_word("a is not strange"), Some((9, test)));
    }
}
