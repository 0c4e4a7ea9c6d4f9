//! The view of the linked devices.

use effigy_core::Time;
use effigy_core::text::clean_name;
use effigy_proto::DeviceStatus;
use leptos::prelude::*;

use super::by_words::ByWordsLink;
use super::change::{Removal, Rename};
use crate::app::Model;
use crate::browser::clock;
use crate::parts::{Glyph, Icon, Managed, Screen, ago, apart};

/// Every device of the account, this one first.
#[component]
pub(crate) fn Devices() -> impl IntoView {
    let model = expect_context::<Model>();
    let devices = Memo::new(move |_| {
        let mut devices = model.network().with(|network| network.devices.clone());
        devices.sort_by_key(|device| !device.is_this);
        devices
    });
    let alone = move || devices.with(|devices| devices.len() < 2);
    view! {
        <Screen title="Linked devices" back="#/you">
            <p>"Each of these posts as you and holds everything of yours. What they are told, they tell each other."</p>
            <ul class="rows rows-boxed" aria-label="Linked devices">
                <For each=move || devices.get() key=|device| device.identity children=move |device: DeviceStatus| {
                    let identity = device.identity;
                    let now = Memo::new(move |_| {
                        // Without what changes all the time: an open question would be drawn anew and lost.
                        let device = devices.with(|devices| devices.iter().find(|it| it.identity == identity).cloned());
                        device.map(|device| DeviceStatus { is_here: false, seen: Time(0), ..device })
                    });
                    view! { <li>{move || now.get().map(|device| view! { <Device device devices/> })}</li> }
                }/>
            </ul>
            <Managed what="Link, rename or remove devices">
                <div class="actions">
                    <a class="button primary" href="#/you/link">"Link a device"</a>
                </div>
            </Managed>
            <ByWordsLink devices/>
            <Show when=alone>
                <p class="hint">"This is your only device. If it is lost, only your recovery words bring your account back; with a second device, nothing is lost."</p>
            </Show>
        </Screen>
    }
}

/// When something of a device was seen, in words.
fn seen(device: &DeviceStatus, now: u64) -> String {
    match (device.is_this, device.is_here) {
        (true, _) => "in use now".to_owned(),
        (_, true) => "connected now".to_owned(),
        _ => format!("seen {} ago", ago(device.seen.0, now)),
    }
}

#[component]
fn Device(device: DeviceStatus, devices: Memo<Vec<DeviceStatus>>) -> impl IntoView {
    let model = expect_context::<Model>();
    let (now, only_posts) = (model.now(), model.only_posts());
    let (renaming, removing) = (RwSignal::new(false), RwSignal::new(false));
    let DeviceStatus { identity, is_admin, is_this, .. } = device;
    let name = device.name.clone();
    // What the person calls it says nothing of what it is.
    let system = (device.system != name).then(|| format!("{} · ", clean_name(&device.system)));
    let of_rename = name.clone();
    let joined = clock::day(device.added.0);
    let when = move || {
        devices.with(|devices| {
            let device = devices.iter().find(|device| device.identity == identity);
            device.map(|device| seen(device, now.get()))
        })
    };
    let full = devices.with_untracked(|all| format!("{name}{}", apart(&device, all)));
    let [rename, remove] = [format!("Rename {full}"), format!("Remove {full}")];
    view! {
        <div class="row row-device">
            <Glyph icon=Icon::Devices/>
            <span class="row-words">
                <span class="row-title">
                    <bdi>{name}</bdi>
                    {is_this.then(|| view! { " "<span class="badge">"this device"</span> })}
                    {(!is_admin).then(|| view! { " "<span class="badge">"only posts"</span> })}
                </span>
                <span class="row-note"><bdi>{system}</bdi>{when}" · joined "{joined}" · key "<span class="key">{identity.short()}</span></span>
            </span>
        </div>
        <Show when=move || !only_posts.get()>
            <div class="actions">
                <button class="button" type="button" aria-label=rename.clone() on:click=move |_| renaming.set(true)>"Rename"</button>
                {(!is_this).then(|| view! {
                    <button class="button danger" type="button" aria-label=remove.clone() on:click=move |_| removing.set(true)>"Remove"</button>
                })}
            </div>
        </Show>
        <Rename identity name=of_rename open=renaming/>
        <Removal identity name=full open=removing/>
    }
}
