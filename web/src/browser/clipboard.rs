//! Copying and pasting text.

use leptos::prelude::window;
use wasm_bindgen_futures::JsFuture;

/// Puts a text on the clipboard. Tells whether the browser allowed it.
pub(crate) async fn copy(text: &str) -> bool {
    // Absent where the page is not secure.
    if !window().is_secure_context() {
        return false;
    }
    JsFuture::from(window().navigator().clipboard().write_text(text)).await.is_ok()
}
