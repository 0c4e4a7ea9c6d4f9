//! Handing a link to another app of the device.

use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// The browser's own function for it, where it has one.
fn function() -> Option<Function> {
    Reflect::get(&window().navigator(), &JsValue::from_str("share")).ok()?.dyn_into().ok()
}

/// Whether this browser can hand on links.
pub(crate) fn is_there() -> bool {
    function().is_some()
}

/// Lets the person choose where a link goes. Tells whether it went anywhere.
pub(crate) async fn share(title: &str, link: &str) -> bool {
    let Some(function) = function() else { return false };
    let data = Object::new();
    for (key, value) in [("title", title), ("url", link)] {
        Reflect::set(&data, &JsValue::from_str(key), &JsValue::from_str(value)).unwrap_or(false);
    }
    let Ok(answer) = function.call1(&window().navigator(), &data) else { return false };
    match answer.dyn_into::<Promise>() {
        Ok(promise) => JsFuture::from(promise).await.is_ok(),
        Err(_) => false,
    }
}
