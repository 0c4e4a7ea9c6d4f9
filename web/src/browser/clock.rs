//! The time, and how this browser writes it.

use js_sys::{Date, Object, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

/// Milliseconds since the Unix epoch.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, positive")]
pub(crate) fn now() -> u64 {
    Date::now() as u64
}

/// By how many milliseconds this device's clock is ahead of the machine that serves the app; behind it
/// where that is negative. `None` where nobody says, as without a network.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds of a date are whole")]
pub(crate) async fn ahead_of_hub() -> Option<i64> {
    let asked = now();
    // The service worker leaves this address alone, and no cache keeps it.
    let answer = JsFuture::from(window().fetch_with_str("/healthz")).await.ok()?;
    let answer: Response = answer.dyn_into().ok()?;
    let told = Date::parse(&answer.headers().get("date").ok()??);
    if !told.is_finite() {
        return None;
    }
    // It was said somewhere between the question and the answer.
    let here = asked.midpoint(now());
    i64::try_from(here).ok()?.checked_sub(told as i64)
}

/// Date and time in full, as the person's language writes them.
pub(crate) fn in_full(time: u64) -> String {
    written(time, &[("dateStyle", "full"), ("timeStyle", "short")])
}

/// The day, with the year where it is not this one.
pub(crate) fn day(time: u64) -> String {
    let year = date(time).get_full_year();
    if year == date(now()).get_full_year() {
        written(time, &[("day", "numeric"), ("month", "short")])
    } else {
        written(time, &[("day", "numeric"), ("month", "short"), ("year", "numeric")])
    }
}

/// For machines: ISO 8601 in UTC. Empty for a time that has no date.
pub(crate) fn iso(time: u64) -> String {
    let date = date(time);
    if date.get_time().is_nan() { String::new() } else { String::from(date.to_iso_string()) }
}

#[expect(clippy::cast_precision_loss, reason = "exact below 2^53, and JSON integers are")]
fn date(time: u64) -> Date {
    Date::new(&JsValue::from_f64(time as f64))
}

fn written(time: u64, style: &[(&str, &str)]) -> String {
    let date = date(time);
    if date.get_time().is_nan() {
        return String::new();
    }
    let options = Object::new();
    for (key, value) in style {
        // Setting a member of a fresh object cannot fail.
        Reflect::set(&options, &JsValue::from_str(key), &JsValue::from_str(value)).unwrap_or(false);
    }
    // The words around it are English; so is the date.
    String::from(date.to_locale_string("en", &options))
}
