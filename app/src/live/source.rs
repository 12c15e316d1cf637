//! An open stream of events with the functions it calls, which live as long as it does.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{EventSource, MessageEvent};

/// The stream; dropped, it is closed.
pub(super) struct Source {
    source: EventSource,
    _on_frame: Closure<dyn Fn(MessageEvent)>,
    _on_open: Closure<dyn Fn()>,
    _on_error: Closure<dyn Fn()>,
}

impl Drop for Source {
    fn drop(&mut self) {
        self.source.set_onopen(None);
        self.source.set_onerror(None);
        self.close();
    }
}

impl Source {
    /// Opens it; nothing when the browser refuses the address.
    pub(super) fn open(
        url: &str,
        kinds: impl IntoIterator<Item = &'static str>,
        on_frame: Closure<dyn Fn(MessageEvent)>,
        on_open: Closure<dyn Fn()>,
        on_error: Closure<dyn Fn()>,
    ) -> Option<Self> {
        let source = EventSource::new(url).ok()?;
        for kind in kinds {
            let function = on_frame.as_ref().unchecked_ref();
            // Fails only for a name that is no text.
            let _ = source.add_event_listener_with_callback(kind, function);
        }
        source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Some(Self {
            source,
            _on_frame: on_frame,
            _on_open: on_open,
            _on_error: on_error,
        })
    }

    /// Closes it at once: a browser opens one that only ended again by itself.
    pub(super) fn close(&self) {
        self.source.close();
    }

    /// Whether the browser does not open it again by itself.
    pub(super) fn is_given_up(&self) -> bool {
        self.source.ready_state() == EventSource::CLOSED
    }
}
