//! A step's work as a closure.

use std::fmt;
use std::panic;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::task;
use tracing::warn;

use crate::step::{StepContext, StepError, StepOutput};

/// A closure that keeps a thread of the tokio runtime this long without an `await` is told of.
const KEPT_LONG: Duration = Duration::from_secs(1);

/// What a closure comes to.
type Attempt = BoxFuture<'static, Result<StepOutput, StepError>>;

/// A closure that carries a step out, once for each attempt. Clones are the same closure.
#[derive(Clone)]
pub(crate) struct StepFn {
    call: Arc<dyn Fn(StepContext) -> Attempt + Send + Sync>,
    is_blocking: bool,
}

impl StepFn {
    pub(crate) fn new<F, Fut, T>(handler: F) -> Self
    where
        F: Fn(StepContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, StepError>> + Send + 'static,
        T: Into<StepOutput>,
    {
        let call = move |cx| {
            let work = handler(cx);
            async move { work.await.map(Into::into) }.boxed()
        };
        Self {
            call: Arc::new(call),
            is_blocking: false,
        }
    }

    /// One that is no future: it gets a thread to itself for each attempt.
    pub(crate) fn blocking<F, T>(handler: F) -> Self
    where
        F: Fn(StepContext) -> Result<T, StepError> + Send + Sync + 'static,
        T: Into<StepOutput>,
    {
        let handler = Arc::new(handler);
        let call = move |cx| {
            let handler = Arc::clone(&handler);
            let work = task::spawn_blocking(move || handler(cx).map(Into::into));
            async move {
                match work.await.map_err(task::JoinError::try_into_panic) {
                    Ok(ended) => ended,
                    Err(Ok(payload)) => panic::resume_unwind(payload),
                    // The tokio runtime ended before a thread was free.
                    Err(Err(_)) => Err(StepError::Stopped),
                }
            }
            .boxed()
        };
        Self {
            call: Arc::new(call),
            is_blocking: true,
        }
    }

    /// Whether an attempt has a thread, which nobody can take from it: it ends when it returns.
    pub(crate) const fn is_blocking(&self) -> bool {
        self.is_blocking
    }

    /// Begins an attempt. The closure itself is called within the future, so that a panic in it is
    /// caught like one in its future.
    pub(crate) fn call(&self, cx: StepContext) -> Attempt {
        let call = Arc::clone(&self.call);
        let name = cx.attempt_name();
        let work = async move { call(cx).await }.boxed();
        Watched { name, work }.boxed()
    }
}

impl fmt::Debug for StepFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StepFn")
    }
}

/// Tells of a closure that blocks: nothing else would, and everything is slow then.
struct Watched {
    name: String,
    work: Attempt,
}

impl Future for Watched {
    type Output = Result<StepOutput, StepError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let begun = Instant::now();
        let polled = self.work.as_mut().poll(cx);
        let kept = begun.elapsed();
        if kept >= KEPT_LONG {
            let (attempt, seconds) = (&self.name, kept.as_secs_f64());
            warn!(
                %attempt,
                seconds,
                "a step's closure kept a thread of the engine without an await; \
                 what blocks belongs into WorkflowStep::blocking"
            );
        }
        polled
    }
}
