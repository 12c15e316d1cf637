//! The order in which problems are listed: that of the fields they stand at.

use engine::definition::Reading;
use engine::{StepDefinition, WorkflowDefinition};

use crate::step::Registry;

/// The order of the fields of one definition.
pub(super) struct Order<'a> {
    registry: &'a Registry,
    reading: &'a Reading,
}

/// Where one part of a pointer stands among its neighbours: known fields as they are written,
/// list entries by number, the rest by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Known(usize),
    Number(u64),
    Name(String),
}

impl<'a> Order<'a> {
    pub(super) fn new(registry: &'a Registry, reading: &'a Reading) -> Self {
        Self { registry, reading }
    }

    /// The place of a pointer (`#/steps/0/config/seconds`).
    pub(super) fn place(&self, pointer: &str) -> Vec<Place> {
        let parts: Vec<&str> = pointer.split('/').skip(1).collect();
        let places = parts.iter().enumerate();
        places
            .map(|(depth, part)| {
                let known = self.known(&parts[..depth], part);
                known
                    .map(Place::Known)
                    .unwrap_or_else(|| match part.parse() {
                        Ok(number) => Place::Number(number),
                        Err(_) => Place::Name((*part).to_owned()),
                    })
            })
            .collect()
    }

    /// The position of a field among those that may stand under `above`.
    fn known(&self, above: &[&str], part: &str) -> Option<usize> {
        let among = |fields: &[&str]| fields.iter().position(|field| *field == part);
        match above {
            [] => among(&WorkflowDefinition::FIELDS),
            ["steps", _] => among(&StepDefinition::FIELDS),
            ["steps", step, "config"] => {
                let read = self.reading.steps().get(step.parse::<usize>().ok()?)?;
                let spec = self.registry.get(&read.step.task_type)?;
                spec.fields.iter().position(|field| field.name == part)
            }
            _ => None,
        }
    }
}
