//! The worker's end: takes one job after the other, in the order in which they come.

use std::cell::RefCell;

use effigy_proto::Message;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::job::Job;
use crate::listen::Listener;

thread_local! {
    /// Keeps the worker listening for as long as it lives.
    static LISTENER: RefCell<Option<Listener>> = const { RefCell::new(None) };
}

/// Whether this is the inside of a worker.
pub fn is_worker() -> bool {
    scope().is_some()
}

/// Does jobs from now on, and says so to the page: what was posted before would be lost.
///
/// Something that cannot be done at all is a mistake in the app. It ends the worker, which the page
/// notices.
pub fn serve() {
    let Some(scope) = scope() else { return };
    let page = scope.clone();
    let listener = Listener::new(&scope, "message", move |event| {
        let event: MessageEvent = event.unchecked_into();
        if let Some(job) = Job::from_wire(&event.data()) {
            answer(&page, &work(&job));
        }
    });
    LISTENER.with_borrow_mut(|kept| *kept = Some(listener));
    // Only an object that cannot be copied makes this fail.
    let _ = scope.post_message(&JsValue::NULL);
}

fn work(job: &Job) -> Vec<u8> {
    match job {
        Job::Frame(text) => Message::check_text(&String::from(text)),
    }
}

/// Gives the bytes away: they are not copied once more.
fn answer(page: &DedicatedWorkerGlobalScope, bytes: &[u8]) {
    let buffer = Uint8Array::from(bytes).buffer();
    let _ = page.post_message_with_transfer(&buffer, &Array::of1(&buffer));
}

fn scope() -> Option<DedicatedWorkerGlobalScope> {
    js_sys::global().dyn_into().ok()
}
