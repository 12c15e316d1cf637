use std::collections::BTreeMap;
use std::time::Duration;

use engine::step_form::FieldKind;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::step::{Registry, StepContext, StepError, StepOutput};

/// Implements the rest of a step type for a struct under test.
macro_rules! step_type {
    ($name:ident) => {
        impl StepType for $name {
            const TASK_TYPE: &'static str = "sample";
            const TITLE: &'static str = "Sample";
            const OUTPUT: &'static str = "Nothing.";
            const DEFAULT_TIMEOUT: Duration = Duration::from_secs(90);

            fn example() -> Value {
                json!({})
            }

            async fn run(self, _: StepContext) -> Result<StepOutput, StepError> {
                Ok(StepOutput::NothingToDo)
            }
        }
    };
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Verb {
    Get,
    /// With a doc comment the schema is written differently.
    Put,
}

#[derive(Deserialize, JsonSchema)]
enum Level {
    Low,
    High,
}

/// Shows every kind
/// of field.
///
/// And a second paragraph.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its description is looked at")]
struct Every {
    /// One line.
    zebra: String,
    /// Many lines.
    #[schemars(title = "Text to read", extend("multiline" = true))]
    text: Option<String>,
    /// A size.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 9.5), extend("unit" = "MiB"))]
    max_size: f64,
    /// A count.
    count: Option<u16>,
    /// Whether.
    #[serde(default)]
    quiet: bool,
    /// Which verb.
    verb: Verb,
    /// Which level.
    level: Option<Level>,
    /// Some lines.
    #[serde(default)]
    args: Vec<String>,
    /// Some numbers.
    codes: Option<Vec<u8>>,
    /// Some names.
    env: Option<BTreeMap<String, String>>,
    /// Anything.
    body: Option<Value>,
}

step_type!(Every);

#[test]
fn every_shape_that_can_be_drawn_becomes_its_field_in_the_order_of_the_struct() {
    let spec = describe::<Every>().unwrap();
    assert_eq!(
        spec.help,
        "Shows every kind of field. And a second paragraph."
    );
    assert_eq!(
        (spec.task_type.as_str(), spec.default_timeout),
        ("sample", 90.0)
    );
    let found: Vec<_> = spec
        .fields
        .iter()
        .map(|f| (f.name.as_str(), &f.kind))
        .collect();
    let number = |min, max, whole| FieldKind::Number { min, max, whole };
    let words = |words: &[&str]| FieldKind::Choice {
        options: words.iter().map(|word| (*word).to_owned()).collect(),
    };
    let wanted = [
        ("zebra", FieldKind::Text),
        ("text", FieldKind::LongText),
        ("max_size", number(Some(0.0), Some(9.5), false)),
        ("count", number(Some(0.0), Some(65535.0), true)),
        ("quiet", FieldKind::Toggle),
        ("verb", words(&["GET", "PUT"])),
        ("level", words(&["Low", "High"])),
        ("args", FieldKind::Lines),
        (
            "codes",
            FieldKind::Numbers {
                min: Some(0.0),
                max: Some(255.0),
            },
        ),
        ("env", FieldKind::KeyValues),
        ("body", FieldKind::Json),
    ];
    assert_eq!(
        found,
        wanted.iter().map(|(n, k)| (*n, k)).collect::<Vec<_>>()
    );
}

#[test]
fn labels_help_units_defaults_and_what_is_required_come_from_the_struct() {
    let spec = describe::<Every>().unwrap();
    let field = |name: &str| spec.fields.iter().find(|field| field.name == name).unwrap();
    assert_eq!(field("max_size").label, "Max size");
    assert_eq!(field("max_size").help, "A size.");
    assert_eq!(field("max_size").unit.as_deref(), Some("MiB"));
    assert_eq!(field("text").label, "Text to read");
    assert_eq!(field("args").default, Some(json!([])));
    assert_eq!(field("text").default, None);
    let required: Vec<_> = spec
        .fields
        .iter()
        .filter(|f| f.required)
        .map(|f| &f.name)
        .collect();
    assert_eq!(required, ["zebra", "verb"]);
}

/// Holds a list of pairs.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its description is looked at")]
struct Pairs {
    /// Pairs.
    pairs: Vec<(String, String)>,
}

step_type!(Pairs);

/// Takes any field.
#[derive(Deserialize, JsonSchema)]
struct Careless {}

step_type!(Careless);

/// Has a field without help.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its description is looked at")]
struct Silent {
    name: String,
}

step_type!(Silent);

#[test]
fn a_shape_that_no_field_can_draw_is_refused_with_struct_and_field() {
    let refusal = describe::<Pairs>().unwrap_err().to_string();
    assert!(
        refusal.contains("Pairs, field `pairs`: it is a list of something else"),
        "{refusal}"
    );
    let refusal = describe::<Careless>().unwrap_err().to_string();
    assert!(
        refusal.contains("Careless: it must say #[serde(deny_unknown_fields)]"),
        "{refusal}"
    );
    let refusal = describe::<Silent>().unwrap_err().to_string();
    assert!(
        refusal.contains("Silent, field `name`: it needs a doc comment"),
        "{refusal}"
    );
}

#[test]
fn every_built_in_step_type_can_be_drawn_and_its_example_is_valid() {
    let registry = Registry::builtin().unwrap();
    assert!(registry.names().count() >= 4);
    for spec in registry.specs() {
        let example = spec.example.as_object().unwrap();
        assert_eq!(
            registry.check(&spec.task_type, example),
            [],
            "{}",
            spec.task_type
        );
        assert_eq!(spec.check_filled(example), [], "{}", spec.task_type);
        for text in [&spec.title, &spec.help, &spec.output_help] {
            assert!(!text.is_empty(), "{}", spec.task_type);
        }
    }
}

#[test]
fn a_second_step_type_of_the_same_name_is_refused_with_both_structs() {
    let mut registry = Registry::default();
    registry.register::<Every>().unwrap();
    let refusal = registry.register::<Pairs>().unwrap_err().to_string();
    assert!(
        refusal.contains("tests::Every") && refusal.contains("tests::Pairs"),
        "{refusal}"
    );
}

#[test]
fn what_references_gave_is_fitted_into_its_field() {
    let spec = describe::<Every>().unwrap();
    let mut config = json!({
        "zebra": 7, "text": {"a": 1}, "max_size": " 2.5", "count": "12", "quiet": "true",
        "verb": null, "args": [1, true, "x"], "codes": ["3", 4], "env": {"A": 1}, "body": null,
    });
    let config = config.as_object_mut().unwrap();
    adapt(&spec, config);
    assert_eq!(
        Value::Object(config.clone()),
        json!({
            "zebra": "7", "text": "{\"a\":1}", "max_size": 2.5, "count": 12, "quiet": true,
            "args": ["1", "true", "x"], "codes": [3, 4], "env": {"A": "1"}, "body": null,
        })
    );
}
