//! Databases as a whole: whether there can be any, and being rid of one.

use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::IdbFactory;

/// How long a database may take to vanish, in milliseconds: as long as another page uses it.
const PATIENCE: u32 = 5_000;

/// Whether this browser keeps databases at all.
pub(crate) fn is_there() -> bool {
    factory().is_some()
}

/// Deletes a database. Tells whether it is gone.
pub(crate) async fn delete(name: &str) -> bool {
    let Some(request) = factory().and_then(|factory| factory.delete_database(name).ok()) else {
        return false;
    };
    let deleted = Promise::new(&mut |resolve: Function, reject: Function| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    let outcome = select(JsFuture::from(deleted), TimeoutFuture::new(PATIENCE)).await;
    matches!(outcome, Either::Left((Ok(_), _)))
}

fn factory() -> Option<IdbFactory> {
    let factory = Reflect::get(&window(), &"indexedDB".into()).ok()?;
    factory.dyn_into().ok()
}
