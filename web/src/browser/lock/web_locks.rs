//! The browser's own locks (Web Locks), by reflection: `web-sys` has them only behind an unstable
//! flag.

use std::future::pending;

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

use super::How;
use crate::browser::accounts;

/// The name of the lock; each account has one.
const NAME: &str = "effigy";

/// The browser's lock manager.
pub(crate) struct Manager {
    locks: JsValue,
    request: Function,
}

/// A lock that is held. Given back when dropped.
pub(crate) struct Held {
    /// Ends with an error when the lock was stolen.
    ended: Option<JsFuture>,
    release: Function,
}

/// Takes a request back when dropped.
struct Withdraw(Option<AbortController>);

impl Drop for Withdraw {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}

impl Manager {
    /// The lock manager; `None` where there is none, as on pages without HTTPS.
    pub(crate) fn find() -> Option<Self> {
        let locks = Reflect::get(&window().navigator(), &"locks".into()).ok()?;
        if !locks.is_object() {
            return None;
        }
        let request = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
        Some(Self { locks, request })
    }

    /// Takes the lock. See [`Locks::take`](super::Locks::take).
    pub(super) async fn take(&self, how: How) -> Option<Held> {
        let mut withdraw = Withdraw(None);
        let options = Object::new();
        let set = |name: &str, value: &JsValue| Reflect::set(&options, &name.into(), value).ok();
        match how {
            How::ByForce => set("steal", &JsValue::TRUE)?,
            How::IfFree => set("ifAvailable", &JsValue::TRUE)?,
            How::InTurn => {
                let controller = AbortController::new().ok()?;
                set("signal", &controller.signal())?;
                withdraw.0 = Some(controller);
                true
            }
        };
        let (granted, answer) = oneshot::channel();
        let on_granted = Closure::once_into_js(move |lock: JsValue| answer_with(&lock, granted));
        let name = JsValue::from_str(&accounts::name(NAME));
        let asked = self.request.call3(&self.locks, &name, &options, &on_granted).ok()?;
        let ended = JsFuture::from(asked.dyn_into::<Promise>().ok()?);
        let (release, ended) = match select(answer, ended).await {
            Either::Left((Ok(Some(release)), ended)) => (release, ended),
            // Not free; or the browser refused, and then nobody has a lock.
            Either::Left(_) | Either::Right(_) => return None,
        };
        withdraw.0 = None;
        Some(Held { ended: Some(ended), release })
    }
}

/// Keeps a lock that was granted until the function in the answer is called.
fn answer_with(lock: &JsValue, granted: oneshot::Sender<Option<Function>>) -> JsValue {
    if lock.is_null() || lock.is_undefined() {
        // Nobody waits any more: nothing was granted anyway.
        drop(granted.send(None));
        return JsValue::UNDEFINED;
    }
    let mut release = None;
    let hold = Promise::new(&mut |resolve, _| release = Some(resolve));
    match granted.send(release) {
        Ok(()) => hold.into(),
        // Nobody waits any more: given back at once.
        Err(_) => JsValue::UNDEFINED,
    }
}

impl Held {
    /// Ends when the lock was stolen.
    pub(super) async fn lost(&mut self) {
        let Some(ended) = &mut self.ended else { return pending().await };
        // Only dropping this gives the lock back, so whatever ends it was not asked for here.
        let _ = ended.await;
        self.ended = None;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // A function that settles a promise does not fail.
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }
}
