//! Time and chance, from the browser.

use effigy_core::Time;
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};

/// The time of the device's clock. It may be wrong, and it may jump.
pub fn now() -> Time {
    // Whole milliseconds, positive for the next 285,000 years: exact in both types.
    Time(js_sys::Date::now().max(0.0) as u64)
}

/// Milliseconds since the page began. Never goes back, but may stand still while the device sleeps.
pub(crate) fn monotonic() -> f64 {
    let clock = web_sys::window().and_then(|window| window.performance());
    clock.map_or_else(js_sys::Date::now, |clock| clock.now())
}

/// Random bytes that are good enough for keys.
///
/// # Errors
/// Where the browser has no generator for them. Then there is nothing to make keys of.
pub fn random<const N: usize>() -> Result<[u8; N], NoChance> {
    let crypto = Reflect::get(&js_sys::global(), &JsValue::from_str("crypto"));
    let crypto = crypto.ok().and_then(|crypto| crypto.dyn_into::<web_sys::Crypto>().ok());
    let mut bytes = [0; N];
    crypto.ok_or(NoChance)?.get_random_values_with_u8_array(&mut bytes).map_err(|_| NoChance)?;
    Ok(bytes)
}

/// The browser has no random numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("this browser has no safe random numbers")]
pub struct NoChance;
