//! What the builder needs of the browser. On the server each of these does nothing: they are called
//! by handlers and effects only, which never run there.

/// One change of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// The field's name.
    pub name: String,
    /// Its value; of a check box that is no choice, `on` or `off`.
    pub value: String,
    /// Whether a check box is ticked.
    pub on: bool,
}

#[cfg(feature = "hydrate")]
pub use real::*;
#[cfg(not(feature = "hydrate"))]
pub use without::*;

#[cfg(feature = "hydrate")]
mod real {
    use std::cell::RefCell;
    use std::time::Duration;

    use engine::draft::form::names;
    use leptos::leptos_dom::helpers::TimeoutHandle;
    use leptos::prelude::{document, request_animation_frame, set_timeout_with_handle};
    use wasm_bindgen::JsCast;
    use web_sys::{
        Element, Event, HtmlButtonElement, HtmlElement, HtmlInputElement, HtmlSelectElement,
        HtmlTextAreaElement, SubmitEvent,
    };

    use super::Typed;

    /// How long one stops typing before anything is done about it.
    const PAUSE: Duration = Duration::from_millis(400);

    thread_local! {
        static WAITING: RefCell<Option<TimeoutHandle>> = const { RefCell::new(None) };
    }

    /// The button a form was sent with: its value, and the id it wants focused afterwards.
    pub fn pressed(event: &SubmitEvent) -> (String, Option<String>) {
        let button = event
            .submitter()
            .and_then(|element| element.dyn_into::<HtmlButtonElement>().ok());
        let Some(button) = button else {
            return (String::new(), None);
        };
        (button.value(), button.get_attribute("data-focus"))
    }

    /// The field an event is about.
    pub fn typed(event: &Event) -> Option<Typed> {
        read(&event.target()?.dyn_into::<Element>().ok()?)
    }

    fn read(element: &Element) -> Option<Typed> {
        if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
            let on = input.checked();
            let is_box = input.type_() == "checkbox";
            let is_hidden = input.type_() == "hidden";
            let value = match (is_box && input.name() != names::STEP_AFTER, on) {
                (true, true) => "on".to_owned(),
                (true, false) => "off".to_owned(),
                (false, _) => input.value(),
            };
            let name = input.name();
            return (!is_hidden).then_some(Typed { name, value, on });
        }
        let (name, value) = if let Some(select) = element.dyn_ref::<HtmlSelectElement>() {
            (select.name(), select.value())
        } else {
            let area = element.dyn_ref::<HtmlTextAreaElement>()?;
            (area.name(), area.value())
        };
        let on = false;
        Some(Typed { name, value, on })
    }

    /// What stands in the fields of a form that the server drew, once: it may have been typed
    /// before the page came alive. A form that is already alive gives nothing.
    pub fn typed_before(form_id: &str) -> Vec<(String, String)> {
        let Some(form) = document().get_element_by_id(form_id) else {
            return Vec::new();
        };
        if form.has_attribute("data-alive") {
            return Vec::new();
        }
        let Ok(fields) = form.query_selector_all("[name]") else {
            return Vec::new();
        };
        let mut pairs = Vec::new();
        for index in 0..fields.length() {
            let element = fields.item(index).and_then(|node| node.dyn_into().ok());
            let Some(typed) = element.as_ref().and_then(read) else {
                continue;
            };
            if typed.name != names::STEP_AFTER || typed.on {
                pairs.push((typed.name, typed.value));
            }
        }
        let boxes = form.query_selector(&format!("[name='{}']", names::STEP_AFTER_SHOWN));
        if matches!(boxes, Ok(Some(_))) {
            pairs.push((names::STEP_AFTER_SHOWN.to_owned(), "1".to_owned()));
        }
        pairs
    }

    /// Marks a form as alive: from now on its state is ours, not what stands in its fields. One
    /// that the browser draws itself is in the page only by the next frame.
    pub fn mark_alive(form_id: &'static str) {
        if !try_mark_alive(form_id) {
            request_animation_frame(move || {
                try_mark_alive(form_id);
            });
        }
    }

    fn try_mark_alive(form_id: &str) -> bool {
        let form = document().get_element_by_id(form_id);
        // Setting an attribute with a fixed, valid name cannot fail.
        form.is_some_and(|form| form.set_attribute("data-alive", "true").is_ok())
    }

    /// The step that a press in the dependency picture is about: its links lead to `#step-3`.
    pub fn step_of_link(event: &Event) -> Option<usize> {
        let element = event.target()?.dyn_into::<Element>().ok()?;
        let link = element.closest("a").ok()??;
        link.get_attribute("href")?
            .strip_prefix("#step-")?
            .parse()
            .ok()
    }

    /// Focuses an element once the page is drawn.
    pub fn focus_soon(id: String) {
        request_animation_frame(move || {
            let element = document().get_element_by_id(&id);
            if let Some(element) = element.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
                // Nothing is lost when the browser refuses.
                let _ = element.focus();
            }
        });
    }

    /// Focuses a field once the page is drawn, with all of its text selected: typing replaces it.
    pub fn select_soon(id: String) {
        request_animation_frame(move || {
            let field = document().get_element_by_id(&id);
            if let Some(field) = field.and_then(|e| e.dyn_into::<HtmlInputElement>().ok()) {
                // Nothing is lost when the browser refuses.
                let _ = field.focus();
                field.select();
            }
        });
    }

    /// Does something after a pause in typing.
    pub fn after_a_pause(act: impl FnOnce() + 'static) {
        WAITING.with_borrow_mut(|waiting| {
            if let Some(handle) = waiting.take() {
                handle.clear();
            }
            let act = || {
                WAITING.take();
                act();
            };
            *waiting = set_timeout_with_handle(act, PAUSE).ok();
        });
    }

    /// Does nothing after the present pause; says whether something was to be done.
    pub fn stop_waiting() -> bool {
        let waiting = WAITING.with_borrow_mut(Option::take);
        waiting.map(|handle| handle.clear()).is_some()
    }
}

#[cfg(not(feature = "hydrate"))]
mod without {
    use leptos::web_sys::{Event, SubmitEvent};

    use super::Typed;

    /// See the browser's.
    pub fn pressed(_: &SubmitEvent) -> (String, Option<String>) {
        (String::new(), None)
    }

    /// See the browser's.
    pub fn typed(_: &Event) -> Option<Typed> {
        None
    }

    /// See the browser's.
    pub fn typed_before(_: &str) -> Vec<(String, String)> {
        Vec::new()
    }

    /// See the browser's.
    pub fn mark_alive(_: &str) {}

    /// See the browser's.
    pub fn step_of_link(_: &Event) -> Option<usize> {
        None
    }

    /// See the browser's.
    pub fn focus_soon(_: String) {}

    /// See the browser's.
    pub fn select_soon(_: String) {}

    /// See the browser's.
    pub fn after_a_pause(_: impl FnOnce() + 'static) {}

    /// See the browser's.
    pub fn stop_waiting() -> bool {
        false
    }
}
