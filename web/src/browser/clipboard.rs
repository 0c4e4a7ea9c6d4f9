//! Copying and pasting text.

use js_sys::Reflect;
use leptos::prelude::window;
use wasm_bindgen_futures::JsFuture;

/// Puts a text on the clipboard. Tells whether the browser allowed it.
pub(crate) async fn copy(text: &str) -> bool {
    // Absent where the page is not secure, and where a person or a policy took it away.
    let navigator = window().navigator();
    let there = Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|found| found.is_object());
    there && JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}
