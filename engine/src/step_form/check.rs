//! Whether a configuration fits its step type.

use serde_json::{Map, Value};

use super::fits::between;
use super::{FieldKind, FieldSpec, StepSpec};
use crate::problem::{Problem, pointer_part};

/// What begins a reference; a text that holds it is filled in when the step starts.
const REFERENCE: &str = "{{";

impl StepSpec {
    /// What is wrong with a configuration as written, at pointers from its top (`#/seconds`). A
    /// text with a reference fits every field: what it gives is known when the step starts.
    #[must_use]
    pub fn check(&self, config: &Map<String, Value>) -> Vec<Problem> {
        self.problems(config, true)
    }

    /// What is wrong with a configuration whose references are filled in.
    #[must_use]
    pub fn check_filled(&self, config: &Map<String, Value>) -> Vec<Problem> {
        self.problems(config, false)
    }

    fn problems(&self, config: &Map<String, Value>, references: bool) -> Vec<Problem> {
        let mut found = Found {
            references,
            problems: Vec::new(),
        };
        for name in config.keys() {
            if !self.fields.iter().any(|field| field.name == *name) {
                found.add(&format!("#/{}", pointer_part(name)), &self.no_such_field());
            }
        }
        for field in &self.fields {
            let at = format!("#/{}", pointer_part(&field.name));
            match config.get(&field.name) {
                Some(Value::Null) | None if field.required => found.add(&at, &field.missing()),
                Some(Value::Null) | None => {}
                Some(value) => found.field(&at, field, value),
            }
        }
        found.problems
    }

    fn no_such_field(&self) -> String {
        let task_type = &self.task_type;
        match self.fields.as_slice() {
            [] => format!("is unknown; a {task_type} step has no fields"),
            fields => {
                let names: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
                format!("is unknown; a {task_type} step has {}", names.join(", "))
            }
        }
    }
}

struct Found {
    references: bool,
    problems: Vec<Problem>,
}

impl Found {
    fn add(&mut self, at: &str, detail: &str) {
        self.problems.push(Problem::new(at, detail));
    }

    fn field(&mut self, at: &str, field: &FieldSpec, value: &Value) {
        if self.is_reference(value) {
            return;
        }
        let must = |what: String| format!("must be {what}");
        let fits = match (&field.kind, value) {
            (FieldKind::Text | FieldKind::LongText, Value::String(text)) => {
                if field.required && text.trim().is_empty() {
                    return self.add(at, "must not be empty");
                }
                true
            }
            (FieldKind::Number { min, max, whole }, value) => {
                let kind_fits = !*whole || is_whole(value);
                kind_fits && value.as_f64().is_some_and(|n| is_between(n, *min, *max))
            }
            (FieldKind::Toggle, Value::Bool(_)) | (FieldKind::Json, _) => true,
            (FieldKind::Choice { options }, Value::String(word)) => options.contains(word),
            (FieldKind::Lines, Value::Array(list)) => {
                return self.entries(at, list.iter().enumerate(), "a text", Value::is_string);
            }
            (FieldKind::Numbers { min, max }, Value::Array(list)) => {
                let what = format!("a whole number{}", between(*min, *max));
                let fits = |value: &Value| {
                    let number = value.as_f64().filter(|_| is_whole(value));
                    number.is_some_and(|n| is_between(n, *min, *max))
                };
                return self.entries(at, list.iter().enumerate(), &what, fits);
            }
            (FieldKind::KeyValues, Value::Object(map)) => {
                return self.entries(at, map.iter(), "a text", Value::is_string);
            }
            _ => false,
        };
        if !fits {
            self.add(at, &must(field.what_fits()));
        }
    }

    /// Checks each entry of a list or an object by itself.
    fn entries<'a, K: ToString>(
        &mut self,
        at: &str,
        entries: impl Iterator<Item = (K, &'a Value)>,
        what: &str,
        fits: impl Fn(&Value) -> bool,
    ) {
        for (key, value) in entries {
            if !self.is_reference(value) && !fits(value) {
                let at = format!("{at}/{}", pointer_part(&key.to_string()));
                self.add(&at, &format!("must be {what}"));
            }
        }
    }

    fn is_reference(&self, value: &Value) -> bool {
        self.references && value.as_str().is_some_and(|text| text.contains(REFERENCE))
    }
}

fn is_whole(value: &Value) -> bool {
    value.is_i64() || value.is_u64()
}

