//! What no process can be given.

use engine::Problem;
use engine::problem::pointer_part;
use serde_json::{Map, Value};

const ZERO: &str = "must not hold a NUL character: no program can be given one";

/// What is wrong with a configuration beyond what its fields tell.
pub(super) fn problems(config: &Map<String, Value>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for name in ["program", "working_dir", "check_program"] {
        if config.get(name).is_some_and(has_zero) {
            problems.push(Problem::new(format!("#/{name}"), ZERO));
        }
    }
    for name in ["args", "check_args"] {
        let args = config.get(name).and_then(Value::as_array);
        for (place, argument) in args.into_iter().flatten().enumerate() {
            if has_zero(argument) {
                problems.push(Problem::new(format!("#/{name}/{place}"), ZERO));
            }
        }
    }
    let env = config.get("env").and_then(Value::as_object);
    for (name, value) in env.into_iter().flatten() {
        let at = format!("#/env/{}", pointer_part(name));
        if name.is_empty() || name.contains(['=', '\0']) {
            let detail = "cannot be the name of a variable: a name is not empty and holds neither \
                          = nor a NUL character";
            problems.push(Problem::new(at, detail));
        } else if has_zero(value) {
            problems.push(Problem::new(at, ZERO));
        }
    }
    let has_check_args = config
        .get("check_args")
        .and_then(Value::as_array)
        .is_some_and(|args| !args.is_empty());
    let names_no_check = match config.get("check_program") {
        None => true,
        Some(Value::String(name)) => name.trim().is_empty(),
        Some(_) => false,
    };
    if has_check_args && names_no_check {
        let detail = "are for a check program; name it, or leave them out";
        problems.push(Problem::new("#/check_args", detail));
    }
    if config.get("success_codes") == Some(&Value::Array(Vec::new())) {
        let detail = "must name at least one exit code; left out, only 0 counts as success";
        problems.push(Problem::new("#/success_codes", detail));
    }
    problems
}

fn has_zero(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(config: &Value) -> Vec<String> {
        let found = problems(config.as_object().unwrap());
        found.into_iter().map(|problem| problem.pointer).collect()
    }

    #[test]
    fn what_no_process_can_be_given_is_refused_at_its_place() {
        let config = json!({
            "program": "a\0", "working_dir": "/\0", "args": ["fine\n", null, "b\0c"],
            "env": {"": "1", "A=B": "2", "C\0": "3", "D": "\0", "E": "fine\n=", "F": null},
            "stdin": "\0 may be read", "success_codes": [],
            "check_program": "d\0", "check_args": ["e\0"],
        });
        let wanted = [
            "#/program",
            "#/working_dir",
            "#/check_program",
            "#/args/2",
            "#/check_args/0",
            "#/env/",
            "#/env/A=B",
            "#/env/C\0",
            "#/env/D",
            "#/success_codes",
        ];
        assert_eq!(found(&config), wanted);
    }

    #[test]
    fn arguments_of_a_check_need_its_program() {
        let with = |program: Value| json!({"check_args": ["a"], "check_program": program});
        assert_eq!(found(&json!({"check_args": ["a"]})), ["#/check_args"]);
        assert_eq!(found(&with(json!(" "))), ["#/check_args"]);
        assert_eq!(found(&with(json!("test"))), [""; 0]);
        // A reference that is not filled in yet.
        assert_eq!(found(&with(Value::Null)), [""; 0]);
        assert_eq!(found(&json!({"check_args": []})), [""; 0]);
    }

    #[test]
    fn what_does_not_fit_its_field_is_left_to_the_field() {
        let config = json!({"program": 1, "args": "x", "env": [], "success_codes": [7]});
        assert_eq!(found(&config), [""; 0]);
        assert_eq!(found(&json!({})), [""; 0]);
    }
}
