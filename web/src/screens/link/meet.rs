//! How the two devices come together: one shows a code, the other reads it.

use effigy_core::link::{Offer, OfferError, Side, Token};
use effigy_core::{Invite, Time};
use effigy_proto::{LinkCommand, LinkState, Shown};
use leptos::prelude::*;

use super::view::{Cancel, ask};
use crate::app::{Handle, Model, error};
use crate::browser::{device, page};
use crate::parts::{CopyField, Glyph, Icon, QrCode, QrScan, Unread};

/// Showing a code, or reading one.
#[component]
pub(super) fn Begin(side: Side) -> impl IntoView {
    let handle = expect_context::<Handle>();
    let model = expect_context::<Model>();
    let hub = RwSignal::new(meeting_point(model));
    let read = Callback::new(move |text: String| {
        let shown = shown(&text, &hub.get_untracked())?;
        ask(handle, model, LinkCommand::Claim { name: device::name(), shown });
        Ok(())
    });
    let other = if side == Side::Old { "the new device" } else { "your other device" };
    view! {
        <button class="button wide" type="button" on:click=move |_| show(handle, model)><Glyph icon=Icon::Devices/>"Show a code here"</button>
        <p class="hint">{format!("Or read the code that {other} shows:")}</p>
        <QrScan read label="Link, or the nine letters" placeholder="ABC-DEF-GHJ"/>
        <details>
            <summary>"The other device uses another meeting point"</summary>
            <label>
                <span class="label">"Its address, for the nine letters"</span>
                <input type="text" inputmode="url" autocapitalize="off" spellcheck="false" placeholder="https://…" bind:value=hub/>
            </label>
        </details>
    }
}

/// Shows a code.
pub(super) fn show(handle: Handle, model: Model) {
    let hub = meeting_point(model);
    ask(handle, model, LinkCommand::Show { hub, name: device::name() });
}

/// Where the two are to meet: the hub that is reached; before there is one, that which served the page.
fn meeting_point(model: Model) -> String {
    let open = model.network().with_untracked(|network| {
        let open = network.hubs.iter().find(|hub| hub.state == LinkState::Open);
        open.map(|hub| hub.origin.clone())
    });
    open.unwrap_or_else(page::origin)
}

/// Reads what was scanned, pasted or typed.
fn shown(text: &str, hub: &str) -> Result<Shown, Unread> {
    let why = match Offer::parse(text) {
        Ok(offer) => return Ok(Shown::Offer(offer)),
        Err(why) => why,
    };
    if why == OfferError::Foreign {
        if let Ok(token) = text.parse::<Token>() {
            return Ok(Shown::Letters { hub: hub.trim().trim_end_matches('/').to_owned(), token });
        }
        if Invite::parse(text).is_ok() {
            let words =
                "This code adds a friend. It gives nobody your account, and links no device.";
            return Err(Unread { words, look_on: true });
        }
    }
    Err(Unread { words: error::offer(why), look_on: why != OfferError::OtherVersion })
}

/// The code, for as long as it counts.
#[component]
pub(super) fn Shows(offer: Offer, until: Time) -> impl IntoView {
    let model = expect_context::<Model>();
    let text = Signal::stored(offer.to_text());
    let link = Signal::stored(offer.to_link());
    let letters = offer.token.to_letters();
    let spoken = letters.replace('-', ", ");
    let left = move || {
        let seconds = until.0.saturating_sub(model.now().get()).div_ceil(1_000);
        format!(
            "It counts once, for {} more seconds. Then a new one takes its place.",
            seconds.next_multiple_of(5).min(120)
        )
    };
    view! {
        <div class="my-code"><QrCode text label="QR code for linking a device"/></div>
        <p class="link-letters" data-letters=letters.clone()><span class="sr-only">{spoken}</span><span aria-hidden="true">{letters.clone()}</span></p>
        <p class="hint" aria-live="off">"Scan it with the other device, or type the nine letters there. "{left}</p>
        <CopyField label="Link" text=link/>
        <p class="hint">"Show it to nobody else. Whoever reads it could ask to become one of your devices."</p>
        <div class="actions"><Cancel/></div>
    }
}
