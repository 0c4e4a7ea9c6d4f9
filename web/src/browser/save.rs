//! Bytes that come piece by piece, as a file that the browser saves.

use js_sys::{Array, Uint8Array};
use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlElement};

use super::object_url::ObjectUrl;

/// The pieces so far. Each is handed to the browser, which need not keep it in memory.
pub(crate) struct Gathered {
    parts: Array,
}

impl Gathered {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { parts: Array::new() }
    }

    /// One more. Tells whether the browser had room for it.
    pub(crate) fn add(&self, bytes: &[u8]) -> bool {
        let part = Array::of1(&JsValue::from(Uint8Array::from(bytes)));
        let Ok(blob) = Blob::new_with_u8_array_sequence(&part) else { return false };
        self.parts.push(&blob);
        true
    }

    /// Saves all of it under a name, never as something that the browser would show. The address has to
    /// live until that has begun.
    pub(crate) fn save(&self, name: &str) -> Option<ObjectUrl> {
        let options = BlobPropertyBag::new();
        options.set_type("application/octet-stream");
        let blob = Blob::new_with_blob_sequence_and_options(&self.parts, &options).ok()?;
        let url = ObjectUrl::of(&blob)?;
        let link: HtmlElement = document().create_element("a").ok()?.dyn_into().ok()?;
        link.set_attribute("href", url.address()).ok()?;
        link.set_attribute("download", name).ok()?;
        link.click();
        Some(url)
    }
}
