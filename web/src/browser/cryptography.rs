//! Whether this page may encrypt.

use js_sys::Reflect;
use leptos::prelude::window;
use wasm_bindgen::JsValue;

/// Whether the browser lets this page encrypt, and why not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cryptography {
    /// The page was not loaded over HTTPS.
    Insecure,
    /// The browser has none, or not enough.
    Missing,
    /// It does.
    There,
}

/// Looks for what keys are made of and kept with.
pub(crate) fn cryptography() -> Cryptography {
    let get = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok();
    let crypto = get(&window(), "crypto").filter(JsValue::is_object);
    let has = |name: &str| {
        let member = crypto.as_ref().and_then(|crypto| get(crypto, name));
        member.is_some_and(|member| member.is_object() || member.is_function())
    };
    if has("subtle") && has("getRandomValues") {
        Cryptography::There
    } else if window().is_secure_context() {
        Cryptography::Missing
    } else {
        Cryptography::Insecure
    }
}
