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

/// Has a page's command carried out under the first of its ids that is no other command's. Who goes
/// back, changes what stands in a form and sends it again means another command than the one before:
/// it gets an id of its own, which is the same one however often exactly that is sent.
#[cfg(feature = "ssr")]
pub async fn carry_out<T, Sent>(
    page: Option<String>,
    mut send: impl FnMut(Option<String>) -> Sent,
) -> Answer<T>
where
    Sent: Future<Output = Answer<T>>,
{
    for id in ids(page) {
        let answer = send(Some(id)).await;
        let is_taken = matches!(
            answer,
            Err(JobOrchestratorError::Refused(Refusal::CommandIdReused))
        );
        if !is_taken {
            return answer;
        }
    }
    send(None).await
}

/// The ids of the commands of a page; none of one that gave none.
#[cfg(feature = "ssr")]
fn ids(page: Option<String>) -> impl Iterator<Item = String> {
    let later = page.clone().into_iter().flat_map(|page| {
        let numbers = 2..=COMMANDS_MAX;
        numbers.map(move |number| followed_by(&page, &format!(".{number}")))
    });
    page.into_iter().chain(later)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use std::cell::RefCell;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// The answer of what waits for nothing.
    fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => Some(done),
            Poll::Pending => None,
        }
    }

    /// The ids that are tried when the first so many are other commands'.
    fn tried(page: Option<&str>, taken: usize) -> Vec<Option<String>> {
        let tried = RefCell::new(Vec::new());
        let answer = carry_out(page.map(str::to_owned), |id| {
            tried.borrow_mut().push(id);
            let is_taken = tried.borrow().len() <= taken;
            async move {
                if is_taken {
                    return Err(Refusal::CommandIdReused.into());
                }
                Ok(())
            }
        });
        assert_eq!(at_once(answer), Some(Ok(())));
        tried.into_inner()
    }

    #[test]
    fn each_command_of_a_page_has_an_id_and_after_many_none_is_told_apart() {
        let id = |text: &str| Some(text.to_owned());
        assert_eq!(tried(Some("page"), 0), [id("page")]);
        let three = [id("page"), id("page.2"), id("page.3")];
        assert_eq!(tried(Some("page"), 2), three);
        let all = tried(Some("page"), 20);
        assert_eq!((all.len(), &all[19], &all[20]), (21, &id("page.20"), &None));
        assert_eq!(tried(None, 0), [None]);
    }

    #[test]
    fn what_fails_otherwise_is_not_sent_again() {
        let mut sent = 0;
        let answer: Option<Answer<()>> = at_once(carry_out(Some("page".into()), |_| {
            sent += 1;
            async { Err(JobOrchestratorError::Stopping) }
        }));
        assert_eq!(answer, Some(Err(JobOrchestratorError::Stopping)));
        assert_eq!(sent, 1);
    }

    #[test]
    fn an_id_stays_one_however_long_the_one_is_that_it_follows_from() {
        use engine::command_id::is_usable;
        let long = |last: &str| "a".repeat(LENGTH_MAX - 1) + last;
        let of = |page: String| ids(Some(page)).collect::<Vec<_>>();
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
