//! What must always hold, under the numbers that the design gives: checked in every test, beside
//! every change that is written, and by whoever looks through a store. Nothing here decides; a
//! finding says that something else went wrong.
//!
//! | looks at | checks | function |
//! |---|---|---|
//! | one workflow between two decisions | I4, I5, I6, I8, I9, I13, I15, I19 | [`at_rest`] |
//! | the counters that a workflow in memory keeps | I15 | [`kept_up`] |
//! | what a page or a list shows of it | I14, I15 | [`shown`] |
//! | what is about to be written, at the price of what changed | I2, I3, I4, I7, I8, I9, I11, I12, I13, I15, I16, I17, I19 | [`of_change`] |
//! | the same, against what was written before | I10, I11, I14, I17 | [`Kept`] |
//! | the same workflow twice | I10 | [`Look::grown_to`] |
//! | all its events, one by one | I1 to I8, I10, I11, I12, I14, I16, I17 | [`History`] |
//!
//! Three have a part that needs more than a workflow, and it stands where that is: of I16, that a
//! command's id has one result, in the key of the table of answered commands; of I17, that nothing is
//! written in an epoch that is over, in the condition under which a store writes a workflow's row; and
//! I18, that lists equal their definition, is asked of a store by the doctor. I20 has nothing to look for:
//! no step type takes a secret, so what would have to be found in an event is nowhere to compare with.

mod change;
mod counts;
mod ending;
mod finding;
mod growth;
mod history;
mod kept;
mod movement;
mod rows_differ;
mod sound;

pub use change::of_change;
pub use counts::{kept_up, shown};
pub use finding::{Finding, Invariant};
pub use growth::Look;
pub use history::{History, Try};
pub use kept::{Kept, Steady};

use crate::workflow::Workflow;
use finding::Findings;

/// What must hold of a workflow between two decisions, judged by its rows alone.
#[must_use]
pub fn at_rest(workflow: &Workflow) -> Vec<Finding> {
    let mut found = Findings::default();
    sound::workflow(workflow, &mut found);
    for index in 0..workflow.tasks().len() {
        sound::task(workflow, index, &mut found);
    }
    if !found.is_empty() {
        // What follows takes for granted that each row by itself makes sense.
        return found.into_vec();
    }
    counts::recounted(workflow, &mut found);
    ending::workflow(workflow, &mut found);
    for index in 0..workflow.tasks().len() {
        ending::task(workflow, index, &mut found);
        movement::task(workflow, index, &mut found);
    }
    movement::workflow(workflow, &mut found);
    found.into_vec()
}
