//! Where the keyboard goes on when the browser has drawn another page by itself.

use leptos::prelude::*;

/// Called by the top of every page: if what had the keyboard went with the page before, it goes on at the
/// beginning of this one, and not at the beginning of the document.
pub fn take_up_keyboard() {
    Effect::new(|done: Option<()>| {
        if done.is_none() {
            browser::take_up_keyboard();
        }
    });
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::RefCell;

    use leptos::prelude::{document, request_animation_frame, window};
    use wasm_bindgen::JsCast;
    use web_sys::{FocusOptions, HtmlElement};

    thread_local! {
        static PAGE: RefCell<Option<String>> = const { RefCell::new(None) };
    }

    pub fn take_up_keyboard() {
        let page = window().location().pathname().ok();
        let before = PAGE.replace(page.clone());
        // The browser itself has begun with the first page, and a page that is drawn again is no
        // other one.
        if before.is_none() || before == page {
            return;
        }
        request_animation_frame(|| {
            let is_lost = document()
                .active_element()
                .is_none_or(|element| element.tag_name() == "BODY");
            let main = document().get_element_by_id("main");
            let main = main.and_then(|main| main.dyn_into::<HtmlElement>().ok());
            if let Some(main) = main.filter(|_| is_lost) {
                let options = FocusOptions::new();
                options.set_prevent_scroll(true);
                // Nothing is lost when the browser refuses.
                let _ = main.focus_with_options(&options);
            }
        });
    }
}

#[cfg(not(feature = "hydrate"))]
mod browser {
    /// See the browser's.
    pub fn take_up_keyboard() {}
}
