//! The stream in the browser: opened when the page is shown, closed when it is hidden, opened
//! again where it broke, and opened anew when the log of another step is wanted with it.

mod ask;
mod show;
mod topic;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use engine::{Event, Progress, Seq, StepIndex, WorkflowId};
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use web_sys::MessageEvent;

use self::show::Waiting;
use super::frame::{CROWDED, GONE, LOG, RESET, SNAPSHOT, read, read_lines};
use super::source::Source;
use super::visible::on_turned_to;
use super::{Link, LogTopic, use_visible};
use crate::paths;

/// Waits before the stream is opened again, in seconds; the last one repeats.
const WAITS: [u64; 5] = [1, 2, 4, 8, 15];
/// After so many errors in a row the page asks without the stream, to know whether it is offline.
const PATIENCE: usize = 3;
/// How long a tab has to be hidden before its stream is closed.
const HIDDEN_FOR: Duration = Duration::from_secs(1);

/// Follows the workflow, and the log that is wanted, for as long as the owner lives.
pub fn follow(
    id: WorkflowId,
    progress: RwSignal<Progress>,
    log: LogTopic,
    set_link: WriteSignal<Link>,
) {
    let visible = use_visible();
    let follower = Rc::new(Follower::new(id, progress, log, set_link));
    follower.listen_for_network();
    follower.listen_for_focus();
    follower.keep_topic();
    // The effects own the follower: all of them end with the page.
    Effect::new(move |_| {
        if visible.get() {
            follower.resume();
        } else {
            follower.close_soon();
        }
    });
}

/// One page's stream with everything that has to be dropped together.
struct Follower {
    id: WorkflowId,
    progress: RwSignal<Progress>,
    log: LogTopic,
    set_link: WriteSignal<Link>,
    open: RefCell<Option<Source>>,
    /// The log that the open stream was asked for, and the last line that the page had then.
    asked: Cell<Option<(StepIndex, u64)>>,
    waiting: RefCell<Waiting>,
    /// A reopening or closing that is due later.
    later: Cell<Option<TimeoutHandle>>,
    /// How often opening failed in a row.
    failures: Cell<usize>,
    /// Whether the server ended the stream because other tabs have theirs. The page asks until it
    /// is looked at again.
    is_crowded: Cell<bool>,
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.forget_later();
    }
}

impl Follower {
    fn new(
        id: WorkflowId,
        progress: RwSignal<Progress>,
        log: LogTopic,
        set_link: WriteSignal<Link>,
    ) -> Self {
        Self {
            id,
            progress,
            log,
            set_link,
            open: RefCell::new(None),
            asked: Cell::new(None),
            waiting: RefCell::default(),
            later: Cell::new(None),
            failures: Cell::new(0),
            is_crowded: Cell::new(false),
        }
    }

    /// Opens the stream where the page stands, unless it is open.
    fn resume(self: &Rc<Self>) {
        self.forget_later();
        if self.is_crowded.take() {
            // What may be left of it is closed already.
            self.open.replace(None);
        }
        if self.open.borrow().is_none() {
            self.connect(Some(self.last_event()));
        }
    }

    /// Closes the stream unless the tab is shown again at once: other tabs need the connection.
    fn close_soon(self: &Rc<Self>) {
        let this = Rc::downgrade(self);
        self.do_later(HIDDEN_FOR, move || {
            if let Some(follower) = this.upgrade() {
                follower.open.replace(None);
            }
        });
    }

    /// Opens the stream after this event, or with a snapshot.
    fn connect(self: &Rc<Self>, after: Option<Seq>) {
        let kinds = Event::KINDS.into_iter();
        let kinds = kinds.chain([SNAPSHOT, RESET, CROWDED, GONE, LOG]);
        let log = self.wanted_log();
        self.asked.set(log);
        let url = paths::workflow_events(self.id, after, log);
        let (on_frame, on_open, on_error) = (self.on_frame(), self.on_open(), self.on_error());
        if let Some(source) = Source::open(&url, kinds, on_frame, on_open, on_error) {
            self.open.replace(Some(source));
        }
    }

    /// Each frame is read the moment it comes and kept until the browser paints: a signal that
    /// holds "the last frame" would lose one of two that come together, and to draw each of
    /// thousands by itself would stop the page.
    fn on_frame(self: &Rc<Self>) -> Closure<dyn Fn(MessageEvent)> {
        let this = Rc::downgrade(self);
        Closure::new(move |message: MessageEvent| {
            let (Some(follower), Some(data)) = (this.upgrade(), message.data().as_string()) else {
                return;
            };
            let kind = message.type_();
            if kind == CROWDED {
                follower.make_room();
                return;
            }
            if kind == GONE {
                follower.leave();
                return;
            }
            if kind == LOG {
                if let Some(lines) = read_lines(&data) {
                    follower.show_lines_soon(lines);
                }
            } else if let Some(frame) = read(&kind, &data) {
                follower.show_soon(frame);
            }
        })
    }

