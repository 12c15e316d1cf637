//! Names of attempts and of effects.

use engine::{Attempt, StepIndex, WorkflowId};
use uuid::Uuid;

/// The namespace of idempotency keys. It must never change: receivers remember the keys.
const KEYS: Uuid = Uuid::from_u128(0x6a6f_622d_6f72_5c68_8573_7472_6174_6f72);

/// The name of an attempt: `w12-t3-a2`. No two attempts on one database share it, because an
/// attempt's number only ever grows. Files and processes of the attempt carry it.
#[must_use]
pub fn attempt_name(workflow_id: WorkflowId, task: StepIndex, attempt: Attempt) -> String {
    format!("w{workflow_id}-t{task}-a{attempt}")
}

/// The key of an effect: the same for every try of a step, after a crash, and after a recovery of
/// a step that never completed. `redo` grows when a recovery repeats a step that had completed.
#[must_use]
pub fn idempotency_key(workflow_id: WorkflowId, task: StepIndex, redo: u32) -> Uuid {
    Uuid::new_v5(&KEYS, format!("wf/{workflow_id}/{task}/{redo}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_the_same_until_the_effect_is_wanted_again() {
        let key = idempotency_key(WorkflowId(7), 2, 0);
        assert_eq!(key.to_string(), "a9371d94-ab8e-5b27-9760-c511fc1054e8");
        assert_eq!(key, idempotency_key(WorkflowId(7), 2, 0));
        for other in [
            idempotency_key(WorkflowId(7), 2, 1),
            idempotency_key(WorkflowId(7), 1, 0),
            idempotency_key(WorkflowId(8), 2, 0),
        ] {
            assert_ne!(key, other);
        }
    }
}
