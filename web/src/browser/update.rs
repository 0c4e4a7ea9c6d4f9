//! A newer version of the app that waits for the person's word. `static/boot.js` looks after it.

use js_sys::{Function, Reflect};
use leptos::ev::Custom;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};

use super::page::listen;
use super::{player, version};

/// Whether the page can be loaded again now: because the app lies on this device, or because whoever
/// serves it is reached.
pub(crate) async fn can_load_again() -> bool {
    player::is_ready() || version::fetch().await.is_some()
}

/// Whether a newer version waits already.
pub(crate) fn waits() -> bool {
    Reflect::get(&window(), &JsValue::from_str("effigyUpdateWaiting"))
        .is_ok_and(|waits| waits.is_truthy())
}

/// Calls when a newer version begins to wait, for as long as the caller's scope lives.
pub(crate) fn on_waiting(act: impl Fn() + 'static) {
    listen(Custom::<web_sys::Event>::new("effigy-update"), move |_| act());
}

/// Switches to the newer version; the page reloads.
pub(crate) fn apply() {
    let apply = Reflect::get(&window(), &JsValue::from_str("effigyApplyUpdate"));
    if let Some(apply) = apply.ok().and_then(|apply| apply.dyn_into::<Function>().ok()) {
        apply.call0(&JsValue::NULL).map(drop).unwrap_or_default();
    }
}
