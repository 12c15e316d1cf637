//! Numbers in the output of a step that cannot be kept digit by digit.

use engine::json_text::first_rounded;

use crate::log::TaskLog;

/// Most characters of such a number that are told.
const TOLD_MAX: usize = 40;

/// Says so in the step's log when a whole number in the JSON that is its output has more than 64 bits.
pub(crate) fn tell(json: &str, log: &TaskLog) {
    let Some(number) = first_rounded(json) else {
        return;
    };
    let told = match number.get(..TOLD_MAX) {
        Some(beginning) => format!("{beginning}…"),
        None => number.to_owned(),
    };
    log.note(&format!(
        "the output holds whole numbers of more than 64 bits, such as {told}; they are kept rounded, \
         so send them as text where every digit counts"
    ));
}
