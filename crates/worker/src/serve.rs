//! The worker's end: begins each job as it comes, and answers under its number.

use std::cell::RefCell;

use effigy_proto::Message;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, DedicatedWorkerGlobalScope, MessageEvent};

use crate::job::{Job, NO_MEMORY};
use crate::listen::Listener;
use crate::picture::{self, Canvas, PictureFault, Use};

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
        match Job::from_wire(&event.data()) {
            Some((number, Job::Frame(text))) => {
                answer(&page, number, &Message::check_text(&String::from(text)));
            }
            Some((number, Job::Picture(file, purpose))) => {
                draw(page.clone(), number, file, purpose)
            }
            Some((number, Job::Stretch(passphrase))) => {
                let made = passphrase.stretch();
                passphrase.wipe();
                let key = made.as_ref().map_or(NO_MEMORY, |key| key.bytes().as_slice());
                answer(&page, number, key);
            }
            None => (),
        }
    });
    LISTENER.with_borrow_mut(|kept| *kept = Some(listener));
    // Only an object that cannot be copied makes this fail.
    let _ = scope.post_message(&JsValue::NULL);
}

/// Makes a picture, while other jobs go on.
#[expect(clippy::disallowed_methods, reason = "a worker has nobody else who could wait for it")]
fn draw(page: DedicatedWorkerGlobalScope, number: u32, file: Blob, purpose: Use) {
    spawn_local(async move {
        match picture::make(&file, purpose, Canvas::offscreen).await {
            Ok(made) => answer(&page, number, &picture::write(&made)),
            Err(PictureFault::Slow) => answer(&page, number, picture::SLOW),
            Err(_) => answer(&page, number, &[]),
        }
    });
}

/// Gives the bytes away: they are not copied once more.
fn answer(page: &DedicatedWorkerGlobalScope, number: u32, bytes: &[u8]) {
    let buffer = Uint8Array::from(bytes).buffer();
    let message = Array::of2(&number.into(), &buffer);
    let _ = page.post_message_with_transfer(&message, &Array::of1(&buffer));
}

fn scope() -> Option<DedicatedWorkerGlobalScope> {
    js_sys::global().dyn_into().ok()
}
