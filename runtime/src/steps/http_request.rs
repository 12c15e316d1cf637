//! A call of a URL.

mod address;
mod answer;
mod call;
mod check;
mod client;
mod header;
mod target;

use std::collections::BTreeMap;
use std::time::Duration;

use engine::Problem;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::step::{StepContext, StepError, StepOutput, StepType};

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
                                  At most 1 MiB.";
    const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5 * 60);

    fn example() -> Value {
        json!({ "method": "GET", "url": "https://example.com/" })
    }

    fn check(config: &Map<String, Value>) -> Vec<Problem> {
        check::problems(config)
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
        let reply = call::call(self, cx).await?;
        if self.accepts(reply.status) {
            return answer::output(&reply);
        }
        Err(answer::refusal(&reply))
    }

    fn accepts(&self, status: u16) -> bool {
        match self.accepted_statuses.as_deref() {
            None | Some([]) => (200..300).contains(&status),
            Some(list) => list.contains(&status),
        }
    }
}
