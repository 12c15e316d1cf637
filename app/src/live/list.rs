//! A list in the browser: a stream says when something moves, and the list looks again; it asks every few
//! seconds as well, for what moves with the clock, and alone where the stream does not open.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use web_sys::MessageEvent;

use super::frame::{CROWDED, SNAPSHOT};
use super::source::Source;
use super::visible::on_turned_to;
use super::{Link, use_visible};
use crate::paths;

/// The frame that names a workflow which moved.
const HINT: &str = "hint";
/// However much moves, the list looks no more often than this because of it.
const AT_MOST: Duration = Duration::from_secs(1);

/// Calls `refresh` when something moves, for as long as the owner lives, and says on `link` whether it is
/// told of that.
pub fn watch(refresh: impl Fn() + 'static, link: RwSignal<Link>) {
    let visible = use_visible();
    let watcher = Rc::new(Watcher {
        refresh: Box::new(refresh),
        link,
        open: RefCell::new(None),
        is_crowded: Cell::new(false),
        moved: Cell::new(false),
        pause: Cell::new(None),
    });
    watcher.listen_for_focus();
    let signed_out = Rc::clone(&watcher);
    Effect::new(move |_| {
        // Nothing will come of it: a browser would open it again and be refused.
        if link.get() == Link::SignedOut {
            signed_out.open.replace(None);
        }
    });
    // The effects own the watcher: they end with the page.
    Effect::new(move |_| {
        watcher.is_crowded.set(false);
        watcher.open.replace(None);
        if visible.get() {
            watcher.connect();
            watcher.keep_open();
        }
    });
}

struct Watcher {
    refresh: Box<dyn Fn()>,
    link: RwSignal<Link>,
    open: RefCell<Option<Source>>,
    /// Whether the server ended the stream because other tabs have theirs.
    is_crowded: Cell<bool>,
    /// Whether something moved since the list looked.
    moved: Cell<bool>,
    /// Runs while it has just looked.
    pause: Cell<Option<TimeoutHandle>>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(pause) = self.pause.take() {
            pause.clear();
        }
    }
}

impl Watcher {
    fn connect(self: &Rc<Self>) {
        let this = Rc::downgrade(self);
        let on_frame = Closure::new(move |message: MessageEvent| {
            if let Some(watcher) = this.upgrade() {
                watcher.take(&message.type_());
            }
        });
        let link = self.link;
        let on_open = Closure::new(move || link.set(Link::Live));
        // Whoever is signed out is told so by the list itself.
        let on_error = Closure::new(move || {
            link.maybe_update(|link| {
                let is_news = *link != Link::SignedOut;
                if is_news {
                    *link = Link::Asking;
                }
                is_news
            });
        });
        let kinds = [HINT, SNAPSHOT, CROWDED];
        let source = Source::open(paths::WORKFLOWS_MOVING, kinds, on_frame, on_open, on_error);
        self.open.replace(source);
    }

    /// Takes the stream again when somebody turns to a page that made room for others.
    fn listen_for_focus(self: &Rc<Self>) {
        let this = Rc::downgrade(self);
        on_turned_to(move || {
            if let Some(watcher) = this.upgrade().filter(|one| one.is_crowded.take()) {
                // What may be left of it is closed already.
                watcher.open.replace(None);
                watcher.connect();
            }
        });
    }

    /// A browser gives a stream up that is refused: it is opened again later, unless the session is over.
    fn keep_open(self: &Rc<Self>) {
        let this = Rc::downgrade(self);
        let look = move || {
            let Some(watcher) = this.upgrade() else {
                return;
            };
            let open = watcher.open.borrow();
            let is_given_up = open.as_ref().is_none_or(Source::is_given_up);
            drop(open);
            let is_over = watcher.link.get_untracked() == Link::SignedOut;
            if is_given_up && !is_over && !watcher.is_crowded.get() {
                watcher.open.replace(None);
                watcher.connect();
            }
        };
        if let Ok(handle) = set_interval_with_handle(look, Duration::from_secs(5)) {
            on_cleanup(move || handle.clear());
        }
    }

    fn take(self: &Rc<Self>, kind: &str) {
        if kind == CROWDED {
            self.is_crowded.set(true);
            if let Some(open) = self.open.borrow().as_ref() {
                open.close();
            }
            self.link.set(Link::Asking);
            return;
        }
        self.moved.set(true);
        self.look();
    }

    /// Looks again if something moved, unless it has just looked.
    fn look(self: &Rc<Self>) {
        let pause = self.pause.take();
        if pause.is_some() {
            self.pause.set(pause);
            return;
        }
        if !self.moved.take() {
            return;
        }
        (self.refresh)();
        let this = Rc::downgrade(self);
        let later = move || {
            if let Some(watcher) = this.upgrade() {
                watcher.pause.set(None);
                watcher.look();
            }
        };
        self.pause.set(set_timeout_with_handle(later, AT_MOST).ok());
    }
}
