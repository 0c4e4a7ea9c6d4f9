//! Every device is told when another joins, and told again a day later.

use effigy_proto::DeviceStatus;
use leptos::prelude::*;

use super::{Glyph, Icon, ago};
use crate::app::Model;
use crate::browser::settings;

const DAY: u64 = 24 * 3_600_000;

/// How often it has to have been told by now that a device joined.
const fn times(added: u64, now: u64) -> u8 {
    if now < added.saturating_add(DAY) { 1 } else { 2 }
}

/// A device joined after this one, and the person has not said yet that they know.
#[component]
pub(crate) fn JoinedNotice() -> impl IntoView {
    let model = expect_context::<Model>();
    let now = model.now();
    let seen = RwSignal::new(0_u32);
    let joined = Memo::new(move |_| {
        seen.track();
        let now = now.get();
        model.network().with(|network| {
            let mine = network.devices.iter().find(|device| device.is_this)?.added;
            let mut later = network.devices.iter().filter(|device| device.added > mine);
            let is_new = |device: &&DeviceStatus| {
                settings::times_told(&device.identity) < times(device.added.0, now)
            };
            later.find(is_new).cloned()
        })
    });
    let known = move |_| {
        if let Some(device) = joined.get_untracked() {
            settings::tell(&device.identity, times(device.added.0, now.get_untracked()));
            seen.update(|seen| *seen = seen.wrapping_add(1));
        }
    };
    let words = move || {
        joined.get().map(|device| {
            let when = ago(device.added.0, now.get());
            view! { "\u{201c}"<bdi>{device.name}</bdi>"\u{201d} joined your account "{when}" ago and posts as you. If that was not you, remove it." }
        })
    };
    view! {
        <Show when=move || joined.with(Option::is_some)>
            <div class="notice" role="status" data-notice="joined">
                <Glyph icon=Icon::Devices/>
                <p>{words}</p>
                <div class="notice-actions">
                    <button class="button" type="button" on:click=known>"That was me"</button>
                    <a class="button" href="#/you/devices">"See your devices"</a>
                </div>
            </div>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn it_is_told_once_more_after_a_day() {
        assert_eq!(times(1_000, 1_000 + DAY - 1), 1);
        assert_eq!(times(1_000, 1_000 + DAY), 2);
    }
}
