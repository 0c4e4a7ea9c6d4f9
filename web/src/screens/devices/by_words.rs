//! Somebody has a device of this person: it is removed by the recovery words, at once.

use std::collections::BTreeMap;

use effigy_core::mnemonic::Words;
use effigy_core::{Cid, Identity};
use effigy_proto::{Command, Counts, DeviceStatus, Removal};
use leptos::prelude::*;

use crate::app::{Handle, Model, error, task};
use crate::browser::{clock, page};
use crate::parts::{ByRoot, LastQuestion, Screen, apart, plain};

const REMOVE: LastQuestion = LastQuestion {
    title: "Remove by your words?",
    yes: "Remove",
    words: "The device is out for good, under this key. What lies on it stays readable for whoever can unlock it.",
};
/// How many of a device's newest posts are listed.
const POSTS: usize = 30;
/// How many posts of the account are looked through for them.
const LOOK: usize = 500;
/// How much of a post is shown.
const LETTERS: usize = 50;

/// Devices to remove, and how much counts of each.
type Chosen = RwSignal<BTreeMap<Identity, Counts>>;

/// Which devices, what of them counts, and the words.
#[component]
pub(crate) fn DevicesByWords() -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let devices = Memo::new(move |_| {
        let others = |network: &effigy_proto::Network| {
            let all = &network.devices;
            let others = all.iter().filter(|device| !device.is_this);
            let told =
                |device: &DeviceStatus| (device.identity, device.name.clone(), apart(device, all));
            others.map(told).collect::<Vec<_>>()
        };
        model.network().with(others)
    });
    let chosen: Chosen = RwSignal::new(BTreeMap::new());
    let trouble = RwSignal::new(None::<&'static str>);
    let check = Callback::new(move |()| {
        trouble.set(None);
        if chosen.with_untracked(BTreeMap::is_empty) {
            return Err("Choose the device first. Nothing was changed.");
        }
        Ok(())
    });
    let act = Callback::new(move |words: Option<Words>| {
        remove(model, handle, chosen.get_untracked(), words, trouble);
    });
    view! {
        <Screen title="Somebody has my device" back="#/you/devices">
            <p>"Your recovery words outweigh every device: what they remove is out at once, for everybody, whatever it says or does, and nothing that it says afterwards counts."</p>
            <Show
                when=move || !devices.with(Vec::is_empty)
                fallback=|| view! { <p>"This is your only device: there is no other to remove."</p> }
            >
                <fieldset class="choices">
                    <legend>"Which device does somebody else have?"</legend>
                    <For each=move || devices.get() key=Clone::clone children=move |(identity, name, apart)| view! { <Choice identity name apart chosen/> }/>
                </fieldset>
                <ByRoot check act action="Remove" back="#/you/devices" why="They are not kept here, and nobody sees them: this device signs with them once and forgets them." question=REMOVE before="the device is removed"/>
            </Show>
            <p class="fault" role="alert">{trouble}</p>
        </Screen>
    }
}

/// Removes devices, and says what became of it.
fn remove(
    model: Model,
    handle: Handle,
    chosen: BTreeMap<Identity, Counts>,
    words: Option<Words>,
    trouble: RwSignal<Option<&'static str>>,
) {
    let removals = chosen.into_iter().map(|(identity, counts)| Removal { counts, identity });
    let removals = removals.collect();
    task::run(async move {
        let remove = |ticket| Command::RemoveByWords { removals, ticket, words };
        match handle.request(remove).await {
            Ok(_) => {
                model.toasts().note("Removed by your words. Friends and meeting points are told.");
                page::replace("#/you/devices");
            }
            Err(why) => {
                trouble.try_set(Some(error::not_done(why)));
            }
        }
    });
}

/// One device, and what of it counts if it is chosen.
#[component]
fn Choice(identity: Identity, name: String, apart: String, chosen: Chosen) -> impl IntoView {
    let is_chosen = Memo::new(move |_| chosen.with(|chosen| chosen.contains_key(&identity)));
    let choose = move |_| {
        chosen.update(|chosen| {
            if chosen.remove(&identity).is_none() {
                chosen.insert(identity, Counts::Everything);
            }
        });
    };
    let label = name.clone();
    let key = apart.is_empty().then(|| identity.short());
    view! {
        <label>
            <input type="checkbox" prop:checked=is_chosen on:change=choose/>
            " "<bdi>{name}</bdi><bdi>{apart}</bdi>" "<span class="key">{key}</span>
        </label>
        <Show when=move || is_chosen.get()>
            <Counted identity name=label.clone() chosen/>
        </Show>
    }
}

/// Up to which post a device was in the hands of this person.
#[component]
fn Counted(identity: Identity, name: String, chosen: Chosen) -> impl IntoView {
    let model = expect_context::<Model>();
    // Not while it is chosen from: what comes meanwhile would move what somebody is about to hit.
    let posts = posts_of(model, identity);
    let all: Vec<Cid> = posts.iter().map(|(id, _)| *id).collect();
    let change = move |event: web_sys::Event| {
        let counts = match event_target_value(&event).as_str() {
            "everything" => Counts::Everything,
            "nothing" => Counts::Nothing,
            at => {
                let id = at.parse().ok().and_then(|at: usize| all.get(at).copied());
                id.map_or(Counts::Everything, Counts::UpTo)
            }
        };
        chosen.update(|chosen| {
            chosen.insert(identity, counts);
        });
    };
    view! {
        <label class="stack">
            <span class="label">"What counts of what \u{201c}"<bdi>{name}</bdi>"\u{201d} posted?"</span>
            <select on:change=change>
                <option value="everything">"Everything that has come here"</option>
                {posts.into_iter().enumerate().map(|(at, (_, words))| view! {
                    <option value=at.to_string()>{words}</option>
                }).collect_view()}
                <option value="nothing">"Nothing at all"</option>
            </select>
            <span class="hint">"Choose the last post that was yours: it counts, with everything that came before it. Dates do not matter here; they can be forged. Whom you followed or blocked on that device after that post is lost, too."</span>
        </label>
    }
}

/// The newest posts of a device, each in a line.
fn posts_of(model: Model, device: Identity) -> Vec<(Cid, String)> {
    let posts = model.with_view_once(|view| {
        let all = view.posts_of(&view.me(), None, LOOK).into_iter();
        let posts = all.filter_map(|id| view.post_by_id(&id));
        let posts = posts.filter(|post| post.device == device).take(POSTS);
        let line = |post: &effigy_feed::Post| {
            let (day, text) = (clock::in_full(post.order.0), plain(post.said.text(), LETTERS));
            (post.id, format!("Up to \u{201c}{text}\u{201d}, {day}"))
        };
        posts.map(line).collect()
    });
    posts.unwrap_or_default()
}

/// Where this is found.
#[component]
pub(super) fn ByWordsLink(devices: Memo<Vec<DeviceStatus>>) -> impl IntoView {
    view! {
        <Show when=move || devices.with(|devices| devices.len() > 1)>
            <p class="hint"><a href="#/you/devices/words">"Somebody has my device"</a>": your recovery words remove it, whatever it does."</p>
        </Show>
    }
}
