//! Conditions of steps: an expression without braces that is true or false, nothing in between. A
//! number or a text that counts as true would hide a mistake, and a skipped step nobody looks at.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::bounds::{self, FILLED_BYTES_MAX};
use super::expression::{self, Compiled};
use super::render::{RenderContext, names, plain};
use super::template::{self, Piece};
use super::{mention, path};

/// Whether the condition of a step is true.
///
/// # Errors
/// A sentence that says why that cannot be told, and what would mend it.
pub fn holds(condition: &str, cx: &RenderContext<'_>) -> Result<bool, String> {
    let told = |why: String| format!("its condition, {}: {why}", bounds::shown(condition));
    let compiled = expression::compile(condition).map_err(|fault| told(fault.detail))?;
    let value = compiled
        .evaluate(names(&compiled, cx), FILLED_BYTES_MAX)
        .map_err(|why| told(missing(&compiled, cx).unwrap_or(why)))?;
    is_true(condition, &value).map_err(told)
}

/// The keys of the steps whose outputs a condition names.
#[must_use]
pub fn steps_of(condition: &str) -> BTreeSet<String> {
    let names = expression::compile(condition).map(|compiled| compiled.names());
    mention::keys(&names.unwrap_or_default())
}

/// The names that a condition uses, when it can be read.
///
/// # Errors
/// Everything that is wrong with the text itself, as the detail of a problem at its field.
pub(super) fn read(condition: &str) -> Result<BTreeSet<String>, String> {
    if let Some(bare) = without_braces(condition) {
        return Err(format!(
            "a condition is an expression without braces; write {}",
            bounds::shown(&bare)
        ));
    }
    let unread = |byte: usize, why: String| {
        let before = condition.get(..byte).unwrap_or(condition);
        let place = before.chars().count() + 1;
        let why = match why.as_str() {
            "unexpected end of input, expected expression" => "it ends too early",
            why => why,
        };
        let hint = spelling(before, condition.get(byte..).unwrap_or_default());
        format!("cannot be read at character {place}: {why}{hint}")
    };
    let compiled =
        expression::compile(condition).map_err(|fault| unread(fault.at, fault.detail))?;
    if let Some((byte, why)) = expression::unknown_word(condition) {
        return Err(unread(byte, why));
    }
    let names = compiled.names();
    if names.is_empty() {
        // What it gives is known already.
        let value = compiled.evaluate(Value::Object(Map::new()), FILLED_BYTES_MAX)?;
        is_true(condition, &value)?;
    }
    Ok(names)
}

/// How the sign of another language is spelt here, if one stands between these.
fn spelling(before: &str, after: &str) -> &'static str {
    let is_doubled = |sign| before.ends_with(sign) && after.starts_with(sign);
    if after.starts_with('&') {
        "; write and"
    } else if is_doubled('|') {
        "; write or"
    } else if after.starts_with('=') {
        "; write == to compare"
    } else if before.ends_with('<') && after.starts_with('>') {
        "; write !="
    } else if after.starts_with('!') {
        "; write not"
    } else {
        ""
    }
}

/// The value as true or false.
fn is_true(condition: &str, value: &Value) -> Result<bool, String> {
    let whole = bounds::shown(condition);
    let whole = match path::parse(&whole) {
        Some(_) => whole,
        None => format!("({whole})"),
    };
    let (what, instead) = match value {
        Value::Bool(is_true) => return Ok(*is_true),
        Value::Null => ("null", format!("{whole} is not none")),
        Value::Number(_) => ("a number", format!("{whole} > 0")),
        Value::String(_) => ("a text", format!("{whole} == 'yes'")),
        Value::Array(_) => ("a list", format!("{whole} | length > 0")),
        Value::Object(_) => ("an object", format!("{whole} | length > 0")),
    };
    Err(format!(
        "it gives {what}, and a condition has to be true or false; compare it, such as {instead}"
    ))
}

/// What of the names in it is not there, and how to ask for it first.
fn missing(compiled: &Compiled, cx: &RenderContext<'_>) -> Option<String> {
    compiled.names().iter().find_map(|name| {
        let why = plain(&path::parse(name)?, cx)?.err()?;
        let key = name
            .strip_prefix("steps.")
            .and_then(|n| n.split('.').next());
        let asked = match key {
            // Of a step that gave nothing one cannot ask for a part.
            Some(key) if !cx.outputs.contains_key(key) => format!("steps.{key}.output"),
            _ => name.clone(),
        };
        Some(format!(
            "{why}; where it may be missing, ask first: {asked} is defined and …"
        ))
    })
}

