//! The language between the braces: minijinja expressions without functions, strict, with fuel, and
//! with those filters only whose result is about as large as what they are given.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, Expression, UndefinedBehavior};
use serde_json::Value;

use super::{bounds, size, slices};

/// Steps an evaluation may take before it counts as run away.
const FUEL: u64 = 100_000;

/// Filters of the library that are not in the language: they repeat what they are given as often as
/// a number says, or make texts for a person's eyes.
const LEFT_OUT: [&str; 16] = [
    "attr", "batch", "chain", "dictsort", "e", "escape", "format", "groupby", "indent", "items",
    "pprint", "replace", "safe", "slice", "title", "zip",
];

static LANGUAGE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut language = Environment::new();
    for function in ["range", "dict", "debug", "namespace"] {
        language.remove_global(function);
    }
    for filter in LEFT_OUT {
        language.remove_filter(filter);
    }
    language.add_filter("tojson", to_json);
    language.set_undefined_behavior(UndefinedBehavior::Strict);
    language.set_fuel(Some(FUEL));
    language
});

/// An expression that can be evaluated.
pub(super) struct Compiled {
    expression: Expression<'static, 'static>,
    /// With the same names, where the library does not find all of the expression's own.
    named: Option<Expression<'static, 'static>>,
}

/// An expression that cannot be read.
pub(super) struct Unreadable {
    /// The byte of the expression at which reading ended.
    pub(super) at: usize,
    /// Why.
    pub(super) detail: String,
}

/// The library's own takes an indentation, which may be as large as one likes.
fn to_json(value: &minijinja::Value) -> Result<String, Error> {
    size::within(value, bounds::FILLED_BYTES_MAX)
        .and_then(|_| serde_json::to_string(value).map_err(|fault| fault.to_string()))
        .map_err(|why| Error::new(ErrorKind::InvalidOperation, why))
}

/// Reads an expression.
pub(super) fn compile(source: &str) -> Result<Compiled, Unreadable> {
    if let Some((at, detail)) = bounds::too_long(source) {
        return Err(Unreadable { at, detail });
    }
    let expression = parse(source.to_owned())?;
    let named = slices::as_places(source).map(parse).transpose()?;
    Ok(Compiled { expression, named })
}

fn parse(source: String) -> Result<Expression<'static, 'static>, Unreadable> {
    let end = source.len();
    let parsed = caught(|| LANGUAGE.compile_expression_owned(source));
    let parsed = parsed.map_err(|detail| Unreadable { at: 0, detail })?;
    parsed.map_err(|fault| Unreadable {
        at: fault.range().map_or(0, |range| range.start).min(end),
        detail: sentence(&fault),
    })
}

impl Compiled {
    /// The names it uses, with what plainly follows each: `steps.a.output.n`.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let named = self.named.as_ref().unwrap_or(&self.expression);
        named.undeclared_variables(true).into_iter().collect()
    }

    /// What it gives for these names, which may have `limit` bytes as JSON.
    pub(super) fn evaluate(&self, names: Value, limit: usize) -> Result<Value, String> {
        let names = minijinja::Value::from(Serde(names));
        caught(|| {
            let value = self.expression.eval(names);
            let value = value.map_err(|fault| sentence(&fault))?;
            if value.is_undefined() {
                return Err("it has no value".to_owned());
            }
            // Measured first: a list that is repeated is made only when it is read.
            size::within(&value, limit)?;
            serde_json::to_value(&value).map_err(|fault| format!("it gives no JSON value: {fault}"))
        })?
    }
}

/// What the library gives, or a sentence when it breaks at what it was given.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let broke = |_| "it cannot be worked out: the numbers in it are too large".to_owned();
    catch_unwind(AssertUnwindSafe(work)).map_err(broke)
}

