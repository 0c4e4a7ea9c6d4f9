//! The view for adding somebody.

use effigy_core::Invite;
use effigy_core::invite::InviteError;
use effigy_core::seal::Letter;
use effigy_proto::Command;
use leptos::prelude::*;

use crate::app::{Handle, Model, error, route, task};
use crate::browser::{page, share};
use crate::parts::{CopyField, Empty, Glyph, Icon, QrCode, QrScan, Screen, Unread};

/// My code, and the ways to hand in theirs.
#[component]
pub(crate) fn Add() -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let busy = RwSignal::new(false);
    let read = Callback::new(move |text: String| {
        let invite = read(&text)?;
        if !busy.get_untracked() {
            busy.set(true);
            task::run(async move {
                accept(invite, handle, model).await;
                busy.try_set(false);
            });
        }
        Ok(())
    });
    view! {
        <Screen title="Add a friend" back="#/people">
            <section class="panel" aria-labelledby="mine-title">
                <h2 id="mine-title">"My code"</h2>
                <Mine/>
            </section>
            <section class="panel" aria-labelledby="theirs-title">
                <h2 id="theirs-title">"Their code"</h2>
                <p class="hint">"One code is enough: whoever reads it, you both follow each other."</p>
                <QrScan read label="Link or code you were sent" placeholder="effigy:… or https://…"/>
            </section>
        </Screen>
    }
}

/// Reads an invite.
fn read(text: &str) -> Result<Invite, Unread> {
    if Letter::is_text(text) {
        let words = "This code connects two friends without a hub. Open the friend's page, then Connect without a hub.";
        return Err(Unread { words, look_on: false });
    }
    Invite::parse(text).map_err(|why| Unread {
        words: error::invite(why),
        look_on: matches!(why, InviteError::Foreign | InviteError::Damaged),
    })
}

/// Follows each other with whoever made the invite, and shows whom.
async fn accept(invite: Invite, handle: Handle, model: Model) {
    let synod = invite.synod;
    match handle.request(|ticket| Command::AcceptInvite { invite, ticket }).await {
        Ok(_) => {
            model.toasts().note("Added. You follow each other as soon as one of you is reached.");
            page::go(&route::person(&synod));
        }
        Err(why) => model.toasts().trouble(error::not_done(why)),
    }
}

/// My code as QR, link and text.
#[component]
fn Mine() -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let invite = model.invite();
    if invite.with_untracked(Option::is_none) {
        // Comes as an event; if the inbox is full, the button below asks again.
        let _ = handle.send(Command::NewInvite);
    }
    let link = Memo::new(move |_| invite.with(|invite| invite.as_ref().map(Invite::to_link)));
    let text = Memo::new(move |_| invite.with(|invite| invite.as_ref().map(Invite::to_text)));
    let ready = Memo::new(move |_| link.with(Option::is_some));
    let link = Signal::derive(move || link.get().unwrap_or_default());
    let text = Signal::derive(move || text.get().unwrap_or_default());
    let hand_on = move |_| {
        let link = link.get_untracked();
        task::run(async move {
            // Somebody who closes the list of apps has not failed.
            share::share("Follow me on Effigy", &link).await;
        });
    };
    let new_code = move |_| {
        if handle.send(Command::NewInvite) {
            model.toasts().note("This is a new code. The one before no longer works.");
        }
    };
    view! {
        <Show when=move || ready.get() fallback=|| view! { <Empty icon=Icon::Clock text="Your code is being made…"/> }>
            <div class="my-code"><QrCode text=link label="QR code of my invite"/></div>
            <p class="hint">"Show it, or send the link. It is honoured for seven days. Send it only to people who may follow you."</p>
            <CopyField label="Link" text=link/>
            <CopyField label="Short text" text=text/>
            <div class="actions">
                {share::is_there().then(|| view! {
                    <button class="button" type="button" on:click=hand_on><Glyph icon=Icon::Share/>"Share the link"</button>
                })}
                <button class="button" type="button" on:click=new_code>"Make a new code"</button>
            </div>
        </Show>
    }
}
