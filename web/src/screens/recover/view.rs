//! The view of a device that is about to belong to an account.

use effigy_core::Identity;
use effigy_proto::{Command, LinkState, Membership, Refusal};
use leptos::prelude::*;

use crate::app::{Handle, Model, NotDone, Phase, Way, Wish, error, task};
use crate::browser::{clock, device, marker, page};
use crate::parts::{Avatar, Name, OtherAccounts, Question, ShortKey, held, lost};
use crate::screens::network::AddHub;

/// Looking for the account, asking whether it is the right one, and what has come of it.
#[component]
pub(crate) fn Joining() -> impl IntoView {
    let model = expect_context::<Model>();
    let membership = Memo::new(move |_| model.membership().get());
    let title = move || match membership.get() {
        Membership::Searching => "Looking for your account",
        Membership::Found => "Is this you?",
        Membership::Member => "Welcome back",
    };
    page::set_title("Your account · Effigy");
    view! {
        <main class="plain recover">
            <h1 tabindex="-1">{title}</h1>
            {model.me().map(|synod| view! {
                <div class="recover-face">
                    <Avatar synod size="large"/>
                    <Show when=move || membership.get() != Membership::Searching>
                        <p class="person-name"><Name synod/></p>
                    </Show>
                    <p class="row-note">"key "<ShortKey synod/></p>
                </div>
            })}
            {move || match membership.get() {
                Membership::Searching => view! { <Searching/> }.into_any(),
                Membership::Found => view! { <Found/> }.into_any(),
                Membership::Member => view! { <Added/> }.into_any(),
            }}
            <OtherAccounts/>
        </main>
    }
}

/// Where it was asked for.
#[component]
fn Searching() -> impl IntoView {
    let model = expect_context::<Model>();
    let recovers = model.way() == Way::Words;
    let hubs = Memo::new(move |_| {
        model.network().with(|network| {
            let hubs = network.hubs.iter().map(|hub| (hub.origin.clone(), answer(hub.state)));
            hubs.collect::<Vec<_>>()
        })
    });
    view! {
        <p>"Meeting points are asked for it, and through them friends who have it. Nothing is written in your name before it is found."</p>
        <ul class="rows rows-boxed" aria-label="Who is asked" role="list">
            <For each=move || hubs.get() key=Clone::clone children=|(origin, words)| view! {
                <li class="row"><span class="row-words">
                    <span class="row-title"><bdi>{origin}</bdi></span>
                    <span class="row-note">{words}</span>
                </span></li>
            }/>
        </ul>
        <p class="hint">"It can take until a friend of yours is online. If another meeting point may know you, enter its address."{recovers.then_some(" If you are not sure about the words, compare them once more: wrong words lead to an account that nobody has.")}</p>
        <AddHub/>
        <div class="actions">
            <GiveUp label=if recovers { "Enter other words" } else { "Stop linking" }/>
            {recovers.then(|| view! { <Anew/> })}
        </div>
    }
}

const fn answer(state: LinkState) -> &'static str {
    match state {
        LinkState::Closed => "Not reached. Tried again by itself.",
        LinkState::Connecting => "Connecting…",
        LinkState::Open => "Asked. It has nothing of this account so far.",
    }
}

/// Nobody has it any more, and the person says so.
#[component]
fn Anew() -> impl IntoView {
    let handle = expect_context::<Handle>();
    let asked = RwSignal::new(false);
    let act = Callback::new(move |()| {
        let _ = handle.wish(Wish::BeginAnew);
    });
    view! {
        <button class="button danger" type="button" on:click=move |_| asked.set(true)>"Begin it anew"</button>
        <Question open=asked title="Begin this account anew?" yes="Begin anew" act>
            <p>"Do this only if nobody who has your old posts will come back. You keep your identity and begin with an empty profile. What friends still have is joined to it when they come."</p>
        </Question>
    }
}

/// Back to where words are entered: nothing was changed anywhere else.
#[component]
fn GiveUp(label: &'static str) -> impl IntoView {
    let handle = expect_context::<Handle>();
    view! {
        <button class="button" type="button" on:click=move |_| { let _ = handle.wish(Wish::StartOver); }>{label}</button>
    }
}

/// How much of the account is here.
#[component]
fn Progress() -> impl IntoView {
    let model = expect_context::<Model>();
    let me = model.me();
    let counts = Memo::new(move |_| {
        model.network().with(|network| {
            let own = network.feeds.iter().filter(|feed| Some(feed.synod) == me);
            let (held, known) = own.fold((0_u64, 0_u64), |(held, known), feed| {
                (held.saturating_add(feed.held), known.saturating_add(feed.known))
            });
            (held, known, network.missing)
        })
    });
    let words = move || {
        let (held, known, missing) = counts.get();
        let files = match missing {
            0 => "no picture or file is missing".to_owned(),
            1 => "1 picture or file is on its way".to_owned(),
            n => format!("{n} pictures and files are on their way"),
        };
        format!("{held} of {known} posts and changes are here; {files}.")
    };
    view! {
        <p role="status">{words}</p>
        <progress max=move || counts.get().1.max(1).to_string() value=move || counts.get().0.to_string() aria-label="Posts and changes that are here"></progress>
    }
}

