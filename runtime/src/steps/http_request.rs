//! A call of a URL.

mod address;
mod answer;
mod call;
mod check;
mod client;
mod header;
mod probe;
mod target;

use std::collections::BTreeMap;
use std::time::Duration;

use engine::step_form::ModeRule;
use engine::{Mode, Problem};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::step::{Probed, StepContext, StepError, StepOutput, StepType};
use call::Request;

/// Calls a URL and keeps the answer. Every call carries an Idempotency-Key header that stays the
/// same when the step is tried again. Private and local addresses are refused unless the owner
/// allows them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HttpRequest {
    /// What to do there.
    method: Method,
    /// The address, beginning with http:// or https://, without a name and password in it.
    #[schemars(title = "URL")]
    url: String,
    /// Headers to send.
    headers: Option<BTreeMap<String, String>>,
    /// What to send: a text is sent as it is, anything else as JSON.
    body: Option<Value>,
    /// Statuses that count as success; left out, 200 to 299.
    #[schemars(inner(range(min = 100, max = 599)))]
    accepted_statuses: Option<Vec<u16>>,
    /// Whether the receiver does a POST or PATCH only once for each Idempotency-Key. Without it
    /// such a step is not tried again by itself when nobody knows how a try ended: no answer came, one
    /// with a status from 500 on, or one that cannot be read.
    #[serde(default)]
    #[schemars(title = "The receiver honours Idempotency-Key")]
    #[expect(
        dead_code,
        reason = "read where the step's mode is settled, before it runs"
    )]
    honours_key: bool,
    /// An address that tells whether the step was done already: a status that counts as success
    /// means that it was, and the answer stands in for the step's output. It is read with the same
    /// headers before the step is repeated after a try of which nobody knows how it ended.
    #[schemars(title = "Check URL")]
    check_url: Option<String>,
    /// Statuses of the check that mean it was done; left out, 200 to 299.
    #[schemars(title = "Check: done", inner(range(min = 100, max = 599)))]
    check_accepted_statuses: Option<Vec<u16>>,
    /// Statuses of the check that mean it was not done; left out, 404. With any other nobody knows.
    #[schemars(title = "Check: not done", inner(range(min = 100, max = 599)))]
    check_not_done_statuses: Option<Vec<u16>>,
}

/// The methods there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
    Head,
    Options,
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
            Method::Head => Self::HEAD,
            Method::Options => Self::OPTIONS,
        }
    }
}

impl StepType for HttpRequest {
    const TASK_TYPE: &'static str = "http_request";
    const TITLE: &'static str = "HTTP request";
    const OUTPUT: &'static str = "The answer if it is JSON, else {\"status\": 200, \"text\": \"…\"}. \
                                  At most 1 MiB. A whole number of more than 64 bits is kept \
                                  rounded.";
    const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5 * 60);
    const PROBE_FIELD: Option<&'static str> = Some("check_url");

    fn example() -> Value {
        json!({ "method": "GET", "url": "https://example.com/" })
    }

    fn modes() -> Vec<ModeRule> {
        // Of these HTTP itself says that doing them twice is doing them once.
        let harmless = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"].map(Value::from);
        vec![
            ModeRule::filled(Mode::Probe, "check_url"),
            ModeRule::when(Mode::Retry, "method", &harmless),
            ModeRule::when(Mode::Retry, "honours_key", &[Value::Bool(true)]),
            ModeRule::always(Mode::Once),
        ]
    }

    fn check(config: &Map<String, Value>) -> Vec<Problem> {
        check::problems(config)
    }

    async fn probe(&self, cx: &StepContext) -> Result<Probed, StepError> {
        tokio::select! {
            probed = probe::probe(self, cx) => probed,
            () = cx.stopped() => Err(StepError::Stopped),
        }
    }

    async fn run(self, cx: StepContext) -> Result<StepOutput, StepError> {
        tokio::select! {
            output = self.call(&cx) => output.map(StepOutput::Done),
            () = cx.stopped() => Err(StepError::Stopped),
        }
    }
}

impl HttpRequest {
    async fn call(&self, cx: &StepContext) -> Result<Value, StepError> {
        let request = Request {
            method: self.method.into(),
            url: &self.url,
            headers: self.headers.as_ref(),
            body: self.body.as_ref().filter(|body| !body.is_null()),
        };
        let reply = call::call(&request, cx).await?;
        if is_among(self.accepted_statuses.as_deref(), reply.status) {
            return answer::output(&reply, cx.log());
        }
        Err(answer::refusal(&reply))
    }
}

/// Whether a status counts as success: one of those named, 200 to 299 when none is.
fn is_among(accepted: Option<&[u16]>, status: u16) -> bool {
    match accepted {
        None | Some([]) => (200..300).contains(&status),
        Some(list) => list.contains(&status),
    }
}
