//! The promises of the contract in a real browser, and what the browser does beside them.

mod closing;
mod opening;
mod refusals;
mod vault;

use std::pin::pin;
use std::task::Poll;

use effigy_store::suite::Place;
use js_sys::{Function, Promise, Reflect};
use rexie::Rexie;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test_configure;

use crate::IdbStore;

wasm_bindgen_test_configure!(run_in_browser);

/// A database by its name.
struct Database(String);

impl Place for Database {
    type Store = IdbStore;

    async fn fresh(name: &str) -> Self {
        Rexie::delete(name).await.unwrap();
        Self(name.to_owned())
    }

    async fn open(&self) -> IdbStore {
        IdbStore::open(&self.0).await.unwrap().0
    }
}

effigy_store::store_suite!(Database);

/// Lets so many milliseconds pass.
async fn pause(milliseconds: u32) {
    let global = js_sys::global();
    let set_timeout: Function =
        Reflect::get(&global, &"setTimeout".into()).unwrap().dyn_into().unwrap();
    let passed = Promise::new(&mut |resolve, _| {
        set_timeout.call2(&global, &resolve, &milliseconds.into()).unwrap();
    });
    JsFuture::from(passed).await.unwrap();
}

/// Runs two futures side by side.
async fn both<F: Future>(one: F, other: F) -> (F::Output, F::Output) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut of_one, mut of_other) = (None, None);
    std::future::poll_fn(|context| {
        if of_one.is_none()
            && let Poll::Ready(output) = one.as_mut().poll(context)
        {
            of_one = Some(output);
        }
        if of_other.is_none()
            && let Poll::Ready(output) = other.as_mut().poll(context)
        {
            of_other = Some(output);
        }
        if of_one.is_some() && of_other.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    (of_one.unwrap(), of_other.unwrap())
}
