//! Asking the receiver whether an earlier try took effect.

use super::call::{self, Request};
use super::{HttpRequest, answer};
use crate::step::{Probed, StepContext, StepError};

/// What the receiver answers when it knows nothing of it.
const NOT_FOUND: u16 = 404;

/// Gets the address of the check with the step's own headers.
pub(super) async fn probe(step: &HttpRequest, cx: &StepContext) -> Result<Probed, StepError> {
    let request = Request {
        method: reqwest::Method::GET,
        url: step.check_url.as_deref().unwrap_or_default(),
        headers: step.headers.as_ref(),
        body: None,
    };
    let reply = call::call(&request, cx).await?;
    let accepted = step.check_accepted_statuses.as_deref();
    if super::is_among(accepted, reply.status) {
        return answer::output(&reply, cx.log()).map(Probed::Done);
    }
    let not_done = match step.check_not_done_statuses.as_deref() {
        None | Some([]) => &[NOT_FOUND],
        Some(list) => list,
    };
    if not_done.contains(&reply.status) {
        let why = format!("the check answered status {}", reply.status);
        return Ok(Probed::NotDone(why));
    }
    Err(answer::refusal(&reply))
}