/// The first filter or test in an expression that does not exist, with its byte.
pub(super) fn unknown_word(source: &str) -> Option<(usize, String)> {
    let words = bounds::words(source);
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
        asked.evaluate(Value::Object(serde_json::Map::new()), 16) == Ok(Value::Bool(true))
    })
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
            .evaluate(names, 10_000)
    }

    /// Every kind of expression the language has, once for each place of it that holds another one.
    const KINDS: [&str; 36] = [
        "_",
        "(_)",
        "-_",
        "not _",
        "_ + 1",
        "1 ~ _",
        "_ and 1",
        "1 or _",
        "_ in [1]",
        "1 not in _",
        "_ < 1",
        "1 < 2 <= _",
        "_ if 1 else 2",
        "1 if _ else 2",
        "1 if 1 else _",
        "_ | abs",
        "1 | default(_)",
        "1 | default(value=_)",
        "1 | default(*_)",
        "1 | default(**_)",
        "_ is odd",
        "1 is eq(_)",
        "1 is not eq _",
        "_.x",
        "_[0]",
        "n[_]",
        "_()",
        "n(1, _)",
        "[1, _]",
        "(1, _)",
        "{1: _}",
        "{_: 1}",
        "_[1:2]",
        "n[_:]",
        "n[:_]",
        "n[::_]",
    ];

    #[test]
    fn every_kind_of_expression_shows_the_names_in_it() {
        let within = |outer: &str, inner: &str| outer.replace('_', &format!("({inner})"));
        let shows = |source: &str| {
            let compiled = compile(source);
            let names = compiled.map_err(|fault| fault.detail).unwrap().names();
            names
                .iter()
                .any(|name| name.split('.').next() == Some("nope"))
        };
        for outer in KINDS {
            let plain = outer.replace('_', "nope");
            assert!(shows(&plain), "{plain}");
            for inner in KINDS {
                for innermost in KINDS {
                    let source = within(outer, &within(inner, &within(innermost, "nope")));
                    assert!(shows(&source), "{source}");
                }
            }
        }
    }

    #[test]
    fn what_is_sliced_is_named_with_its_path() {
        let names = compile("steps.a.output.list[1:n][0].x")
            .ok()
            .unwrap()
            .names();
        assert_eq!(
            names,
            ["n", "steps.a.output.list"].map(str::to_owned).into()
        );
        assert_eq!(evaluate("list[1:]"), Ok(json!([2, 3])));
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
        assert!(expression.evaluate(long, usize::MAX).is_err());
    }

    #[test]
    fn no_expression_however_long_ends_the_program() {
        let nested =
            |open: &str, close: &str, n: usize| format!("{}1{}", open.repeat(n), close.repeat(n));
        for times in [20, 60, 120, 150, 500, 5_000, 100_000] {
            for source in [
                nested("not ", "", times),
                nested("-", "", times),
                nested("- ", "", times),
                nested("(", ")", times),
                nested("[", "]", times),
                nested("{1:", "}", times),
                nested("(-", ")", times),
                nested("n[", "]", times),
                nested("1 if ", " else 1", times),
                nested("1 if 1 else ", "", times),
                nested("n|default(", ")", times),
                nested("n(", ")", times),
                nested("1+", "", times),
                nested("2**", "", times),
                nested("1~", "", times),
                nested("1 and ", "", times),
                nested("1 or not ", "", times),
                nested("1<", "", times),
                nested("1 in ", "", times),
                nested("", "|abs", times),
                nested("", " is odd", times),
                nested("n", ".a", times),
                nested("n", "[0]", times),
                nested("n", "[0:]", times),
                nested("n", "()", times),
                nested("1,", "", times),
            ] {
                // Either answer is right: to come back at all is what counts.
                drop(evaluate(&source));
                drop(unknown_word(&source));
                drop(compile(&source).map(|compiled| compiled.names()));
            }
        }
        let told = evaluate(&nested("not ", "", 3_000)).unwrap_err();
        assert!(told.contains("at most 2048"), "{told}");
    }

    #[test]
    fn nothing_makes_much_out_of_little() {
        for source in [
            "{'a': 1} | tojson(4000000000)",
            "{'a': 1} | tojson(indent=4000000000)",
            "[[1]] | map('tojson', 4000000000)",
            "'a' | indent(4000000000)",
            "text | center(4000000000)",
            "'%4000000000d' | format(n)",
            "[1] | batch(4000000000, 'x')",
            "[1] | slice(4000000000)",
            "['a'] | map('replace', 'a', 'b')",
            "'a' * 100000000",
            "text * 100000000",
            "[1] * 100000000",
            "[[1] * 10000] * 10000",
            "(1, 2) * 50000000",
            "2 ** 4000000000",
            "(text * 3000) | join(text * 3000)",
            "['a' * 9000] * 9000 | join",
        ] {
            let told = evaluate(source);
            assert!(told.is_err(), "{source}: {told:?}");
        }
        assert_eq!(evaluate("{'a': [1]} | tojson"), Ok(json!(r#"{"a":[1]}"#)));
    }

    #[test]
    fn what_the_library_breaks_at_is_a_sentence() {
        let told = evaluate("'abc'[::-9223372036854775808]").unwrap_err();
        assert!(told.contains("cannot be worked out"), "{told}");
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
