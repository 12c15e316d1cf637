//! What fits a field, in words.

use super::{FieldKind, FieldSpec};

impl FieldSpec {
    /// The sentence for a field that must be given and is not.
    pub(super) fn missing(&self) -> String {
        format!("is missing; must be {}", self.what_fits())
    }

    /// What may stand in the field, to follow "must be".
    pub(super) fn what_fits(&self) -> String {
        match &self.kind {
            FieldKind::Text | FieldKind::LongText => "a text".to_owned(),
            FieldKind::Number { min, max, whole } => {
                let unit = self
                    .unit
                    .as_ref()
                    .map(|unit| format!(" ({unit})"))
                    .unwrap_or_default();
                let number = if *whole { "a whole number" } else { "a number" };
                format!("{number}{}{unit}", between(*min, *max))
            }
            FieldKind::Toggle => "true or false".to_owned(),
            FieldKind::Choice { options } => format!("one of {}", options.join(", ")),
            FieldKind::Lines => "a list of texts".to_owned(),
            FieldKind::Numbers { min, max } => {
                format!("a list of whole numbers{}", between(*min, *max))
            }
            FieldKind::KeyValues => "an object of names with texts".to_owned(),
            FieldKind::Json => "given; any JSON value fits".to_owned(),
        }
    }
}

/// ` from 0 to 9`, or what of it is limited.
pub(super) fn between(min: Option<f64>, max: Option<f64>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!(" from {min} to {max}"),
        (Some(min), None) => format!(" of at least {min}"),
        (None, Some(max)) => format!(" of at most {max}"),
        (None, None) => String::new(),
    }
}
