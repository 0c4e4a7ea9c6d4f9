//! What the browser tells of the device: whether bytes cost money, and whether the battery is low. Both
//! are told by some browsers only; where they are not, nobody is spared anything.

use effigy_worker::Listener;
use js_sys::{Function, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::EventTarget;

/// From which charge on a battery is low, if it is not being charged.
const LOW: f64 = 0.2;

/// What there is to listen to.
pub(crate) struct Surroundings {
    battery: Option<EventTarget>,
    connection: Option<EventTarget>,
}

fn get(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &JsValue::from_str(name)).ok().filter(|found| !found.is_undefined())
}

async fn battery() -> Option<EventTarget> {
    let navigator = window().navigator();
    let ask: Function = get(&navigator, "getBattery")?.dyn_into().ok()?;
    let promise: Promise = ask.call0(&navigator).ok()?.dyn_into().ok()?;
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}

impl Surroundings {
    /// Looks for what the browser tells.
    pub(crate) async fn find() -> Self {
        let connection = get(&window().navigator(), "connection");
        let connection = connection.and_then(|found| found.dyn_into().ok());
        Self { battery: battery().await, connection }
    }

    /// Whether bytes cost money, as far as it is known.
    pub(crate) fn is_metered(&self) -> bool {
        let Some(connection) = &self.connection else { return false };
        let saves = get(connection, "saveData").and_then(|saves| saves.as_bool());
        let kind = get(connection, "type").and_then(|kind| kind.as_string());
        saves == Some(true) || kind.as_deref() == Some("cellular")
    }

    /// Whether the battery is low, as far as it is known.
    pub(crate) fn is_battery_low(&self) -> bool {
        let Some(battery) = &self.battery else { return false };
        let charges = get(battery, "charging").and_then(|charges| charges.as_bool());
        let level = get(battery, "level").and_then(|level| level.as_f64());
        charges == Some(false) && level.is_some_and(|level| level <= LOW)
    }

    /// Calls this whenever something changes, as long as the listeners live.
    pub(crate) fn on_change(&self, call: impl Fn() + Clone + 'static) -> Vec<Listener> {
        let listen = |target: &Option<EventTarget>, name: &'static str| {
            let call = call.clone();
            target.as_ref().map(|target| Listener::new(target, name, move |_| call()))
        };
        let all = [
            listen(&self.connection, "change"),
            listen(&self.battery, "chargingchange"),
            listen(&self.battery, "levelchange"),
        ];
        all.into_iter().flatten().collect()
    }
}
