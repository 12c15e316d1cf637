//! A step's work as a closure.

use std::fmt;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::step::{StepContext, StepError, StepOutput};

/// What a closure comes to.
type Attempt = BoxFuture<'static, Result<StepOutput, StepError>>;

/// A closure that carries a step out, once for each attempt. Clones are the same closure.
#[derive(Clone)]
pub(crate) struct StepFn {
    call: Arc<dyn Fn(StepContext) -> Attempt + Send + Sync>,
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
        }
    }

    /// Begins an attempt. The closure itself is called within the future, so that a panic in it is
    /// caught like one in its future.
    pub(crate) fn call(&self, cx: StepContext) -> Attempt {
        let call = Arc::clone(&self.call);
        async move { call(cx).await }.boxed()
    }
}

impl fmt::Debug for StepFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StepFn")
    }
}
