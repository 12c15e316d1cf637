//! What differs between two versions of a definition, in words.

use serde_json::{Map, Value};

/// What `theirs` has otherwise than `yours`, one sentence each; both are definitions with their
/// defaults written out. Steps are matched by key.
#[must_use]
pub fn differences(yours: &Value, theirs: &Value) -> Vec<String> {
    let mut told = Vec::new();
    for (field, words) in WHOLE {
        let (mine, other) = (yours.get(field), theirs.get(field));
        if !same(mine, other) {
            told.push(format!(
                "{words}: yours {}, theirs {}",
                short(mine),
                short(other)
            ));
        }
    }
    let (mine, other) = (steps(yours), steps(theirs));
    for step in &other {
        let Some(my) = mine.iter().find(|my| my.key == step.key) else {
            told.push(format!("\"{}\" is only in theirs", step.name));
            continue;
        };
        let mut names: Vec<_> = FIELDS
            .into_iter()
            .filter(|(field, _)| !same(my.json.get(*field), step.json.get(*field)))
            .map(|(_, words)| words)
            .collect();
        if my.after != step.after {
            names.push("what it runs after");
        }
        if !names.is_empty() {
            told.push(format!("\"{}\" differs in {}", step.name, names.join(", ")));
        }
    }
    for my in &mine {
        if !other.iter().any(|step| step.key == my.key) {
            told.push(format!("\"{}\" is only in yours", my.name));
        }
    }
    told
}

/// What belongs to the definition itself: its name in JSON, and what people call it.
const WHOLE: [(&str, &str); 4] = [
    ("name", "name"),
    ("max_recovery_attempts", "recoveries"),
    ("on_failure", "when a step fails"),
    ("parameters", "parameters"),
];

/// What belongs to a step.
const FIELDS: [(&str, &str); 10] = [
    ("name", "name"),
    ("task_type", "step type"),
    ("config", "what it does"),
    ("max_retries", "how often it is tried again"),
    ("timeout", "when it is stopped"),
    ("estimated_duration", "usual time"),
    ("run_if", "when it runs"),
    ("condition", "its condition"),
    ("max_lost", "how often it may be lost"),
    ("mode", "what an unknown end means"),
];

struct Step<'a> {
    key: &'a str,
    name: &'a str,
    json: &'a Map<String, Value>,
    after: Vec<&'a str>,
}

fn steps(definition: &Value) -> Vec<Step<'_>> {
    let list = definition.get("steps").and_then(Value::as_array);
    let list: Vec<_> = list
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .collect();
    let keys: Vec<&str> = list
        .iter()
        .map(|json| json.get("key").and_then(Value::as_str).unwrap_or_default())
        .collect();
    list.iter()
        .enumerate()
        .map(|(index, json)| {
            let dependencies = json.get("dependencies").and_then(Value::as_array);
            let mut after: Vec<_> = dependencies
                .into_iter()
                .flatten()
                .filter_map(|d| match d {
                    Value::String(key) => Some(key.as_str()),
                    other => keys.get(usize::try_from(other.as_u64()?).ok()?).copied(),
                })
                .collect();
            after.sort_unstable();
            Step {
                key: keys[index],
                name: json.get("name").and_then(Value::as_str).unwrap_or_default(),
                json,
                after,
            }
        })
        .collect()
}

/// Equal, also when one number is written `5` and the other `5.0`.
fn same(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (Some(Value::Number(one)), Some(Value::Number(other))) => one.as_f64() == other.as_f64(),
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, value)| same(Some(value), other.get(key)))
        }
        (one, other) => one == other,
    }
}

fn short(value: Option<&Value>) -> String {
    let text = value.map(Value::to_string).unwrap_or_default();
    if text.chars().count() <= 60 {
        text
    } else {
        let start: String = text.chars().take(59).collect();
        format!("{start}…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn steps_are_matched_by_key_and_what_differs_is_named() {
        let yours = json!({"name": "A", "steps": [
            {"key": "get", "name": "Get", "timeout": 5, "dependencies": []},
            {"key": "mine", "name": "Mine", "dependencies": [0]},
            {"key": "put", "name": "Put", "dependencies": [0, 1]},
        ]});
        let theirs = json!({"name": "B", "steps": [
            {"key": "new", "name": "New", "dependencies": []},
            {"key": "get", "name": "Get", "timeout": 5.0, "dependencies": []},
            {"key": "put", "name": "Put!", "dependencies": [1]},
        ]});
        assert_eq!(
            differences(&yours, &theirs),
            [
                "name: yours \"A\", theirs \"B\"",
                "\"New\" is only in theirs",
                "\"Put!\" differs in name, what it runs after",
                "\"Mine\" is only in yours",
            ]
        );
        assert!(differences(&yours, &yours).is_empty());
    }

    #[test]
    fn numbers_and_dependencies_are_compared_by_what_they_mean() {
        let yours = json!({"name": "A", "parameters": {"limit": 5}, "steps": [
            {"key": "get", "name": "Get", "config": {"seconds": 1}, "dependencies": []},
            {"key": "put", "name": "Put", "config": {"seconds": 1}, "dependencies": ["get"]},
        ]});
        let mut theirs = yours.clone();
        theirs["parameters"]["limit"] = json!(5.0);
        theirs["steps"][0]["config"]["seconds"] = json!(1.0);
        theirs["steps"][1]["dependencies"] = json!([0]);
        assert!(differences(&yours, &theirs).is_empty());
        theirs["steps"][1]["config"]["minutes"] = json!(1);
        theirs["name"] = json!("x".repeat(100));
        let long = format!("name: yours \"A\", theirs \"{}…", "x".repeat(58));
        let told = [long.as_str(), "\"Put\" differs in what it does"];
        assert_eq!(differences(&yours, &theirs), told);
    }
}
