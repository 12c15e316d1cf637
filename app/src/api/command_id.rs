//! The ids of the commands that pages send. One is made whenever a page is drawn and goes with
//! whatever is sent from it, so that a double click, a request that a proxy repeats and a form that
//! is sent again after going back have one effect and the same answer.

use engine::command_id::LENGTH_MAX;
use engine::{Action, Seq};

#[cfg(feature = "ssr")]
use super::ApiError;
#[cfg(feature = "ssr")]
use engine::orchestrator::Answer;
#[cfg(feature = "ssr")]
use engine::{JobOrchestratorError, Refusal};

/// The name of the hidden field, and of the argument of server functions.
pub const FIELD: &str = "command_id";

/// So many different commands from one drawing of a page are told apart; who sends more of them is
/// past double clicks.
#[cfg(feature = "ssr")]
const COMMANDS_MAX: u32 = 20;

/// The id of an action that is offered on a page which has seen event `rev`. What the page sends
/// after its workflow moved on is another command.
#[must_use]
pub fn of_action(page: &str, action: &Action, rev: Seq) -> String {
    followed_by(page, &format!(".{}.{rev}", action.as_str()))
}

/// The id of a command that follows from the one of `id`. Of a long one only the beginning is kept, and
/// a sum of all of it, so that it is an id still and no other one leads to the same.
#[must_use]
pub fn followed_by(id: &str, end: &str) -> String {
    if id.len() + end.len() <= LENGTH_MAX {
        return format!("{id}{end}");
    }
    // FNV-1a: the same in every build, also in the browser's.
    let sum = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let room = LENGTH_MAX.saturating_sub(end.len() + "~0123456789abcdef".len());
    let kept = id.get(..room).unwrap_or_default();
    format!("{kept}~{sum:016x}{end}")
}

/// The id that came with a form or a call, if it can be one.
///
/// # Errors
/// As the HTTP API refuses the header `Idempotency-Key`: what cannot be an id is none of ours.
#[cfg(feature = "ssr")]
pub fn given(id: Option<String>) -> Result<Option<String>, ApiError> {
    use engine::command_id::{RULE, is_usable};
    match id {
        Some(id) if !is_usable(&id) => Err(ApiError::Unreadable(format!("{FIELD} must be {RULE}"))),
        id => Ok(id),
    }
}

/// The ids under which a page's command is tried, one after the other. Who goes back, changes what
/// stands in a form and sends it again means another command than the one before: it gets an id of
/// its own, which is the same one however often exactly that is sent.
#[cfg(feature = "ssr")]
#[derive(Debug)]
pub struct CommandIds {
    page: Option<String>,
    tried: u32,
}

#[cfg(feature = "ssr")]
impl CommandIds {
    /// Those of a page, or none of one that gave none.
    #[must_use]
    pub const fn of(page: Option<String>) -> Self {
        Self { page, tried: 0 }
    }

    /// The next one.
    pub fn next_id(&mut self) -> Option<String> {
        self.tried += 1;
        let page = self.page.as_ref()?;
        match self.tried {
            1 => Some(page.clone()),
            later if later <= COMMANDS_MAX => Some(followed_by(page, &format!(".{later}"))),
            _ => None,
        }
    }

    /// Whether the last one belongs to another command, so that the next one has to be tried.
    #[must_use]
    pub const fn is_taken<T>(answer: &Answer<T>) -> bool {
        matches!(
            answer,
            Err(JobOrchestratorError::Refused(Refusal::CommandIdReused))
        )
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn each_command_of_a_page_has_an_id_and_after_many_none_is_told_apart() {
        let mut ids = CommandIds::of(Some("page".to_owned()));
        assert_eq!(ids.next_id().as_deref(), Some("page"));
        assert_eq!(ids.next_id().as_deref(), Some("page.2"));
        let rest: Vec<_> = std::iter::from_fn(|| ids.next_id()).collect();
        assert_eq!(rest.len(), 18);
        assert_eq!(CommandIds::of(None).next_id(), None);
    }

    #[test]
    fn an_id_stays_one_however_long_the_one_is_that_it_follows_from() {
        use engine::command_id::is_usable;
        let long = |last: &str| "a".repeat(LENGTH_MAX - 1) + last;
        let of = |page: String| {
            let mut ids = CommandIds::of(Some(page));
            std::iter::from_fn(move || ids.next_id()).collect::<Vec<_>>()
        };
        let mut all = of(long("x"));
        all.extend(of(long("y")));
        all.push(of_action(&long("x"), &Action::Pause, Seq::MAX));
        assert!(all.iter().all(|id| is_usable(id)), "{all:?}");
        assert_eq!(of(long("x")), of(long("x")));
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count, "each is another one");
    }

    #[test]
    fn what_a_page_sends_after_its_workflow_moved_on_is_another_command() {
        let at = |rev| of_action("page", &Action::Pause, rev);
        assert_eq!(at(7), "page.pause.7");
        assert_ne!(at(7), at(8));
    }
}
