//! What both people compare, and what the one with the account decides.

use effigy_core::Identity;
use effigy_core::link::{Emoji, Side};
use effigy_proto::{LinkCommand, Linking};
use leptos::prelude::*;

use super::view::{Cancel, ask};
use crate::app::{Handle, Model};
use crate::parts::{AskLock, EmojiRow, Glyph, Icon, LockFirst, lost};

/// The pictures, and what is to be done on this device.
#[component]
pub(super) fn Compare(
    side: Side,
    /// Where linking stands: the other device says what it is called a little later.
    stage: Memo<Option<Linking>>,
    number: Option<String>,
    pictures: Vec<Emoji>,
) -> impl IntoView {
    let number = number.unwrap_or_default();
    view! {
        <h2>"Do both devices show these pictures, in this order?"</h2>
        <EmojiRow pictures/>
        {match side {
            Side::New => view! { <Confirm number/> }.into_any(),
            Side::Old => view! { <Approve stage/> }.into_any(),
        }}
    }
}

/// On the new device.
#[component]
fn Confirm(number: String) -> impl IntoView {
    let handle = expect_context::<Handle>();
    let model = expect_context::<Model>();
    let shown = number.clone();
    view! {
        <p>"The other device asks for this number:"</p>
        <p class="link-number" data-number=number>{shown}</p>
        <p class="hint">"If the pictures are not the same, somebody is in between: cancel. Nothing was given to anybody."</p>
        <div class="actions">
            <Cancel/>
            <button class="button" type="button" on:click=move |_| ask(handle, model, LinkCommand::Confirm)>
                <Glyph icon=Icon::Check/>"They are the same"
            </button>
        </div>
    }
}

/// On the device with the account: it says what it is about to give.
#[component]
fn Approve(stage: Memo<Option<Linking>>) -> impl IntoView {
    let handle = expect_context::<Handle>();
    let model = expect_context::<Model>();
    let typed = RwSignal::new(String::new());
    let full = RwSignal::new(true);
    let fault = RwSignal::new(None::<&'static str>);
    let name = Memo::new(move |_| match stage.get() {
        Some(Linking::Verifying { name, .. }) => name,
        _ => None,
    });
    let silent = Memo::new(move |_| {
        let newcomer = name.get();
        model.network().with(|network| lost(&network.devices, newcomer.as_deref()))
    });
    let replaces = RwSignal::new(None::<Identity>);
    let first = LockFirst::then(Callback::new(move |number: u8| {
        typed.set(String::new());
        let (full, replaces) = (full.get_untracked(), replaces.get_untracked());
        ask(handle, model, LinkCommand::Approve { full, number, replaces });
    }));
    let approve = move |_| {
        let digits = typed.get_untracked().trim().to_owned();
        match digits.parse::<u8>() {
            Ok(number) if digits.len() == 2 => {
                fault.set(None);
                first.ask(number);
            }
            _ => fault.set(Some("Type the two digits that the new device shows.")),
        }
    };
    view! {
        <label>
            <span class="label">"Number on the new device"</span>
            <input class="link-digits" type="text" inputmode="numeric" autocomplete="off" maxlength="2" bind:value=typed/>
        </label>
        <p class="fault" role="alert">{fault}</p>
        <fieldset class="choices">
            <legend>"What may it do?"</legend>
            <label><input type="radio" name="powers" prop:checked=move || full.get() on:change=move |_| full.set(true)/>" Everything that this device can"</label>
            <label><input type="radio" name="powers" prop:checked=move || !full.get() on:change=move |_| full.set(false)/>" Read and post only"</label>
        </fieldset>
        <Show when=move || !silent.with(Vec::is_empty)>
            <fieldset class="choices">
                <legend>"Which device is it?"</legend>
                <label><input type="radio" name="replaces" prop:checked=move || replaces.get().is_none() on:change=move |_| replaces.set(None)/>" A new one"</label>
                <For each=move || silent.get() key=Clone::clone children=move |(key, name, apart)| view! {
                    <label><input type="radio" name="replaces" prop:checked=move || replaces.get() == Some(key) on:change=move |_| replaces.set(Some(key))/>
                        <span>"It is "<bdi>{name}</bdi><bdi>{apart}</bdi>", which lost its data and comes back"</span></label>
                }/>
            </fieldset>
        </Show>
        <p>
            {move || match name.get() {
                Some(name) => view! { <bdi>{name}</bdi>" sees the same and waits. " }.into_any(),
                None => "The new device has yet to say that it sees the same. ".into_any(),
            }}
            {move || if full.get() {
                "It is about to get your whole account: it will read all your posts, also those for friends, post in your name, and change your profile and your devices."
            } else {
                "It is about to get all your posts, also those for friends, and will post in your name. Your profile and your devices it cannot change."
            }}
        </p>
        <p class="hint">"There is one try. If the pictures differ, cancel: somebody is in between, and nothing was given to anybody."</p>
        <div class="actions">
            <Cancel/>
            <button class="button" type="button" on:click=approve>"Link this device"</button>
        </div>
        <AskLock first before="the new device gets your account"/>
    }
}
