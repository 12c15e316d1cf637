//! The browser's entry: takes over the page that the server has drawn.

// The type of a page is as deep as its tree of elements, and layouts are computed over all of it.
#![recursion_limit = "512"]

use leptos::prelude::document;
use wasm_bindgen::prelude::wasm_bindgen;

/// Makes the drawn page live. Called once by the script that loads this module.
///
/// When it returns, `<body>` carries `data-hydrated="true"`: from then on every handler is
/// attached, which is what the end-to-end tests wait for before they touch anything.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
    if let Some(body) = document().body() {
        // Setting an attribute with a fixed, valid name cannot fail; there is nobody to tell.
        let _ = body.set_attribute("data-hydrated", "true");
    }
}
