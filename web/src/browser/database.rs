//! Databases as a whole: whether there can be any, which there are, and being rid of one.

use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Function, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::IdbFactory;

/// How long a database may take to vanish, in milliseconds: as long as another page uses it. Also how
/// long the browser may take to say which there are.
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

/// The names of all databases of this page. None where the browser does not tell.
pub(crate) async fn names() -> Vec<String> {
    let name = |database: JsValue| Reflect::get(&database, &"name".into()).ok()?.as_string();
    let Some(asked) = factory().and_then(|factory| ask_for_all(&factory)) else {
        return Vec::new();
    };
    match select(JsFuture::from(asked), TimeoutFuture::new(PATIENCE)).await {
        Either::Left((Ok(all), _)) if Array::is_array(&all) => {
            Array::from(&all).iter().filter_map(name).collect()
        }
        _ => Vec::new(),
    }
}

/// By reflection: not every browser has it.
fn ask_for_all(factory: &IdbFactory) -> Option<Promise> {
    let ask: Function = Reflect::get(factory, &"databases".into()).ok()?.dyn_into().ok()?;
    ask.call0(factory).ok()?.dyn_into().ok()
}

fn factory() -> Option<IdbFactory> {
    let factory = Reflect::get(&window(), &"indexedDB".into()).ok()?;
    factory.dyn_into().ok()
}
