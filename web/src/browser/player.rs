//! Videos that play while they arrive: the element asks the service worker, that asks this page.

use std::future::Future;

use effigy_proto::{ContentKind, Named};
use js_sys::{Function, Promise, Reflect, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::future_to_promise;

/// What `static/boot.js` calls for each piece.
const NAME: &str = "effigyContent";

/// Answers the service worker for as long as it lives.
pub(crate) struct Answering {
    _answer: Closure<dyn Fn(f64, f64) -> Promise>,
}

impl Answering {
    /// Answers with what this gives for a number and a byte. `None` where the browser refuses.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, positive")]
    pub(crate) fn begin<F>(read: impl Fn(u64, u64) -> F + 'static) -> Option<Self>
    where
        F: Future<Output = Option<Vec<u8>>> + 'static,
    {
        let answer = Closure::<dyn Fn(f64, f64) -> Promise>::new(move |number: f64, from: f64| {
            let bytes = read(number as u64, from as u64);
            future_to_promise(async move {
                Ok(bytes.await.map_or(JsValue::NULL, |bytes| Uint8Array::from(&bytes[..]).into()))
            })
        });
        let function: &Function = answer.as_ref().unchecked_ref();
        Reflect::set(&window(), &JsValue::from_str(NAME), function).ok()?;
        Some(Self { _answer: answer })
    }
}

/// Whether a service worker is there that plays.
pub(crate) fn is_ready() -> bool {
    let get = |of: &JsValue, name: &str| Reflect::get(of, &JsValue::from_str(name)).ok();
    let container = get(&window().navigator(), "serviceWorker").filter(JsValue::is_object);
    container
        .and_then(|container| get(&container, "controller"))
        .is_some_and(|found| found.is_object())
}

/// The address of a video, of which the service worker takes the number, the size and the kind.
pub(crate) fn address(number: u64, named: &Named) -> String {
    let kind = match named.kind {
        ContentKind::Video(kind) => kind.mime(),
        ContentKind::File | ContentKind::Picture => "application/octet-stream",
    };
    format!("/content/{number}/{}/{kind}", named.size)
}
