//! Bytes in memory as an address that an image element can show.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use web_sys::{Blob, BlobPropertyBag, Url};

/// A `blob:` address. Released when dropped.
pub(crate) struct ObjectUrl {
    address: String,
}

impl ObjectUrl {
    /// Makes an address for these bytes. `None` where the browser has no room for them.
    pub(crate) fn new(bytes: &[u8], mime: &str) -> Option<Self> {
        let options = BlobPropertyBag::new();
        options.set_type(mime);
        let parts = Array::of1(&JsValue::from(Uint8Array::from(bytes)));
        let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
        Self::of(&blob)
    }

    /// Makes an address for what the browser holds.
    pub(crate) fn of(blob: &Blob) -> Option<Self> {
        Url::create_object_url_with_blob(blob).ok().map(|address| Self { address })
    }

    /// The address.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for ObjectUrl {
    fn drop(&mut self) {
        // Nothing depends on it: an address that was never revoked only costs memory.
        Url::revoke_object_url(&self.address).unwrap_or_default();
    }
}
