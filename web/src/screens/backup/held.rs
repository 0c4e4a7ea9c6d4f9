//! People whom this person helps to come back: their shares, which lie here sealed.

use effigy_core::Identity;
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
    let untold = Memo::new(move |_| model.shares().with(|shares| shares.untold.clone()));
    view! {
        <Show when=move || !held.with(Vec::is_empty) || !untold.with(Vec::is_empty)>
            <section class="panel" aria-labelledby="held-title">
                <h2 id="held-title">"People you help to come back"</h2>
                <p>"You keep a share of their account for them, sealed on this device. One share alone opens nothing."</p>
                <ul class="rows" aria-label="People you help" role="list">
                    <For each=move || held.get() key=key_of children=move |share| view! { <li><One share/></li> }/>
                    <For each=move || untold.get() key=Clone::clone children=move |synod| view! {
                        <li><FriendRow synod words="Has yet to hear that you gave their share back."/></li>
                    }/>
                </ul>
            </section>
        </Show>
    }
}

/// What a row is drawn anew for.
fn key_of(share: &HeldShare) -> (Identity, u64, Option<u64>, bool) {
    (share.synod, share.since.0, share.former.map(|until| until.0), share.is_voided)
}

/// A friend, and what there is to say of their share.
#[component]
pub(super) fn FriendRow(synod: Identity, #[prop(into)] words: Signal<String>) -> impl IntoView {
    view! {
        <div class="row">
            <Avatar synod/>
            <span class="row-words">
                <span class="row-title"><Name synod/></span>
                <span class="row-note">{words}</span>
            </span>
        </div>
    }
}

#[component]
fn One(share: HeldShare) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let HeldShare { former, is_voided, need, of, since, synod } = share;
    // Which of the two is handed over: the one before, or the one that counts.
    let helping = RwSignal::new(None::<bool>);
    let asked = RwSignal::new(false);
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
    let until = former.map(|until| clock::day(until.0));
    let has_both = former.is_some() && !is_voided;
    let before = until.map(|until| {
        if is_voided {
            format!(
                "A device of theirs asked for it to be dropped. You keep it until {until}, in case somebody \
                 else has that device."
            )
        } else {
            format!(
                "It took the place of another one. You keep that one as well until {until}, in case somebody \
                 else has a device of theirs."
            )
        }
    });
    view! {
        <div class="row row-device">
            <Avatar synod/>
            <span class="row-words">
                <span class="row-title">"You help "<Name synod/>" to come back"</span>
                <span class="row-note">{format!("{need} of {of} are enough · since {since} · key ")}<ShortKey synod/></span>
            </span>
        </div>
        {before.map(|words| view! { <p class="hint">{words}</p> })}
        <Show when=move || helping.get().is_some() fallback=move || view! {
            <div class="actions">
                <button class="button" type="button" aria-label=move || format!("They need it: {}", name.get()) on:click=move |_| helping.set(Some(is_voided))>"They need it"</button>
                {has_both.then(|| view! {
                    <button class="button" type="button" aria-label=move || format!("They need the one before: {}", name.get()) on:click=move |_| helping.set(Some(true))>"They need the one before"</button>
                })}
                <button class="button danger" type="button" aria-label=move || format!("Give it back: {}", name.get()) on:click=move |_| asked.set(true)>"Give it back"</button>
            </div>
        }>
            <Helping synod name former=helping.get_untracked().unwrap_or_default() done=Callback::new(move |()| helping.set(None))/>
        </Show>
        <Question open=asked title yes="Give it back" act>
            <p>"It is removed from this device and cannot be brought back. They can no longer count on you, are told so, and may choose somebody else."</p>
        </Question>
    }
}