/// The text without the braces of references; none when it has no such braces.
fn without_braces(condition: &str) -> Option<String> {
    let words = bounds::words(condition);
    let has_braces = words.windows(2).any(|pair| {
        let [(at, one), (next, other)] = pair else {
            return false;
        };
        *one == "{" && *other == "{" && at + 1 == *next
    });
    if !has_braces {
        return None;
    }
    let pieces = template::pieces(condition).unwrap_or_default();
    let bare: String = pieces
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::Expression { source, .. } => source.trim(),
        })
        .collect();
    let bare = bare.trim().to_owned();
    Some(if bare.is_empty() {
        "parameters.send".to_owned()
    } else {
        bare
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use engine::{JobId, WorkflowId};
    use serde_json::json;
    use tokio_util::sync::CancellationToken;

    use super::*;

    fn judged(condition: &str) -> Result<bool, String> {
        let output = json!({"count": 3, "files": [], "name": "x", "empty": null, "done": true});
        let outputs = BTreeMap::from([("scan".to_owned(), Arc::new(output))]);
        let (parameters, metadata) = (json!({"send": false, "limit": 2}), json!({"team": "blue"}));
        let cx = RenderContext {
            outputs: &outputs,
            parameters: parameters.as_object().unwrap(),
            workflow_id: WorkflowId(7),
            job_id: JobId(9),
            metadata: metadata.as_object().unwrap(),
            stop: &CancellationToken::new(),
        };
        holds(condition, &cx)
    }

    #[test]
    fn a_condition_is_true_or_false() {
        for (condition, wanted) in [
            ("steps.scan.output.count > parameters.limit", true),
            ("parameters.send", false),
            (" not parameters.send ", true),
            ("steps.scan.output.files | length > 0", false),
            (
                "workflow.metadata.team == 'blue' and workflow.id == 7",
                true,
            ),
            ("steps.gone.output is defined", false),
            (
                "steps.gone.output is defined and steps.gone.output.n > 0",
                false,
            ),
            ("steps.scan.output.size is defined", false),
            ("steps.scan.output.size | default(0) > 0", false),
            ("true", true),
        ] {
            assert_eq!(judged(condition), Ok(wanted), "{condition}");
        }
    }

    #[test]
    fn what_is_neither_true_nor_false_is_told_with_what_to_write() {
        for (condition, told) in [
            (
                "steps.scan.output.count",
                "a number, and a condition has to be true or false; \
                                         compare it, such as steps.scan.output.count > 0",
            ),
            (
                "steps.scan.output.name",
                "such as steps.scan.output.name == 'yes'",
            ),
            (
                "steps.scan.output.files",
                "such as steps.scan.output.files | length > 0",
            ),
            ("steps.scan.output", "an object"),
            (
                "steps.scan.output.empty",
                "such as steps.scan.output.empty is not none",
            ),
            (
                "steps.scan.output.count + 1",
                "such as (steps.scan.output.count + 1) > 0",
            ),
            (
                "steps.scan.output.done and steps.scan.output.count",
                "a number",
            ),
        ] {
            let found = judged(condition).unwrap_err();
            assert!(found.contains(told), "{condition}: {found}");
        }
    }

    #[test]
    fn what_is_not_there_is_named_with_how_to_ask_for_it() {
        assert_eq!(
            judged("steps.scan.output.size > 0").unwrap_err(),
            "its condition, steps.scan.output.size > 0: steps.scan.output.size is not there: \
             steps.scan.output is an object with count, done, empty, files, name; where it may be \
             missing, ask first: steps.scan.output.size is defined and …"
        );
        let skipped = judged("steps.gone.output.n > 0").unwrap_err();
        assert!(
            skipped.contains("the step gave none")
                && skipped.contains("ask first: steps.gone.output is defined and …"),
            "{skipped}"
        );
        let mixed = judged("steps.scan.output.name + 1 > 0").unwrap_err();
        assert!(mixed.starts_with("its condition, "), "{mixed}");
    }

    #[test]
    fn what_cannot_be_read_is_told_before_anything_runs() {
        for (condition, told) in [
            ("parameters.", "cannot be read at character "),
            ("a b", "cannot be read at character 3"),
            (
                "parameters.x | nope",
                "character 16: there is no filter \"nope\"",
            ),
            (
                "{{ parameters.send }}",
                "an expression without braces; write parameters.send",
            ),
            ("{{ steps.a.output.n }} > 0", "write steps.a.output.n > 0"),
            ("{{ }}", "write parameters.send"),
            ("'yes'", "it gives a text"),
            ("1 +", "cannot be read at character 3: it ends too early"),
            ("parameters.x = 3", "; write == to compare"),
            ("parameters.x && true", "; write and"),
            ("parameters.x || true", "; write or"),
            ("parameters.x <> 3", "; write !="),
            ("!parameters.x", "; write not"),
            ("[1][5]", "it has no value"),
        ] {
            let found = read(condition).unwrap_err();
            assert!(found.contains(told), "{condition}: {found}");
        }
        assert_eq!(read("'{{' in parameters.x").map(|names| names.len()), Ok(1));
        assert_eq!(
            read("{'a': {'b': 1}} == parameters.x").map(|n| n.len()),
            Ok(1)
        );
    }

    #[test]
    fn the_steps_that_a_condition_names_are_found() {
        let found = steps_of("steps.one.output.n > steps.two.output and parameters.steps.three");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["one", "two"]);
        assert!(steps_of("a b").is_empty());
    }
}
