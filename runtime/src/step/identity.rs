//! Names of attempts and of effects.

use engine::{Attempt, StepIndex, Timestamp, WorkflowId};
use uuid::Uuid;

/// The namespace of idempotency keys. It must never change: receivers remember the keys.
const KEYS: Uuid = Uuid::from_u128(0x6a6f_622d_6f72_5c68_8573_7472_6174_6f72);

/// The name of an attempt: `w12-t3-a2`. No two attempts on one database share it, because an
/// attempt's number only ever grows. Files and processes of the attempt carry it.
#[must_use]
pub fn attempt_name(workflow_id: WorkflowId, task: StepIndex, attempt: Attempt) -> String {
    format!("w{workflow_id}-t{task}-a{attempt}")
}

/// How the names of all attempts of a workflow begin, and of no other.
pub(super) fn attempts_begin(workflow_id: WorkflowId) -> String {
    format!("w{workflow_id}-")
}

/// What a step brings about outside, and is to bring about once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect<'a> {
    /// The name that the database got by chance when it was new; empty for one that had workflows
    /// before there were such names. Two databases both have a workflow 1, and their receiver may be
    /// one and the same.
    pub installation: &'a str,
    /// The workflow.
    pub workflow_id: WorkflowId,
    /// When it was created. In a copy that was put back from before, the next workflow gets a number
    /// that another one had meanwhile.
    pub created_at: Timestamp,
    /// The step's position, from 0.
    pub task: StepIndex,
    /// Grows when a recovery repeats a step that had completed.
    pub redo: u32,
}

impl Effect<'_> {
    /// The same for every try of the step, after a crash, and after a recovery of a step that never
    /// completed; and no other effect has it.
    #[must_use]
    pub fn idempotency_key(&self) -> Uuid {
        let step = format!("wf/{}/{}/{}", self.workflow_id, self.task, self.redo);
        // What is under way must not change its key when this program takes the place of an older one.
        let name = match self.installation {
            "" => step,
            installation => format!("{installation}/{}/{step}", self.created_at.as_micros()),
        };
        Uuid::new_v5(&KEYS, name.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EFFECT: Effect<'static> = Effect {
        installation: "here",
        workflow_id: WorkflowId(7),
        created_at: Timestamp::from_micros(1_700_000_000_000_000),
        task: 2,
        redo: 0,
    };

    #[test]
    fn a_key_is_that_of_one_effect_of_one_installation() {
        let key = EFFECT.idempotency_key();
        assert_eq!(key.to_string(), "5d94bc21-b13f-515f-b582-f50a56b42181");
        let others = [
            Effect { redo: 1, ..EFFECT },
            Effect { task: 1, ..EFFECT },
            Effect {
                workflow_id: WorkflowId(8),
                ..EFFECT
            },
            Effect {
                created_at: Timestamp::from_micros(1_700_000_000_000_001),
                ..EFFECT
            },
            Effect {
                installation: "there",
                ..EFFECT
            },
        ];
        for other in others {
            assert_ne!(other.idempotency_key(), key, "{other:?}");
        }
    }

    #[test]
    fn an_installation_without_a_name_has_the_keys_it_always_had() {
        let older = Effect {
            installation: "",
            ..EFFECT
        };
        let key = older.idempotency_key().to_string();
        assert_eq!(key, "a9371d94-ab8e-5b27-9760-c511fc1054e8");
    }
}
