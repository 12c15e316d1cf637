//! A workflow in quarantine, as it is shown.

use super::Summary;
use crate::workflow_status::WorkflowStatus;

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
