//! The address in the browser's bar. On the server there is none, and nothing happens.

/// Puts another address of this page there, without loading anything.
#[cfg(feature = "hydrate")]
pub fn show(path: &str) {
    if let Ok(history) = leptos::prelude::window().history() {
        let state = history.state().unwrap_or(wasm_bindgen::JsValue::NULL);
        // The page works under its old address too.
        let _ = history.replace_state_with_url(&state, "", Some(path));
    }
}

/// See the browser's.
#[cfg(not(feature = "hydrate"))]
pub fn show(_: &str) {}
