//! I16: what was answered to commands that carried an id.

use engine::invariant::Invariant;

use super::{Examination, PAGE};
use crate::store::{StoreError, WorkflowStore, command_key, sqlite_examine as rows};

impl Examination<'_> {
    /// Each answer is one that can have been given: of a workflow that exists, and of a moment that
    /// has been.
    pub(super) async fn commands(&mut self) -> Result<(), StoreError> {
        let mut last = (String::new(), String::new());
        loop {
            let page = rows::commands(&mut self.connection, (&last.0, &last.1), PAGE).await?;
            let Some((actor, id, _)) = page.last() else {
                return Ok(());
            };
            last = (actor.clone(), id.clone());
            for (actor, id, answer) in page {
                let wrong = match answer {
                    Err(why) => Some(why),
                    Ok(state) => {
                        let about = state.id;
                        match self.store.rev(about).await {
                            Ok(None) if rows::is_deleted(&mut self.connection, about).await? => None,
                            // What is wrong with that row is told of its workflow.
                            Err(fault) if fault.is_of_a_row() => None,
                            rev => (rev?.unwrap_or(0) < state.summary.events).then(|| {
                                let events = state.summary.events;
                                format!("it was answered with event {events} of workflow {about}, which is not there")
                            }),
                        }
                    }
                };
                if let Some(wrong) = wrong {
                    let (kind, id) = command_key::parts(&id);
                    let kind = kind.map(|kind| format!("{kind} ")).unwrap_or_default();
                    let told = format!("the command {id} of {kind}{actor}: {wrong}");
                    self.told(Invariant::I16, told);
                }
            }
        }
    }
}
