//! The view of the app lock.

use leptos::prelude::*;
use zeroize::Zeroizing;

use crate::app::start::app_lock::{Change, Kind, change};
use crate::app::{Handle, Model, error, lock_now, task};
use crate::browser::{passkey, settings};
use crate::parts::{
    AskLock, Glyph, Icon, LockFirst, NewPassphrase, Passphrase, Question, Screen, called,
};

/// After how many minutes it may close by itself; 0 is never.
const MINUTES: [(u32, &str); 4] = [
    (1, "After 1 minute"),
    (5, "After 5 minutes"),
    (15, "After 15 minutes"),
    (0, "Only when Effigy is opened anew"),
];

/// Before what the lock is asked for here.
const BEFORE: &str = "the lock is changed";

/// You › App lock.
#[component]
pub(crate) fn AppLock() -> impl IntoView {
    let model = expect_context::<Model>();
    let (lock, has_words) = (model.lock(), model.has_words());
    let standing = move || match lock.get() {
        None => "There is no lock: whoever opens this browser opens Effigy.",
        Some(Kind::Passkey) => "The lock is set: Effigy asks for your passkey.",
        Some(Kind::Passphrase) => "The lock is set: Effigy asks for your passphrase.",
    };
    view! {
        <Screen title="App lock" back="#/you">
            <p role="status" data-lock="">{standing}</p>
            <p class="hint">"A lock keeps others from opening Effigy here, and encrypts your keys: without it nobody posts as you, not even with a copy of this browser's files. It does not encrypt posts and pictures that lie on this device; the encryption of your system's disk does. It holds for this browser alone."</p>
            <Show when=move || has_words.get()>
                <div class="notice" data-notice="words">
                    <Glyph icon=Icon::Key/>
                    <p>"Nobody can open a lock that was forgotten. Write your recovery words down first: they bring the account back."</p>
                    <div class="notice-actions"><a class="button" href="#/you/backup">"Show my words"</a></div>
                </div>
            </Show>
            <Show when=move || lock.get().is_some()><When/></Show>
            <ByPassphrase/>
            <ByPasskey/>
            <Show when=move || lock.get().is_some()><Remove/></Show>
        </Screen>
    }
}

/// When it closes.
#[component]
fn When() -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let after = RwSignal::new(settings::lock_after());
    view! {
        <fieldset class="choices">
            <legend>"When does it lock by itself?"</legend>
            {MINUTES.map(|(minutes, name)| view! {
                <label><input type="radio" name="after" prop:checked=move || after.get() == minutes on:change=move |_| { settings::choose_lock_after(minutes); after.set(minutes); }/>" "{name}</label>
            })}
        </fieldset>
        <div class="actions"><button class="button" type="button" on:click=move |_| lock_now(model, handle)><Glyph icon=Icon::Lock/>"Lock now"</button></div>
    }
}

/// A change that is being made.
#[derive(Clone, Copy)]
struct Changing {
    busy: RwSignal<bool>,
    handle: Handle,
    model: Model,
    trouble: RwSignal<Option<String>>,
}

impl Changing {
    fn new() -> Self {
        Self {
            busy: RwSignal::new(false),
            handle: expect_context(),
            model: expect_context(),
            trouble: RwSignal::new(None),
        }
    }

    /// Makes it, and says what came of it.
    fn make(self, what: Change, done: &'static str, then: impl FnOnce() + 'static) {
        self.busy.set(true);
        self.trouble.set(None);
        task::run(async move {
            match change(self.handle, what).await {
                Ok(()) => {
                    then();
                    self.model.toasts().note(done);
                }
                Err(why) => drop(self.trouble.try_set(Some(error::lock(why).to_owned()))),
            }
            self.busy.try_set(false);
        });
    }
}

