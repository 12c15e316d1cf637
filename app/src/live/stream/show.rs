//! Puts what came onto the page, everything that came between two paintings at once.

use std::rc::Rc;

use leptos::prelude::*;

use super::super::frame::{Folded, Frame, fold};
use super::Follower;

impl Follower {
    /// Shows the frame with everything else that comes until the browser paints.
    pub(super) fn show_soon(self: &Rc<Self>, frame: Frame) {
        let is_first = {
            let mut waiting = self.waiting.borrow_mut();
            waiting.push(frame);
            waiting.len() == 1
        };
        if is_first {
            let this = Rc::downgrade(self);
            request_animation_frame(move || {
                if let Some(follower) = this.upgrade() {
                    follower.show();
                }
            });
        }
    }

    fn show(self: &Rc<Self>) {
        let frames = self.waiting.take();
        let mut folded = Folded::Known;
        self.progress.maybe_update(|progress| {
            folded = fold(progress, frames);
            folded != Folded::Known
        });
        if folded == Folded::Hole {
            self.start_afresh();
        }
    }
}
