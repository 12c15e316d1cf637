//! Puts what came onto the page, everything that came between two paintings at once.

use std::mem::take;
use std::rc::Rc;

use leptos::prelude::*;

use super::super::frame::{Folded, Frame, Lines, fold};
use super::Follower;

/// What came and is not shown yet.
#[derive(Default)]
pub(super) struct Waiting {
    frames: Vec<Frame>,
    lines: Vec<Lines>,
    /// Whether it will be shown by itself.
    is_due: bool,
}

impl Follower {
    /// Shows the frame with everything else that comes until the browser paints.
    pub(super) fn show_soon(self: &Rc<Self>, frame: Frame) {
        self.waiting.borrow_mut().frames.push(frame);
        self.show_with_the_next();
    }

    /// The same for lines of the log.
    pub(super) fn show_lines_soon(self: &Rc<Self>, lines: Lines) {
        self.waiting.borrow_mut().lines.push(lines);
        self.show_with_the_next();
    }

    fn show_with_the_next(self: &Rc<Self>) {
        let was_due = std::mem::replace(&mut self.waiting.borrow_mut().is_due, true);
        if !was_due {
            let this = Rc::downgrade(self);
            request_animation_frame(move || {
                if let Some(follower) = this.upgrade() {
                    follower.show();
                }
            });
        }
    }

    fn show(self: &Rc<Self>) {
        let Waiting { frames, lines, .. } = take(&mut *self.waiting.borrow_mut());
        let mut folded = Folded::Known;
        self.progress.maybe_update(|progress| {
            folded = fold(progress, frames);
            folded != Folded::Known
        });
        self.show_lines(lines);
        if folded == Folded::Hole {
            self.start_afresh();
        }
    }

    /// Lines that came in many frames are added at once: each time the whole log is compared.
    fn show_lines(&self, frames: Vec<Lines>) {
        let mut together: Option<Lines> = None;
        for frame in frames {
            match &mut together {
                Some(lines) if lines.task == frame.task => lines.lines.extend(frame.lines),
                _ => {
                    if let Some(before) = together.replace(frame) {
                        self.log.take.run((before.task, before.lines));
                    }
                }
            }
        }
        if let Some(Lines { task, lines }) = together {
            self.log.take.run((task, lines));
        }
    }
}