    /// Without a number the stream begins with a snapshot. The stream that is calling us now is
    /// dropped only after this call, because its functions cannot drop themselves.
    fn start_afresh(self: &Rc<Self>) {
        let this = Rc::downgrade(self);
        self.do_later(Duration::ZERO, move || {
            if let Some(follower) = this.upgrade() {
                follower.open.replace(None);
                follower.connect(None);
            }
        });
    }

    /// Leaves the connection to the other tabs; the page asks instead.
    fn make_room(self: &Rc<Self>) {
        self.is_crowded.set(true);
        if let Some(open) = self.open.borrow().as_ref() {
            open.close();
        }
        self.set_link.set(Link::Asking);
        let this = Rc::downgrade(self);
        self.do_later(Duration::ZERO, move || {
            if let Some(follower) = this.upgrade() {
                follower.open.replace(None);
                follower.ask();
            }
        });
    }

    /// Nothing will come any more: the workflow was deleted.
    fn leave(&self) {
        self.forget_later();
        // The stream that is calling us now cannot drop itself.
        if let Some(open) = self.open.borrow().as_ref() {
            open.close();
        }
        self.set_link.set(Link::Gone);
    }

    fn on_open(self: &Rc<Self>) -> Closure<dyn Fn()> {
        let this = Rc::downgrade(self);
        let was_open = Cell::new(false);
        Closure::new(move || {
            if let Some(follower) = this.upgrade() {
                follower.failures.set(0);
                follower.say_live();
                if was_open.replace(true) {
                    follower.go_on_with_the_log();
                }
            }
        })
    }

    fn on_error(self: &Rc<Self>) -> Closure<dyn Fn()> {
        let this = Rc::downgrade(self);
        Closure::new(move || {
            let Some(follower) = this.upgrade() else {
                return;
            };
            let open = follower.open.borrow();
            let is_given_up = open.as_ref().is_none_or(Source::is_given_up);
            drop(open);
            if is_given_up {
                follower.try_again();
            } else {
                // The browser opens it again by itself and names the last event it got.
                follower.say_reconnecting();
                let failures = follower.failures.get() + 1;
                follower.failures.set(failures);
                if failures >= PATIENCE {
                    follower.ask();
                }
            }
        })
    }

    /// The browser gave up: wait, ask for the present state, open the stream again.
    fn try_again(self: &Rc<Self>) {
        let failures = self.failures.get();
        self.failures.set(failures + 1);
        self.say_reconnecting();
        let wait = WAITS[failures.min(WAITS.len() - 1)];
        let this = Rc::downgrade(self);
        self.do_later(Duration::from_secs(wait), move || {
            if let Some(follower) = this.upgrade() {
                follower.open.replace(None);
                follower.ask();
                follower.resume();
            }
        });
    }

    fn say_live(&self) {
        self.set_link.maybe_update(|link| {
            let was_live = std::mem::replace(link, Link::Live) == Link::Live;
            !was_live
        });
    }

    /// Says that the stream broke, unless something worse is said already.
    fn say_reconnecting(&self) {
        self.set_link.maybe_update(|link| {
            let is_news = matches!(link, Link::Snapshot | Link::Live);
            if is_news {
                *link = Link::Reconnecting;
            }
            is_news
        });
    }

    /// Opens the stream at once when the network comes back.
    fn listen_for_network(self: &Rc<Self>) {
        let this = Rc::downgrade(self);
        let handle = window_event_listener_untyped("online", move |_| {
            let Some(follower) = this.upgrade() else {
                return;
            };
            follower.failures.set(0);
            if follower.is_crowded.get() {
                follower.ask();
            } else {
                follower.open.replace(None);
                follower.resume();
            }
        });
        on_cleanup(move || handle.remove());
    }

    /// Takes the stream again when somebody turns to a page that made room for others.
    fn listen_for_focus(self: &Rc<Self>) {
        let this = Rc::downgrade(self);
        on_turned_to(move || {
            if let Some(follower) = this.upgrade().filter(|one| one.is_crowded.get()) {
                follower.resume();
            }
        });
    }

    fn do_later(&self, wait: Duration, action: impl FnOnce() + 'static) {
        self.forget_later();
        self.later.set(set_timeout_with_handle(action, wait).ok());
    }

    fn forget_later(&self) {
        if let Some(handle) = self.later.take() {
            handle.clear();
        }
    }
}
