//! People whom this person helps to come back: their shares, which lie here sealed.

use effigy_proto::{Command, HeldShare};
use leptos::prelude::*;

use super::helping::Helping;
use crate::app::{Handle, Model, error, task};
use crate::browser::clock;
use crate::parts::{Avatar, Name, Question, ShortKey, called};

/// Everybody whose share is here.
#[component]
pub(super) fn Held() -> impl IntoView {
    let model = expect_context::<Model>();
    let held = Memo::new(move |_| model.shares().with(|shares| shares.held.clone()));
    view! {
        <Show when=move || !held.with(Vec::is_empty)>
            <section class="panel" aria-labelledby="held-title">
                <h2 id="held-title">"People you help to come back"</h2>
                <p>"You keep a share of their account for them, sealed on this device. One share alone opens nothing."</p>
                <ul class="rows" aria-label="People you help" role="list">
                    <For each=move || held.get() key=|share| (share.synod, share.since.0) children=move |share| view! { <li><One share/></li> }/>
                </ul>
            </section>
        </Show>
    }
}

#[component]
fn One(share: HeldShare) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let HeldShare { need, of, since, synod } = share;
    let (helping, asked) = (RwSignal::new(false), RwSignal::new(false));
    let name = Memo::new(move |_| model.with_view(|view| called(view, &synod)).unwrap_or_default());
    let title = Signal::derive(move || {
        format!("No longer keep the share of \u{2068}{}\u{2069}?", name.get())
    });
    let act = Callback::new(move |()| {
        task::run(async move {
            match handle.request(|ticket| Command::DropShare { synod, ticket }).await {
                Ok(_) => model
                    .toasts()
                    .note("It is gone from this device. They are told when they are there."),
                Err(why) => model.toasts().trouble(error::not_done(why)),
            }
        });
    });
    let since = clock::day(since.0);
    view! {
        <div class="row row-device">
            <Avatar synod/>
            <span class="row-words">
                <span class="row-title">"You help "<Name synod/>" to come back"</span>
                <span class="row-note">{format!("{need} of {of} are enough · since {since} · key ")}<ShortKey synod/></span>
            </span>
        </div>
        <Show when=move || helping.get() fallback=move || view! {
            <div class="actions">
                <button class="button" type="button" aria-label=move || format!("They need it: {}", name.get()) on:click=move |_| helping.set(true)>"They need it"</button>
                <button class="button danger" type="button" aria-label=move || format!("Give it back: {}", name.get()) on:click=move |_| asked.set(true)>"Give it back"</button>
            </div>
        }>
            <Helping synod name done=Callback::new(move |()| helping.set(false))/>
        </Show>
        <Question open=asked title yes="Give it back" act>
            <p>"It is removed from this device and cannot be brought back. They can no longer count on you, are told so, and may choose somebody else."</p>
        </Question>
    }
}
