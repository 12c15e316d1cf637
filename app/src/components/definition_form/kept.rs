//! Drafts that are not saved yet, kept in the tab: what stands in the form, and beside it those that
//! were offered and not answered, or put aside for another. On the server each of these does nothing.

use engine::draft::DefinitionDraft;
use serde::{Deserialize, Serialize};

/// A draft that is not saved yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What was typed.
    pub draft: DefinitionDraft,
    /// The version it is based on.
    pub base: Option<u32>,
}

#[cfg(feature = "hydrate")]
pub use real::*;
#[cfg(not(feature = "hydrate"))]
pub use without::*;

#[cfg(feature = "hydrate")]
mod real {
    use leptos::prelude::window;
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use web_sys::Storage;

    use super::super::browser::stop_waiting;
    use super::Kept;

    /// So many drafts are kept aside for one page; the oldest goes when another comes.
    const ASIDE_MOST: usize = 5;

    fn storage() -> Option<Storage> {
        window().session_storage().ok()?
    }

    fn key(path: &str) -> String {
        format!("draft of {path}")
    }

    fn key_aside(path: &str) -> String {
        format!("earlier drafts of {path}")
    }

    fn read<T: DeserializeOwned>(key: &str) -> Option<T> {
        let text = storage()?.get_item(key).ok()??;
        serde_json::from_str(&text).ok()
    }

    fn write(key: &str, value: &impl Serialize) {
        if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(value)) {
            // A full or forbidden storage only means that there is no second copy.
            let _ = storage.set_item(key, &text);
        }
    }

    fn remove(key: &str) {
        if let Some(storage) = storage() {
            // See `write`.
            let _ = storage.remove_item(key);
        }
    }

    /// Keeps what stands in the form.
    pub fn keep(path: &str, kept: &Kept) {
        write(&key(path), kept);
    }

    /// What stood in the form.
    pub fn kept(path: &str) -> Option<Kept> {
        read(&key(path))
    }

    /// Drops what stood in the form: it is saved, or not wanted.
    pub fn forget(path: &str) {
        stop_waiting();
        remove(&key(path));
    }

    /// Keeps a draft beside the one in the form.
    pub fn put_aside(path: &str, kept: &Kept) {
        let mut aside = aside(path);
        aside.retain(|other| other != kept);
        aside.push(kept.clone());
        let oldest = aside.len().saturating_sub(ASIDE_MOST);
        write(&key_aside(path), &aside.split_off(oldest));
    }

    /// Drops a draft that was kept beside the one in the form.
    pub fn drop_aside(path: &str, kept: &Kept) {
        let mut aside = aside(path);
        aside.retain(|other| other != kept);
        if aside.is_empty() {
            remove(&key_aside(path));
        } else {
            write(&key_aside(path), &aside);
        }
    }

    /// What is kept beside the draft in the form, oldest first.
    pub fn aside(path: &str) -> Vec<Kept> {
        read(&key_aside(path)).unwrap_or_default()
    }
}

#[cfg(not(feature = "hydrate"))]
mod without {
    use super::Kept;

    /// See the browser's.
    pub fn keep(_: &str, _: &Kept) {}

    /// See the browser's.
    pub fn kept(_: &str) -> Option<Kept> {
        None
    }

    /// See the browser's.
    pub fn forget(_: &str) {}

    /// See the browser's.
    pub fn put_aside(_: &str, _: &Kept) {}

    /// See the browser's.
    pub fn drop_aside(_: &str, _: &Kept) {}

    /// See the browser's.
    pub fn aside(_: &str) -> Vec<Kept> {
        Vec::new()
    }
}
