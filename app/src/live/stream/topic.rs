//! The log of a step as a topic of the stream: a page has one stream, which is opened anew, from where the
//! page stands, when another log is wanted.

use std::rc::Rc;

use engine::{Progress, Seq, StepIndex};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::source::Source;
use super::Follower;

impl Follower {
    /// The number of the last event that the page has.
    pub(super) fn last_event(&self) -> Seq {
        let last = |progress: &Progress| progress.summary.events;
        self.progress.with_untracked(last)
    }

    /// The log that is wanted, and the last line that the page has of it.
    pub(super) fn wanted_log(&self) -> Option<(StepIndex, u64)> {
        let wanted = self.log.wanted.get_untracked();
        wanted.map(|step| (step, self.log.last.get_untracked()))
    }

    /// Opens the stream anew whenever another log is wanted.
    pub(super) fn keep_topic(self: &Rc<Self>) {
        let follower = self.clone();
        Effect::new(move |_| {
            let wanted = follower.log.wanted.get();
            let asked = follower.asked.get().map(|(step, _)| step);
            if wanted != asked {
                follower.open_anew();
            }
        });
    }

    /// A browser that opens the stream again by itself names the last event it got, but of the log the line
    /// that the page had at first: what came since is not read again.
    pub(super) fn go_on_with_the_log(self: &Rc<Self>) {
        if self.wanted_log() == self.asked.get() {
            return;
        }
        // The stream that is calling us now is dropped only after this call.
        let this = Rc::downgrade(self);
        spawn_local(async move {
            if let Some(follower) = this.upgrade() {
                follower.open_anew();
            }
        });
    }

    /// Opens the stream from where the page stands, if it is open. The other one is closed before: a browser
    /// has few connections.
    fn open_anew(self: &Rc<Self>) {
        let open = self.open.borrow();
        let is_open = open.as_ref().is_some_and(|open| !Source::is_given_up(open));
        drop(open);
        if is_open {
            self.open.replace(None);
            self.connect(Some(self.last_event()));
        }
    }
}
