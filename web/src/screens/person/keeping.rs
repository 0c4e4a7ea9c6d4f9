//! On which of the own devices somebody's posts are kept.

use effigy_core::Identity;
use effigy_feed::Relation;
use effigy_proto::{DeviceStatus, registers};
use leptos::prelude::*;

use super::relations::holds;
use crate::app::{Handle, Model, agree};
use crate::parts::{Question, apart};

/// One choice for each device, for somebody who is followed by a person with several.
#[component]
pub(super) fn Keeping(synod: Identity) -> impl IntoView {
    let model = expect_context::<Model>();
    let follows = holds(model, Relation::Follow, synod);
    let devices = Memo::new(move |_| {
        let mut devices = model.network().with(|network| {
            let all = &network.devices;
            let told = |device: &DeviceStatus| {
                let apart = apart(device, all);
                (device.identity, device.name.clone(), apart, device.is_this)
            };
            all.iter().map(told).collect::<Vec<_>>()
        });
        devices.sort_by_key(|(.., is_this)| !is_this);
        devices
    });
    let several = move || follows.get() && devices.with(|devices| devices.len() > 1);
    view! {
        <Show when=several>
            <details class="fold-box">
                <summary>"On which of your devices their posts are kept"</summary>
                <ul class="rows">
                    <For each=move || devices.get() key=|device| device.clone() children=move |(device, name, apart, is_this)| view! {
                        <li><Choice synod device name apart is_this/></li>
                    }/>
                </ul>
                <p class="hint">"You follow them on all your devices. A device that does not keep their posts does not show them either. What you post yourself is always kept on all of them."</p>
            </details>
        </Show>
    }
}

#[component]
fn Choice(
    synod: Identity,
    device: Identity,
    name: String,
    apart: String,
    is_this: bool,
) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let keeps = Memo::new(move |_| model.agreed().keeps(&device, &synod));
    let asked = RwSignal::new(false);
    let set = move |value| agree(model, handle, registers::keeps(&device, &synod), value);
    let act = Callback::new(move |()| set("no"));
    let switch = move |event: web_sys::Event| {
        let on = event_target_checked(&event);
        if on {
            set("yes");
        } else {
            // The box follows what holds, not what was pressed.
            event_target::<web_sys::HtmlInputElement>(&event).set_checked(true);
            asked.set(true);
        }
    };
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=move || keeps.get() on:change=switch/>
            <span><bdi>{name}</bdi><bdi>{apart}</bdi>{is_this.then_some(" (this device)")}</span>
        </label>
        <Question open=asked title="No longer keep their posts there?" yes="Do not keep" act>
            <p>"Their posts, pictures and files are removed from that device. They stay on your other devices that keep them, and come back when you choose to keep them again, as long as somebody has them."</p>
        </Question>
    }
}