fn is_between(number: f64, min: Option<f64>, max: Option<f64>) -> bool {
    min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(name: &str, required: bool, kind: FieldKind) -> FieldSpec {
        FieldSpec {
            name: name.to_owned(),
            label: name.to_owned(),
            help: String::new(),
            required,
            default: None,
            unit: None,
            kind,
        }
    }

    fn spec() -> StepSpec {
        let seconds = FieldKind::Number {
            min: Some(0.0),
            max: Some(60.0),
            whole: false,
        };
        let tries = FieldKind::Number {
            min: Some(1.0),
            max: None,
            whole: true,
        };
        let codes = FieldKind::Numbers {
            min: Some(0.0),
            max: Some(255.0),
        };
        let method = FieldKind::Choice {
            options: vec!["GET".into(), "PUT".into()],
        };
        StepSpec {
            task_type: "sample".to_owned(),
            title: String::new(),
            help: String::new(),
            output_help: String::new(),
            default_timeout: 1.0,
            only_waits: false,
            switched_off: None,
            example: json!({}),
            modes: Vec::new(),
            probe_field: None,
            fields: vec![
                field("program", true, FieldKind::Text),
                FieldSpec {
                    unit: Some("s".to_owned()),
                    ..field("seconds", false, seconds)
                },
                field("tries", false, tries),
                field("codes", false, codes),
                field("method", false, method),
                field("quiet", false, FieldKind::Toggle),
                field("args", false, FieldKind::Lines),
                field("env", false, FieldKind::KeyValues),
                field("body", false, FieldKind::Json),
            ],
        }
    }

    fn problems(config: Value) -> Vec<String> {
        let Value::Object(config) = config else {
            panic!("not an object")
        };
        spec()
            .check(&config)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_fitting_configuration_has_no_problem() {
        let config = json!({
            "program": "ls", "seconds": 0.5, "tries": 1, "codes": [0, 255], "method": "PUT",
            "quiet": true, "args": ["", "-l"], "env": {"A": ""}, "body": [1, null],
        });
        assert_eq!(problems(config), Vec::<String>::new());
        assert_eq!(
            problems(json!({"program": "ls", "seconds": null})),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_missing_or_empty_required_field_is_named() {
        assert_eq!(
            problems(json!({})),
            ["#/program: is missing; must be a text"]
        );
        assert_eq!(problems(json!({"program": null})).len(), 1);
        assert_eq!(
            problems(json!({"program": " "})),
            ["#/program: must not be empty"]
        );
    }

    #[test]
    fn an_unknown_field_is_told_with_those_there_are() {
        let found = problems(json!({"program": "ls", "a/b": 1}));
        assert_eq!(
            found,
            [
                "#/a~1b: is unknown; a sample step has program, seconds, tries, codes, method, \
              quiet, args, env, body"
            ]
        );
    }

    #[test]
    fn what_does_not_fit_is_told_at_its_place_with_what_would() {
        let config = json!({
            "program": 1, "seconds": 61, "tries": 1.5, "codes": [0, "x", 256], "method": "get",
            "quiet": "yes", "args": ["a", 1], "env": {"A": 1},
        });
        assert_eq!(
            problems(config),
            [
                "#/program: must be a text",
                "#/seconds: must be a number from 0 to 60 (s)",
                "#/tries: must be a whole number of at least 1",
                "#/codes/1: must be a whole number from 0 to 255",
                "#/codes/2: must be a whole number from 0 to 255",
                "#/method: must be one of GET, PUT",
                "#/quiet: must be true or false",
                "#/args/1: must be a text",
                "#/env/A: must be a text",
            ]
        );
        assert_eq!(
            problems(json!({"program": "ls", "args": "-l", "codes": 0})),
            [
                "#/codes: must be a list of whole numbers from 0 to 255",
                "#/args: must be a list of texts"
            ]
        );
    }

    #[test]
    fn a_reference_fits_everywhere_until_it_is_filled_in() {
        let config = json!({
            "program": "{{ parameters.p }}", "seconds": "{{ parameters.s }}", "codes": ["{{ a }}"],
            "method": "{{ m }}", "args": "{{ steps.a.output }}", "env": {"A": "{{ b }}"},
        });
        assert_eq!(problems(config.clone()), Vec::<String>::new());
        let filled = spec().check_filled(config.as_object().unwrap());
        let places: Vec<_> = filled
            .iter()
            .map(|problem| problem.pointer.as_str())
            .collect();
        assert_eq!(places, ["#/seconds", "#/codes/0", "#/method", "#/args"]);
    }

    #[test]
    fn every_kind_of_field_says_what_is_missing_in_it() {
        let number = |min, max| FieldKind::Number {
            min,
            max,
            whole: false,
        };
        for (kind, told) in [
            (FieldKind::LongText, "a text"),
            (number(None, None), "a number"),
            (number(None, Some(9.0)), "a number of at most 9"),
            (FieldKind::Toggle, "true or false"),
            (FieldKind::Lines, "a list of texts"),
            (FieldKind::KeyValues, "an object of names with texts"),
            (FieldKind::Json, "given; any JSON value fits"),
        ] {
            let mut spec = spec();
            spec.fields = vec![field("field", true, kind)];
            let told = format!("#/field: is missing; must be {told}");
            let found = spec.check(&Map::new());
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].to_string(), told);
        }
        let mut bare = spec();
        bare.fields.clear();
        let found = bare.check(json!({"a": 1}).as_object().unwrap());
        let told = "#/a: is unknown; a sample step has no fields";
        assert_eq!(found[0].to_string(), told);
    }
}
