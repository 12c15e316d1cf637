//! I1: what differs between rows and the fold of the events, field by field.

use serde::Serialize;
use serde_json::{Map, Value};

use super::finding::{Findings, Invariant as I};
use crate::event::is_output;
use crate::id::StepIndex;
use crate::workflow::{TaskRecord, WorkflowRecord};

/// A share goes through a database's reading and writing of fractions.
const SHARE_OFF_BY: f64 = 1e-9;
/// Longer values are not told in full.
const TOLD_CHARACTERS: usize = 80;

pub(super) fn workflow(row: &WorkflowRecord, folded: &WorkflowRecord, found: &mut Findings) {
    if row == folded {
        return;
    }
    for (field, row, folded) in differences(row, folded) {
        found.hold(I::I1, false, || told(&field, &row, &folded));
    }
}

pub(super) fn task(index: StepIndex, row: &TaskRecord, folded: &TaskRecord, found: &mut Findings) {
    if row == folded {
        return;
    }
    let share = (row.share - folded.share).abs();
    for (field, row, folded) in differences(row, folded) {
        let is_same = match field.as_str() {
            "share" => share <= SHARE_OFF_BY,
            "output" => is_output(&row, &folded),
            _ => false,
        };
        found.hold_for(index, I::I1, is_same, || told(&field, &row, &folded));
    }
}

/// The fields that differ, by name, with what each says.
fn differences<T: Serialize>(row: &T, folded: &T) -> Vec<(String, Value, Value)> {
    let (row, mut folded) = (fields(row), fields(folded));
    let pairs = row.into_iter().map(|(name, row)| {
        let folded = folded.remove(&name).unwrap_or_default();
        (name, row, folded)
    });
    pairs.filter(|(_, row, folded)| row != folded).collect()
}

fn fields<T: Serialize>(record: &T) -> Map<String, Value> {
    match serde_json::to_value(record) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

fn told(field: &str, row: &Value, folded: &Value) -> String {
    format!(
        "{field} is {} in its row, {} by its events",
        short(row),
        short(folded)
    )
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::Null => return "nothing".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(TOLD_CHARACTERS) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}
