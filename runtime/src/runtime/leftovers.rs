//! What deleted workflows leave beside the store: the log of their steps, and whatever an attempt could
//! not remove of its folder. It is removed behind the answer; what a crash came before, or what could
//! not be removed, is looked for again. Nothing of it is needed for any decision.

use std::sync::{Arc, Weak};
use std::time::Duration;

use engine::WorkflowId;
use tokio::time::timeout;
use tracing::{debug, warn};

use super::Inner;
use crate::step::StepServices;

/// How long it waits before it looks again by itself.
const AGAIN: Duration = Duration::from_secs(60);

/// Removes leftovers for as long as the engine is in use: at once what an earlier server left, then
/// whenever something was deleted.
pub(super) fn start(inner: &Arc<Inner>, services: Arc<StepServices>) {
    let feed = inner.feed.clone();
    let inner = Arc::downgrade(inner);
    tokio::spawn(async move {
        while let Some(all) = remove(&inner, &services).await {
            if all {
                feed.deleted().await;
            } else {
                // Sooner if something else is deleted.
                drop(timeout(AGAIN, feed.deleted()).await);
            }
        }
    });
}

/// Whether nothing is left; none once the engine is not in use any more.
async fn remove(inner: &Weak<Inner>, services: &StepServices) -> Option<bool> {
    let inner = inner.upgrade()?;
    let left = match inner.store.leftovers().await {
        Ok(left) => left,
        Err(fault) => {
            warn!(%fault, "what deleted workflows left cannot be looked for");
            return Some(false);
        }
    };
    let mut all = true;
    for id in left {
        if let Err(fault) = remove_of(&inner, services, id).await {
            warn!(
                fault,
                workflow = id.0,
                "a deleted workflow leaves something behind for now"
            );
            all = false;
        }
    }
    Some(all)
}

async fn remove_of(inner: &Inner, services: &StepServices, id: WorkflowId) -> Result<(), String> {
    let log = inner.log.forget(id).await;
    log.map_err(|fault| fault.to_string())?;
    let folders = services.remove_of(id).await;
    folders.map_err(|fault| format!("its work folder: {fault}"))?;
    let noted = inner.store.left_nothing(id).await;
    noted.map_err(|fault| fault.to_string())?;
    debug!(workflow = id.0, "nothing is left of a deleted workflow");
    Ok(())
}
