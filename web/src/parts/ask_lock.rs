//! Opening the app lock: at the start, and once more before what somebody else at this device would do.

use std::time::Duration;

use leptos::prelude::*;
use zeroize::Zeroizing;

use super::{Dialog, Passphrase};
use crate::app::start::app_lock::{Kind, Opener, kind, open};
use crate::app::{error, task};
use crate::browser::tries;

/// How often the seconds are counted that the next try has to wait.
const SECOND: Duration = Duration::from_secs(1);

/// What the lock asks for, and a button.
#[component]
pub(crate) fn OpenLock(
    /// Called once it is open.
    opened: Callback<()>,
    /// What the button says.
    action: &'static str,
) -> impl IntoView {
    let passphrase = Passphrase::new();
    let (busy, trouble) = (RwSignal::new(false), RwSignal::new(None::<&'static str>));
    let left = seconds_left();
    let attempt = move |opener: Opener| {
        busy.set(true);
        trouble.set(None);
        task::run(async move {
            let tried = open(opener).await;
            busy.try_set(false);
            left.try_set(tries::left());
            match tried {
                Ok(()) => {
                    passphrase.wipe();
                    opened.try_run(());
                }
                Err(why) => drop(trouble.try_set(Some(error::lock(why)))),
            }
        });
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        attempt(Opener::Passphrase(Zeroizing::new(passphrase.text.get_untracked())));
    };
    let is_held = Memo::new(move |_| busy.get() || left.get() > 0);
    let name = move || if busy.get() { "One moment…" } else { action };
    let by_passkey = move || {
        if busy.get() { "One moment…".to_owned() } else { format!("{action} with the passkey") }
    };
    let wait = move || {
        let left = left.get();
        (left > 0).then(|| format!("Too many tries. You can try again in {left} s."))
    };
    view! {
        <p class="fault" role="alert">{trouble}</p>
        {move || wait().map(|words| view! { <p class="hint" role="timer">{words}</p> })}
        {match kind() {
            Some(Kind::Passphrase) => view! {
                <form class="stack" autocomplete="off" on:submit=submit>
                    <label>
                        <span class="label">"Passphrase of the lock"</span>
                        <input type="password" autocomplete="current-password" autocapitalize="none" spellcheck="false" maxlength="512" autofocus=true bind:value=passphrase.text/>
                    </label>
                    <button class="button primary wide" type="submit" disabled=is_held>{name}</button>
                </form>
            }
            .into_any(),
            Some(Kind::Passkey) => view! {
                <button class="button primary wide" type="button" autofocus=true disabled=is_held on:click=move |_| attempt(Opener::Passkey)>
                    {by_passkey}
                </button>
            }
            .into_any(),
            None => ().into_any(),
        }}
    }
}

/// How long the next try has to wait, counted down.
fn seconds_left() -> RwSignal<u64> {
    let left = RwSignal::new(tries::left());
    let tick = move || {
        let now = tries::left();
        if left.try_get_untracked().is_some_and(|shown| shown != now) {
            left.try_set(now);
        }
    };
    if let Ok(interval) = set_interval_with_handle(tick, SECOND) {
        on_cleanup(move || interval.clear());
    }
    left
}

/// Something that waits until the lock was opened for it.
pub(crate) struct LockFirst<T: 'static> {
    act: Callback<T>,
    asked: RwSignal<bool>,
    waiting: StoredValue<Option<T>>,
}

impl<T: 'static> Clone for LockFirst<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: 'static> Copy for LockFirst<T> {}

impl<T: Send + Sync + 'static> LockFirst<T> {
    /// This is done, and not before.
    pub(crate) fn then(act: Callback<T>) -> Self {
        Self { act, asked: RwSignal::new(false), waiting: StoredValue::new(None) }
    }

    /// Asks for the lock, and then does it with this. Where there is no lock, at once.
    pub(crate) fn ask(self, with: T) {
        self.waiting.set_value(Some(with));
        if kind().is_some() {
            self.asked.set(true);
        } else {
            self.go_on();
        }
    }

    fn go_on(self) {
        let mut waiting = None;
        self.waiting.update_value(|all| waiting = all.take());
        self.asked.set(false);
        if let Some(with) = waiting {
            self.act.run(with);
        }
    }
}

/// The question for the lock.
#[component]
pub(crate) fn AskLock<T>(
    /// What waits for the answer.
    first: LockFirst<T>,
    /// Before what it is asked.
    before: &'static str,
) -> impl IntoView
where
    T: Send + Sync + 'static,
{
    let asked = first.asked;
    // What is waited for no longer is kept no longer: it may be words.
    Effect::new(move || {
        if !asked.get() {
            first.waiting.set_value(None);
        }
    });
    let opened = Callback::new(move |()| first.go_on());
    view! {
        <Dialog open=asked title="Open the lock">
            <p>{format!("Once more, before {before}.")}</p>
            <OpenLock opened action="Go on"/>
        </Dialog>
    }
}
