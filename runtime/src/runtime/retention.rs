//! What is forgotten after a while.

use std::sync::{Arc, Weak};
use std::time::Duration;

use engine::Timestamp;
use tracing::{debug, warn};

use super::Inner;

/// How long a command's id has the same answer.
const COMMANDS_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How often old ones are looked for.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Forgets old commands for as long as the engine is in use.
pub(super) fn start(inner: &Arc<Inner>) {
    let inner = Arc::downgrade(inner);
    tokio::spawn(async move {
        while forget_commands(&inner).await {
            tokio::time::sleep(EVERY).await;
        }
    });
}

/// Whether the engine is still in use.
async fn forget_commands(inner: &Weak<Inner>) -> bool {
    let Some(inner) = inner.upgrade() else {
        return false;
    };
    let kept = i64::try_from(COMMANDS_KEPT.as_micros()).unwrap_or(i64::MAX);
    let before = Timestamp::from_micros(inner.clock.now().as_micros().saturating_sub(kept));
    match inner.store.forget_commands(before).await {
        Ok(0) => {}
        Ok(commands) => debug!(commands, "forgot the ids of old commands"),
        Err(fault) => warn!(%fault, "the ids of old commands could not be forgotten"),
    }
    true
}
