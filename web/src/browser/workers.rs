//! The workers that this device can have: one pool for all of the page.

use std::cell::OnceCell;

use effigy_worker::Pool;
use js_sys::{Function, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Worker;

/// The fewest and the most workers. With more, starting them costs more than they save.
const FEWEST: f64 = 1.0;
const MOST: f64 = 4.0;

thread_local! {
    static POOL: OnceCell<Pool> = const { OnceCell::new() };
}

/// The pool. It leaves a core to the page, where there is more than one.
pub(crate) fn pool() -> Pool {
    POOL.with(|pool| {
        let cores = window().navigator().hardware_concurrency();
        let size = (cores - 1.0).clamp(FEWEST, MOST) as usize;
        pool.get_or_init(|| Pool::new(size, start)).clone()
    })
}

/// Starts one worker. `boot.js` knows the address of its script, and may make one of it; the
/// WebAssembly is the page's own, which the browser has compiled already.
fn start() -> Option<Worker> {
    let start = Reflect::get(&window(), &JsValue::from_str("effigyStartWorker")).ok()?;
    let start: Function = start.dyn_into().ok()?;
    start.call1(&JsValue::UNDEFINED, &wasm_bindgen::module()).ok()?.dyn_into().ok()
}
