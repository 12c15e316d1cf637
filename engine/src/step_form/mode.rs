//! Which mode a step has that names none, and whether steps can be asked if they were done.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::StepSpec;
use crate::definition::Mode;

/// One rule of a step type about steps that name no mode. The first that applies counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModeRule {
    /// The mode.
    pub mode: Mode,
    /// The field it looks at; without one it always applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The values of the field with which it applies; without them the field need only be filled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<Vec<Value>>,
}

impl ModeRule {
    /// Applies to every step.
    #[must_use]
    pub const fn always(mode: Mode) -> Self {
        Self {
            mode,
            field: None,
            is: None,
        }
    }

    /// Applies when the field is filled.
    #[must_use]
    pub fn filled(mode: Mode, field: &str) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::always(mode)
        }
    }

    /// Applies when the field has one of these values. A reference is none of them: what it gives
    /// is known too late.
    #[must_use]
    pub fn when(mode: Mode, field: &str, values: &[Value]) -> Self {
        Self {
            is: Some(values.to_vec()),
            ..Self::filled(mode, field)
        }
    }

    fn applies(&self, config: &Map<String, Value>) -> bool {
        match (&self.field, &self.is) {
            (None, _) => true,
            (Some(field), None) => is_filled(config, field),
            (Some(field), Some(values)) => config
                .get(field)
                .is_some_and(|value| values.contains(value)),
        }
    }
}

impl StepSpec {
    /// The mode of a step with this configuration that names none.
    #[must_use]
    pub fn default_mode(&self, config: &Map<String, Value>) -> Mode {
        let rule = self.modes.iter().find(|rule| rule.applies(config));
        rule.map_or(Mode::default(), |rule| rule.mode)
    }

    /// Why a step with this configuration cannot have the mode `probe`, in a sentence without its
    /// full stop.
    #[must_use]
    pub fn cannot_probe(&self, config: &Map<String, Value>) -> Option<String> {
        let Some(name) = &self.probe_field else {
            let detail = "this step type cannot ask whether it was done; choose retry or once";
            return Some(detail.into());
        };
        if is_filled(config, name) {
            return None;
        }
        let field = self.fields.iter().find(|field| field.name == *name);
        let label = field.map_or(name, |field| &field.label);
        Some(format!(
            "asks whether the step was done, and nothing says how: fill in \"{label}\" ({name}), or \
             choose retry or once"
        ))
    }
}

fn is_filled(config: &Map<String, Value>, field: &str) -> bool {
    match config.get(field) {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::step_form::{FieldKind, FieldSpec};

    fn spec(modes: Vec<ModeRule>, probe_field: Option<&str>) -> StepSpec {
        let check = FieldSpec {
            name: "check".into(),
            label: "Check first".into(),
            help: String::new(),
            required: false,
            default: None,
            unit: None,
            kind: FieldKind::Text,
        };
        StepSpec {
            task_type: "send".into(),
            title: "Send".into(),
            help: String::new(),
            output_help: String::new(),
            default_timeout: 1.0,
            only_waits: false,
            switched_off: None,
            example: json!({}),
            fields: vec![check],
            modes,
            probe_field: probe_field.map(str::to_owned),
        }
    }

    fn of(spec: &StepSpec, config: &Value) -> Mode {
        spec.default_mode(config.as_object().unwrap())
    }

    #[test]
    fn the_first_rule_that_applies_gives_the_mode() {
        let spec = spec(
            vec![
                ModeRule::filled(Mode::Probe, "check"),
                ModeRule::when(Mode::Retry, "method", &[json!("GET"), json!("PUT")]),
                ModeRule::when(Mode::Retry, "honours", &[json!(true)]),
                ModeRule::always(Mode::Once),
            ],
            Some("check"),
        );
        for (config, mode) in [
            (json!({"method": "GET"}), Mode::Retry),
            (json!({"method": "POST"}), Mode::Once),
            (json!({"method": "{{ parameters.method }}"}), Mode::Once),
            (json!({"method": "POST", "honours": true}), Mode::Retry),
            (json!({"method": "POST", "honours": "{{ x }}"}), Mode::Once),
            (json!({"method": "POST", "check": "a"}), Mode::Probe),
            (json!({"method": "GET", "check": "{{ a }}"}), Mode::Probe),
            (json!({"method": "POST", "check": " "}), Mode::Once),
            (json!({}), Mode::Once),
        ] {
            assert_eq!(of(&spec, &config), mode, "{config}");
        }
    }

    #[test]
    fn without_a_rule_a_step_is_tried_again() {
        assert_eq!(of(&spec(Vec::new(), None), &json!({})), Mode::Retry);
    }

    #[test]
    fn a_step_that_nobody_can_ask_says_what_to_fill_in() {
        let mut config = Map::new();
        let asks = spec(Vec::new(), Some("check"));
        let told = asks.cannot_probe(&config).unwrap();
        assert!(told.contains("fill in \"Check first\" (check)"), "{told}");
        let never = spec(Vec::new(), None);
        config.insert("check".into(), json!("a"));
        assert_eq!(asks.cannot_probe(&config), None);
        let told = never.cannot_probe(&config).unwrap();
        assert!(told.starts_with("this step type cannot ask"), "{told}");
    }

    #[test]
    fn a_rule_is_written_with_nothing_but_what_it_says() {
        let rule = ModeRule::when(Mode::Retry, "method", &[json!("GET")]);
        let written = json!({"mode": "retry", "field": "method", "is": ["GET"]});
        assert_eq!(serde_json::to_value(&rule).unwrap(), written);
        let always = serde_json::to_value(ModeRule::always(Mode::Once)).unwrap();
        assert_eq!(always, json!({"mode": "once"}));
    }
}
