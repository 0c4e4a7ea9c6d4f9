//! The view of a device whose store is behind what is known of it.

use leptos::prelude::*;

use crate::app::{Damage, Handle, Model, Phase, Wish};
use crate::browser::page;
use crate::parts::{OtherAccounts, Question, StatusLine};
use crate::screens::{ByBackup, ByFriends, ByWords, LinkThis};
use effigy_proto::Command;

/// Says what is missing, how it comes back, and what can be done when it does not.
#[component]
pub(crate) fn Repair() -> impl IntoView {
    let phase = expect_context::<Model>().phase();
    let behind = Memo::new(move |_| match phase.get() {
        Phase::Repair(Damage::Behind(repair)) => Some(repair),
        _ => None,
    });
    let is_behind = Memo::new(move |_| behind.get().is_some());
    let is_unsure = Memo::new(move |_| behind.get().is_some_and(|repair| !repair.is_counted()));
    let is_forgotten = Memo::new(move |_| phase.get() == Phase::Repair(Damage::LockForgotten));
    let title = move || {
        if is_forgotten.get() {
            "Come back without the lock"
        } else if is_unsure.get() {
            "Some of your posts may be missing here"
        } else {
            "Some of your posts are missing here"
        }
    };
    let counts = Signal::derive(move || {
        behind.get().map(|repair| (repair.held, repair.known)).unwrap_or_default()
    });
    page::set_title(if is_forgotten.get_untracked() {
        "Come back · Effigy"
    } else {
        "Posts are missing · Effigy"
    });
    view! {
        <main class="plain">
            <img class="plain-mark" src="/icons/mark.svg" width="96" height="96" alt=""/>
            <h1 tabindex="-1">{title}</h1>
            {move || if is_behind.get() {
                view! { <Behind counts is_unsure/> }.into_any()
            } else if is_forgotten.get() {
                view! { <LockForgotten/> }.into_any()
            } else {
                view! { <KeysLost/> }.into_any()
            }}
            <OtherAccounts/>
        </main>
    }
}

/// The rest is being fetched.
#[component]
fn Behind(counts: Signal<(u64, u64)>, is_unsure: Memo<bool>) -> impl IntoView {
    let handle = expect_context::<Handle>();
    let model = expect_context::<Model>();
    let asked = RwSignal::new(false);
    let go_on = Callback::new(move |()| {
        if handle.send(Command::OverrideFence) {
            model.override_repair();
        } else {
            model
                .toasts()
                .trouble("Effigy is busy. Nothing was changed; please try again in a moment.");
        }
    });
    let question = Signal::derive(move || {
        if is_unsure.get() {
            "Go on with what is here?".to_owned()
        } else {
            "Go on without the missing posts?".to_owned()
        }
    });
    view! {
        <Show when=move || is_unsure.get() fallback=move || view! {
            <p>"The browser lost part of what this device wrote. Friends and meeting points that have it are being asked for it. Until then nothing new is posted, so that nobody sees two versions of you."</p>
            <p role="status">{move || format!("{} of {} posts are here.", counts.get().0, counts.get().1)}</p>
            <progress max=move || counts.get().1.to_string() value=move || counts.get().0.to_string() aria-label="Posts that are here"></progress>
        }>
            <p>"The browser damaged its note of how much this device has written, so Effigy cannot tell whether all of it is here. Friends and meeting points are being asked for more. Read what is here: if your newest post is among it, go on. Until then nothing new is posted, so that nobody sees two versions of you."</p>
            <p role="status">{move || format!("{} posts are here.", counts.get().0)}</p>
        </Show>
        <StatusLine/>
        <div class="actions">
            <button class="button" type="button" on:click=move |_| model.set_phase(Phase::Running)>"Read meanwhile"</button>
            <button class="button danger" type="button" on:click=move |_| asked.set(true)>
                {move || if is_unsure.get() { "Go on with what is here" } else { "Go on without them" }}
            </button>
        </div>
        <Question open=asked title=question yes="Go on" act=go_on>
            <p>"Do this only if nobody who has them will come back. People who still hold the missing posts will see two versions of this device."</p>
        </Question>
    }
}

/// Nothing can be fetched, because nobody could be asked for it in this person's name.
#[component]
fn KeysLost() -> impl IntoView {
    view! {
        <p>"There was an account in this browser, but the browser has lost its keys. That happens when site data is cleared. Posts that your friends already have stay with them."</p>
        <p>"If you moved or restored this browser's profile, close it and open the old one: the account may still be there."</p>
        <ByWords/>
        <ByFriends/>
        <ByBackup/>
        <StartAnew back="Try again"/>
    }
}

/// The keys are here, and nobody opens their lock any more.
#[component]
fn LockForgotten() -> impl IntoView {
    view! {
        <p>"Choose how your account comes back. What is in this browser stays as it is until it does: until then you can go back to the lock."</p>
        <LinkThis/>
        <ByWords/>
        <ByFriends/>
        <ByBackup/>
        <StartAnew back="Back to the lock"/>
    }
}

/// Loading the page anew, or giving the account up.
#[component]
fn StartAnew(
    /// What loading the page anew is called.
    back: &'static str,
) -> impl IntoView {
    let handle = expect_context::<Handle>();
    let asked = RwSignal::new(false);
    let start_over = Callback::new(move |()| {
        let _ = handle.wish(Wish::StartOver);
    });
    view! {
        <div class="actions">
            <a class="button" href="">{back}</a>
            <button class="button danger" type="button" on:click=move |_| asked.set(true)>"Start a new account"</button>
        </div>
        <Question open=asked title="Start a new account?" yes="Start anew" act=start_over>
            <p>"What is left of the old account is removed from this browser. You begin with a new identity, and your friends have to add you again."</p>
        </Question>
    }
}