/// The account is found: which of its devices this is, and whether it is the right one.
#[component]
fn Found() -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let way = model.way();
    let newcomer = device::name();
    let devices =
        Memo::new(move |_| model.network().with(|network| lost(&network.devices, Some(&newcomer))));
    let was = marker::device();
    // What the person chose; before that, what the browser remembers.
    let chosen = RwSignal::new(None::<Option<Identity>>);
    let replaces = Signal::derive(move || {
        let known = was.filter(|was| devices.with(|all| all.iter().any(|(key, ..)| key == was)));
        chosen.get().unwrap_or(known)
    });
    let busy = RwSignal::new(false);
    let trouble = RwSignal::new(None::<&'static str>);
    let join = move |_| {
        busy.set(true);
        trouble.set(None);
        let replaces = replaces.get_untracked();
        task::run(async move {
            let device_name = device::name();
            let done =
                handle.request(|ticket| Command::Join { device_name, replaces, ticket }).await;
            trouble.try_set(done.err().map(|why| not_joined(way, why)));
            busy.try_set(false);
        });
    };
    if way == Way::Device {
        return view! { <p>"Your other device is adding this one. Keep both open."</p><Progress/> }
            .into_any();
    }
    view! {
        <FromBackup/>
        <Progress/>
        <Show when=move || !devices.with(Vec::is_empty)>
            <fieldset class="choices">
                <legend>"Which of your devices is this?"</legend>
                <label><input type="radio" name="device" prop:checked=move || replaces.get().is_none() on:change=move |_| chosen.set(Some(None))/>" A new one"</label>
                <For each=move || devices.get() key=Clone::clone children=move |(key, name, apart)| view! {
                    <label><input type="radio" name="device" prop:checked=move || replaces.get() == Some(key) on:change=move |_| chosen.set(Some(Some(key)))/>
                        <span>"This is "<bdi>{name}</bdi><bdi>{apart}</bdi>", which lost its data and comes back"</span></label>
                }/>
            </fieldset>
        </Show>
        <p class="fault" role="alert">{trouble}</p>
        <div class="actions">
            <button class="button primary" type="button" disabled=busy on:click=join>{move || if busy.get() { "One moment…" } else { "Yes, this is my account" }}</button>
            <GiveUp label=if way == Way::Words { "No, enter other words" } else { "No, choose another way" }/>
        </div>
    }.into_any()
}

/// Why this device was not added.
const fn not_joined(way: Way, why: NotDone) -> &'static str {
    match (way, why) {
        (Way::Backup, NotDone::Refused(Refusal::Removed)) => {
            "The device that this backup is of was removed from the account, so its backups let nobody in any \
             more. Nothing was changed. Use your recovery words, or another device of yours."
        }
        (Way::Backup, NotDone::Refused(Refusal::Power)) => {
            "The device that this backup is of could only post, so its backups let nobody in. Nothing was \
             changed. Use your recovery words, or another device of yours."
        }
        (Way::Backup, NotDone::Refused(Refusal::TooSoon)) => {
            "The device that this backup is of had joined less than a day ago, so it cannot let another in yet. \
             Nothing was changed. Try again a day later, or use your recovery words."
        }
        (Way::Backup, NotDone::Refused(Refusal::Incomplete)) => {
            "Nobody has told yet how much that device wrote after the backup, and what is not known now would \
             be lost. Nothing was changed. Wait until a meeting point or a friend is reached, or choose that \
             this is a new device."
        }
        (_, why) => error::not_done(why),
    }
}

/// What came out of the backup.
#[component]
fn FromBackup() -> impl IntoView {
    let restored = expect_context::<Model>().restored().get_untracked();
    restored.map(|restored| {
        let words = held(&restored.counts);
        let made = clock::day(restored.made);
        view! { <p data-restored="">{format!("Out of the backup of {made} came {words}.")}</p> }
    })
}

/// This device belongs to the account.
#[component]
fn Added() -> impl IntoView {
    let model = expect_context::<Model>();
    view! {
        <p>"This device belongs to your account. What has not arrived yet comes while you use it."</p>
        <Progress/>
        {(model.way() == Way::Words).then(|| view! { <p class="hint">"Keep the words where you had them: they are the only copy, and this device does not keep them."</p> })}
        <div class="actions">
            <button class="button primary" type="button" on:click=move |_| model.set_phase(Phase::Running)>"Open Effigy"</button>
        </div>
    }
}
