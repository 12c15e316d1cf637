//! Asking once, without the stream.

use std::rc::Rc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Follower;
use crate::api::ApiError;
use crate::api::workflows::read_progress;
use crate::live::Link;

impl Follower {
    /// Asks for the present state without the stream, which also tells why it does not open.
    pub(super) fn ask(self: &Rc<Self>) {
        let this = Rc::downgrade(self);
        let id = self.id;
        spawn_local(async move {
            let answer = read_progress(id).await;
            let Some(follower) = this.upgrade() else {
                return;
            };
            match answer {
                Ok(found) => {
                    follower.progress.maybe_update(|progress| {
                        let found = found.instead_of(progress);
                        let news = found.filter(|found| found != progress);
                        let is_newer = news.is_some();
                        if let Some(news) = news {
                            *progress = news;
                        }
                        is_newer
                    });
                    follower.set_link.maybe_update(|link| {
                        let is_live = *link == Link::Live;
                        if !is_live {
                            *link = Link::Asking;
                        }
                        !is_live
                    });
                }
                // Nothing will come until somebody signs in, on a new page.
                Err(ApiError::SignedOut) => follower.give_up(Link::SignedOut),
                Err(ApiError::NotFound { .. }) => follower.give_up(Link::Gone),
                Err(_) => follower.set_link.set(Link::Offline(follower.last_heard())),
            }
        });
    }

    /// Opens nothing any more, until somebody comes back to the tab.
    fn give_up(&self, why: Link) {
        self.forget_later();
        self.open.replace(None);
        self.set_link.set(why);
    }

    /// When the page last learnt something.
    fn last_heard(&self) -> engine::Timestamp {
        self.progress.with_untracked(|progress| {
            let times = progress
                .tasks
                .iter()
                .flat_map(|task| [task.started_at, task.ended_at]);
            let summary = &progress.summary;
            let all = times.chain([summary.started_at, summary.completed_at]);
            all.flatten().max().unwrap_or_default()
        })
    }
}
