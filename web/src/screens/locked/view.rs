//! The view of the closed lock.

use leptos::prelude::*;

use crate::app::start::app_lock;
use crate::app::{Handle, Wish};
use crate::browser::page;
use crate::parts::{OpenLock, OtherAccounts, Question};

/// Asks for what opens the lock, and says what can be done where that is gone.
#[component]
pub(crate) fn LockedScreen() -> impl IntoView {
    let handle = expect_context::<Handle>();
    let opened = Callback::new(move |()| {
        let _ = handle.wish(Wish::Unlocked);
    });
    let forgotten = RwSignal::new(false);
    page::set_title("Locked · Effigy");
    // While it is closing, the page is about to be loaded anew.
    let asks = app_lock::is_closed().then(|| {
        view! {
            <OpenLock opened action="Unlock"/>
            <button class="quiet" type="button" aria-expanded=move || forgotten.get().to_string() on:click=move |_| forgotten.update(|is| *is = !*is)>"I cannot open it"</button>
            <Show when=move || forgotten.get()><Forgotten/></Show>
        }
    });
    view! {
        <main class="plain">
            <img class="plain-mark" src="/icons/mark.svg" width="96" height="96" alt=""/>
            <h1 tabindex="-1">"Effigy is locked"</h1>
            {asks}
        </main>
    }
}

/// The way to the account without the lock.
#[component]
fn Forgotten() -> impl IntoView {
    let handle = expect_context::<Handle>();
    let asked = RwSignal::new(false);
    let go_on = Callback::new(move |()| {
        let _ = handle.wish(Wish::LockForgotten);
    });
    view! {
        <p>"Nobody can open this lock without its passphrase or passkey, and nobody can reset it. Your account can come back all the same: by another device of yours, your recovery words, friends who help, or a backup."</p>
        <div class="actions">
            <button class="button danger" type="button" on:click=move |_| asked.set(true)>"Come back another way"</button>
        </div>
        <OtherAccounts/>
        <Question open=asked title="Come back without the lock?" yes="Show the ways" act=go_on>
            <p>"Nothing is deleted yet. But when you come back by one of these ways, or start anew, this browser becomes a new device of your account, and what only it has is gone: drafts, posts that nobody else has got yet, and shares that you keep for friends."</p>
        </Question>
    }
}
