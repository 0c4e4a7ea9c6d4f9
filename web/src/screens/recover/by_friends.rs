//! Coming back with friends' help, where the words are lost as well.

use effigy_core::mnemonic::Words;
use effigy_core::share::{Gathering, Plea, ShareError};
use leptos::prelude::*;

use crate::app::{Handle, Model, NotDone, Wish, error, task};
use crate::parts::{CopyField, EmojiRow, QrCode, QrScan, Unread};
use crate::screens::backup::Shown;

/// The code that friends read, and what they gave so far.
#[component]
pub(crate) fn ByFriends() -> impl IntoView {
    let handle = expect_context::<Handle>();
    let gathering = RwSignal::new(None::<Gathering>);
    let begin = move |_| {
        task::run_while_shown(async move {
            gathering.try_set(handle.gathering().await);
        });
    };
    let plea = Memo::new(move |_| gathering.with(|all| all.as_ref().map(Gathering::plea)));
    let words = move |all: &Option<Gathering>| all.as_ref().and_then(|all| all.words().ok());
    let is_enough = Memo::new(move |_| gathering.with(|all| words(all).is_some()));
    let go_on = move |words: Words| {
        let next = Callback::new({
            let words = words.clone();
            move |()| {
                let _ = handle.wish(Wish::Recover(words.clone()));
            }
        });
        view! {
            <p role="status">"Your friends have brought your account back. These are its recovery words: write them down now, they are shown this once."</p>
            <Shown words next/>
        }
    };
    view! {
        <section class="panel" aria-labelledby="by-friends-title">
            <h2 id="by-friends-title">"Friends"</h2>
            <p>"If you gave shares of your account to friends, enough of them together bring it back, without any words."</p>
            {move || match (plea.get(), is_enough.get().then(|| gathering.with_untracked(words)).flatten()) {
                (_, Some(words)) => go_on(words).into_any(),
                (Some(plea), None) => view! { <Asking plea gathering/> }.into_any(),
                (None, None) => view! { <button class="button" type="button" on:click=begin>"Ask my friends"</button> }.into_any(),
            }}
        </section>
    }
}

/// What friends are shown and asked for, one after the other.
#[component]
fn Asking(plea: Plea, gathering: RwSignal<Option<Gathering>>) -> impl IntoView {
    let handle = expect_context::<Handle>();
    let model = expect_context::<Model>();
    let keep = move |all: Gathering| {
        gathering.set(Some(all.clone()));
        task::run(async move {
            if !handle.keep_gathering(all).await {
                model.toasts().trouble(error::not_done(NotDone::Store { full: false }));
            }
        });
    };
    let read = Callback::new(move |text: String| {
        let Some(mut all) = gathering.get_untracked() else { return Ok(()) };
        let taken =
            all.take(&text).map_err(|why| Unread { words: error::share(why), look_on: true });
        taken.map(|()| keep(all))
    });
    let clear = move |_| {
        if let Some(mut all) = gathering.get_untracked() {
            all.clear();
            keep(all);
        }
    };
    let standing = move || gathering.with(|all| all.as_ref().map(standing).unwrap_or_default());
    let has_some =
        move || gathering.with(|all| all.as_ref().is_some_and(|all| !all.shares().is_empty()));
    let wrong = move || {
        let is_wrong = gathering
            .with(|all| all.as_ref().is_some_and(|all| all.words() == Err(ShareError::Wrong)));
        is_wrong.then_some(error::share(ShareError::Wrong))
    };
    let text = Signal::stored(plea.to_text());
    let number = plea.check().number();
    view! {
        <ol class="steps">
            <li>"Call or meet a friend who keeps a share. They open "<b>"You › Backup and recovery"</b>" and choose "<b>"They need it"</b>"."</li>
            <li>"They read this code, or you send them the text:"</li>
        </ol>
        <div class="my-code"><QrCode text label="QR code that friends read"/></div>
        <CopyField label="Code for friends" text/>
        <ol class="steps" start="3">
            <li>"Tell them by voice which pictures you see, and this number. Do not send it along with the code."</li>
        </ol>
        <EmojiRow pictures=plea.check().pictures()/>
        <p class="link-number" data-number=number.clone()>{number.clone()}</p>
        <ol class="steps" start="4">
            <li>"Read the code that they show you then, or paste the text they send. It can be days between one friend and the next; what you have stays here, sealed."</li>
        </ol>
        <p role="status">{standing}</p>
        <p class="fault" role="alert">{wrong}</p>
        <QrScan read label="Share from a friend" placeholder="effigy-share:…"/>
        <Show when=has_some>
            <div class="actions"><button class="button" type="button" on:click=clear>"Begin again without these"</button></div>
        </Show>
    }
}

/// How many shares are here and needed.
fn standing(all: &Gathering) -> String {
    match all.shares().first() {
        None => "No share is here yet.".to_owned(),
        Some(first) => {
            let (here, need) = (all.shares().len(), first.need);
            format!(
                "{here} of {need} shares are here, for the account whose key ends in {}.",
                first.synod.short()
            )
        }
    }
}
