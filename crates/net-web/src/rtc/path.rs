//! By which way a peer connection runs.

use effigy_proto::Path;
use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Map, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::RtcPeerConnection;

/// How long the browser may take to say, in milliseconds.
const PATIENCE: u32 = 1_000;

/// Asks the browser which pair of addresses was chosen. `Direct` where it does not say.
pub(crate) async fn of(connection: &RtcPeerConnection) -> Path {
    let statistics = JsFuture::from(connection.get_stats());
    match select(statistics, TimeoutFuture::new(PATIENCE)).await {
        Either::Left((Ok(report), _)) if is_relayed(report.unchecked_ref()) == Some(true) => {
            Path::Relay
        }
        _ => Path::Direct,
    }
}

/// Whether either end of the chosen pair is a relay. The report has a map's methods.
fn is_relayed(report: &Map) -> Option<bool> {
    let mut pair = JsValue::UNDEFINED;
    report.for_each(&mut |entry, _| {
        let chosen = match text(&entry, "type").as_deref() {
            Some("transport") => {
                text(&entry, "selectedCandidatePairId").map(|id| report.get(&id.into()))
            }
            // Firefox marks the pair instead.
            Some("candidate-pair") if flag(&entry, "selected") => Some(entry),
            _ => None,
        };
        if let Some(chosen) = chosen {
            pair = chosen;
        }
    });
    let is_relay = |end: &str| {
        let candidate = report.get(&text(&pair, end)?.into());
        Some(text(&candidate, "candidateType")? == "relay")
    };
    Some(is_relay("localCandidateId")? || is_relay("remoteCandidateId")?)
}

fn text(object: &JsValue, member: &str) -> Option<String> {
    Reflect::get(object, &JsValue::from_str(member)).ok()?.as_string()
}

fn flag(object: &JsValue, member: &str) -> bool {
    Reflect::get(object, &JsValue::from_str(member)).is_ok_and(|value| value.is_truthy())
}