#[component]
fn ByPassphrase() -> impl IntoView {
    let lock = expect_context::<Model>().lock();
    let changing = Changing::new();
    let Changing { busy, trouble, .. } = changing;
    let passphrase = Passphrase::new();
    let first = LockFirst::then(Callback::new(move |()| {
        let text = Zeroizing::new(passphrase.text.get_untracked());
        let done = "Effigy asks for this passphrase from now on.";
        changing.make(Change::Passphrase(text), done, move || passphrase.wipe());
    }));
    let submit = passphrase.on_submit(trouble, first);
    let (title, action) = (
        move || match lock.get() {
            None => "By a passphrase",
            Some(Kind::Passkey) => "By a passphrase instead",
            Some(Kind::Passphrase) => "Another passphrase",
        },
        move || match (busy.get(), lock.get()) {
            (true, _) => "One moment…",
            (false, Some(Kind::Passphrase)) => "Change the passphrase",
            (false, _) => "Set the passphrase",
        },
    );
    view! {
        <section class="panel" aria-labelledby="by-passphrase-title">
            <h2 id="by-passphrase-title">{title}</h2>
            <form class="stack" autocomplete="off" on:submit=submit>
                <NewPassphrase passphrase/>
                <p class="fault" role="alert">{trouble}</p>
                <div class="actions"><button class="button primary" type="submit" disabled=busy>{action}</button></div>
            </form>
            <AskLock first before=BEFORE/>
        </section>
    }
}

#[component]
fn ByPasskey() -> impl IntoView {
    let model = expect_context::<Model>();
    let lock = model.lock();
    let changing = Changing::new();
    let Changing { busy, trouble, .. } = changing;
    let first = LockFirst::then(Callback::new(move |()| {
        let name = model.with_view_once(|view| called(view, &view.me())).unwrap_or_default();
        let done = "Effigy asks for the passkey from now on.";
        changing.make(Change::Passkey(name), done, || ());
    }));
    let (title, action) = (
        move || match lock.get() {
            None => "By a passkey",
            Some(Kind::Passkey) => "Another passkey",
            Some(Kind::Passphrase) => "By a passkey instead",
        },
        move || match (busy.get(), lock.get()) {
            (true, _) => "One moment…",
            (false, Some(Kind::Passkey)) => "Use another passkey",
            (false, _) => "Use a passkey",
        },
    );
    view! {
        <section class="panel" aria-labelledby="by-passkey-title">
            <h2 id="by-passkey-title">{title}</h2>
            <Show
                when=passkey::is_there
                fallback=|| view! { <p class="hint">"This browser has no passkeys."</p> }
            >
                <p>"Your fingerprint, your face, the PIN of this device, or a security key. It has to give Effigy a secret of its own, and not every one does: if yours does not, you are told and nothing is changed."</p>
                <p class="fault" role="alert">{trouble}</p>
                <div class="actions"><button class="button" type="button" disabled=busy on:click=move |_| first.ask(())>{action}</button></div>
                <Show when=move || lock.get() == Some(Kind::Passkey)>
                    <p class="hint">"A passkey that is no longer used you delete where your system keeps passkeys, and never the one of this lock."</p>
                </Show>
            </Show>
            <AskLock first before=BEFORE/>
        </section>
    }
}

#[component]
fn Remove() -> impl IntoView {
    let changing = Changing::new();
    let Changing { busy, trouble, .. } = changing;
    let asked = RwSignal::new(false);
    let first = LockFirst::then(Callback::new(move |()| {
        changing.make(Change::Remove, "The lock is removed. Nothing is asked any more.", || ());
    }));
    let ask = Callback::new(move |()| first.ask(()));
    view! {
        <p class="fault" role="alert">{trouble}</p>
        <div class="actions"><button class="button danger" type="button" disabled=busy on:click=move |_| asked.set(true)>"Remove the lock"</button></div>
        <Question open=asked title="Remove the lock?" yes="Remove" act=ask>
            <p>"Whoever opens this browser opens Effigy then. Your keys stay encrypted by a key of the browser, which opens them for whoever has a copy of all of its files."</p>
        </Question>
        <AskLock first before="the lock is removed"/>
    }
}
