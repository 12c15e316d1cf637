//! A workflow in quarantine, as it is shown.

use super::{Progress, Summary};
use crate::id::Seq;
use crate::workflow_status::WorkflowStatus;

impl Progress {
    /// The number of the last event of a workflow in quarantine is at least this one, which somebody has
    /// seen: what remains of its rows need not tell, and it did not go back. Of any other workflow the
    /// number is known.
    pub fn at_least(&mut self, seq: Seq) {
        if self.summary.quarantine.is_some() {
            self.summary.events = self.summary.events.max(seq);
        }
    }

    /// What is to be shown where `shown` is: this, unless it is older and comes late. It may tell that
    /// the workflow was put aside, which moves no number.
    #[must_use]
    pub fn instead_of(mut self, shown: &Self) -> Option<Self> {
        self.at_least(shown.summary.events);
        (self.summary.events >= shown.summary.events).then_some(self)
    }
}

impl Summary {
    /// Shows the workflow as one that is in quarantine because of `cause`: failed, whatever its rows
    /// say, and nothing can be done with it.
    pub fn put_aside(&mut self, cause: String) {
        self.status = WorkflowStatus::ASIDE;
        self.progress = self.progress.min(99);
        self.cancel_requested = false;
        self.current_steps.clear();
        self.quarantine = Some(cause);
    }

    /// The sentence for people, if it is in quarantine.
    #[must_use]
    pub fn quarantine_sentence(&self) -> Option<String> {
        let cause = self.quarantine.as_ref()?;
        Some(format!(
            "This workflow is in quarantine: {cause}. Nothing of it runs, and what stood in the \
             database is kept. An owner can mend it and let it go on; \"job-orchestrator doctor\" \
             says what differs and how."
        ))
    }
}
