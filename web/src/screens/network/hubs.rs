//! The hubs: where they stand, adding one, no longer using one.

use effigy_core::invite::is_origin;
use effigy_core::limits::HUBS;
use effigy_proto::{Command, HubRefusal, HubStatus, LinkState};
use leptos::prelude::*;

use crate::app::{Handle, Model};
use crate::parts::{Glyph, Icon, Managed, Question};

/// All hubs and a way to add one.
#[component]
pub(super) fn Hubs() -> impl IntoView {
    let model = expect_context::<Model>();
    let hubs = Memo::new(move |_| model.network().with(|network| network.hubs.clone()));
    view! {
        <section class="panel" aria-labelledby="hubs-title">
            <h2 id="hubs-title">"Hubs"</h2>
            <p class="hint">"A hub is a meeting point: it helps people find each other and keeps public posts. It owns nothing."</p>
            <ul class="rows">
                <For each=move || hubs.get() key=|hub| hub.origin.clone() children=move |hub| {
                    let origin = hub.origin.clone();
                    let now = Memo::new(move |_| hubs.with(|hubs| hubs.iter().find(|hub| hub.origin == origin).cloned()));
                    view! { <li><Hub origin=hub.origin status=now/></li> }
                }/>
            </ul>
            <Show when=move || hubs.with(Vec::is_empty)><p>"No hub. Friends are reached only while both are connected to each other."</p></Show>
            <Managed what="Change where you are met"><AddHub/></Managed>
        </section>
    }
}

fn words(status: &HubStatus, now: u64) -> String {
    match (status.state, status.retry_at) {
        (LinkState::Open, _) => match status.refuses {
            None => "Connected",
            Some(HubRefusal::Disk) => "Connected; its disk is full, so it keeps nothing new",
            Some(HubRefusal::Entries) => "Connected; it keeps no more posts of yours",
        }
        .to_owned(),
        (LinkState::Connecting, _) => "Connecting…".to_owned(),
        (LinkState::Closed, Some(at)) if at.0 > now => {
            format!("Not reached; next try in {} s", (at.0 - now).div_ceil(1_000))
        }
        (LinkState::Closed, _) => "Not reached".to_owned(),
    }
}

#[component]
fn Hub(origin: String, status: Memo<Option<HubStatus>>) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let (asked, only_posts) = (RwSignal::new(false), model.only_posts());
    let state = move || {
        status.with(|status| status.as_ref().map(|status| words(status, model.now().get())))
    };
    let open = move || {
        status.with(|status| status.as_ref().is_some_and(|status| status.state == LinkState::Open))
    };
    let key = move || {
        status.with(|status| {
            let identity = status.as_ref()?.identity?;
            Some(view! { " · key "<span class="key">{identity.short()}</span> })
        })
    };
    let label = format!("Remove {origin}");
    let shown = origin.clone();
    let act = Callback::new(move |()| {
        if !handle.send(Command::RemoveHub { origin: origin.clone() }) {
            model
                .toasts()
                .trouble("Effigy is busy. Nothing was changed; please try again in a moment.");
        }
    });
    view! {
        <div class="row">
            <span class="state-dot" class:state-open=open aria-hidden="true"></span>
            <span class="row-words">
                <span class="row-title"><bdi>{shown}</bdi></span>
                <span class="row-note">{state}{key}</span>
            </span>
            <Show when=move || !only_posts.get()>
                <button class="quiet round" type="button" aria-label=label.clone() on:click=move |_| asked.set(true)><Glyph icon=Icon::Close/></button>
            </Show>
        </div>
        <Question open=asked title="No longer use this hub?" yes="Remove" act>
            <p>"Your posts stay with you and your friends. People who know you only by this hub may not reach you until you meet elsewhere."</p>
        </Question>
    }
}

/// A field for the address of one more hub.
#[component]
pub(crate) fn AddHub() -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let origin = RwSignal::new(String::new());
    let trouble = RwSignal::new(None::<&'static str>);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let text =
            origin.with_untracked(|origin| origin.trim().trim_end_matches('/').to_lowercase());
        if !is_origin(&text) {
            trouble
                .set(Some("This is not the address of a hub. It looks like https://hub.example."));
            return;
        }
        let (known, full) = model.network().with_untracked(|network| {
            (network.hubs.iter().any(|hub| hub.origin == text), network.hubs.len() >= HUBS)
        });
        if known {
            trouble.set(Some("You use this hub already."));
        } else if full {
            trouble
                .set(Some("You use eight hubs already, and more do not help. Remove one first."));
        } else if handle.send(Command::AddHub { origin: text }) {
            trouble.set(None);
            origin.set(String::new());
            model.toasts().note("The hub is being tried.");
        } else {
            trouble.set(Some("Effigy is busy. Nothing was changed; please try again in a moment."));
        }
    };
    view! {
        <form class="paste" on:submit=submit>
            <label>
                <span class="label">"Address of another hub (meeting point)"</span>
                <input type="text" inputmode="url" autocapitalize="off" spellcheck="false" placeholder="https://…" bind:value=origin/>
            </label>
            <button class="button" type="submit">"Add hub"</button>
            <p class="fault" role="alert">{trouble}</p>
        </form>
    }
}
