//! Restoring a backup: choosing the file, its passphrase, and how far it is.

use leptos::prelude::*;
use web_sys::{File, HtmlInputElement};
use zeroize::Zeroizing;

use crate::app::{Handle, NotDone, Restore, Restoring, Wish, error};
use crate::browser::slices;
use crate::parts::{Passphrase, bytes};

/// A backup that is being chosen and restored. Cheap to copy into closures.
#[derive(Clone, Copy)]
struct Choice {
    file: StoredValue<Option<File>, LocalStorage>,
    goes_on: RwSignal<bool>,
    handle: Handle,
    name: RwSignal<Option<String>>,
    passphrase: Passphrase,
    state: RwSignal<Restoring>,
    trouble: RwSignal<Option<&'static str>>,
}

impl Choice {
    fn new() -> Self {
        Self {
            file: StoredValue::new_local(None),
            goes_on: RwSignal::new(true),
            handle: expect_context(),
            name: RwSignal::new(None),
            passphrase: Passphrase::new(),
            state: RwSignal::new(Restoring::Idle),
            trouble: RwSignal::new(None),
        }
    }

    fn choose(self, file: Option<File>) {
        self.trouble.set(None);
        self.state.set(Restoring::Idle);
        let words = |file: &File| format!("{}, {}", file.name(), bytes(slices::size(file)));
        self.name.set(file.as_ref().map(words));
        self.file.set_value(file);
    }

    fn restore(self) {
        let Some(file) = self.file.get_value() else {
            return self.trouble.set(Some("Choose the file of the backup first."));
        };
        self.trouble.set(None);
        self.goes_on.set(true);
        self.state.set(Restoring::Opening);
        let restore = Restore {
            file: StoredValue::new_local(file),
            goes_on: self.goes_on,
            passphrase: Zeroizing::new(self.passphrase.text.get_untracked()),
            state: self.state,
        };
        if !self.handle.wish(Wish::Restore(restore)) {
            self.state.set(Restoring::Idle);
            self.trouble.set(Some(error::not_done(NotDone::Busy)));
        }
    }

    fn amiss(self) -> Option<String> {
        match self.state.get() {
            Restoring::Failed(why) => Some(error::backup(why)),
            _ => self.trouble.get().map(str::to_owned),
        }
    }
}

/// The file, its passphrase, and what becomes of it.
#[component]
pub(crate) fn ByBackup() -> impl IntoView {
    let choice = Choice::new();
    let Choice { goes_on, name, passphrase, state, .. } = choice;
    let is_busy =
        Memo::new(move |_| !matches!(state.get(), Restoring::Idle | Restoring::Failed(_)));
    let choose = move |event: web_sys::Event| {
        let field: HtmlInputElement = event_target(&event);
        choice.choose(field.files().and_then(|files| files.get(0)));
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        choice.restore();
    };
    view! {
        <section class="panel" aria-labelledby="by-backup-title">
            <h2 id="by-backup-title">"Backup file"</h2>
            <p>"Choose a file that you wrote in “You › Backup and recovery”, and enter its passphrase. Everything is checked before anything is changed."</p>
            <form class="stack" autocomplete="off" on:submit=submit>
                <label class="button" class:disabled=is_busy>
                    "Choose the file"
                    <input class="sr-only" type="file" accept=".effigybackup,application/octet-stream" disabled=is_busy on:change=choose/>
                </label>
                <Show when=move || name.get().is_some()><p class="hint"><bdi>{name}</bdi></p></Show>
                <label>
                    <span class="label">"Passphrase of the backup"</span>
                    <input type="password" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="512" bind:value=passphrase.text/>
                </label>
                <p class="fault" role="alert">{move || choice.amiss()}</p>
                <Show
                    when=move || is_busy.get()
                    fallback=|| view! { <div class="actions"><button class="button primary" type="submit">"Restore"</button></div> }
                >
                    <Progress state/>
                    <div class="actions"><button class="button" type="button" on:click=move |_| goes_on.set(false)>"Cancel"</button></div>
                </Show>
            </form>
        </section>
    }
}

/// How far it is. Numbers change too often to be read out; where it stands is.
#[component]
fn Progress(state: RwSignal<Restoring>) -> impl IntoView {
    let stage = Memo::new(move |_| match state.get() {
        Restoring::Checking { .. } => "Checking the backup…",
        Restoring::Writing { .. } => "Restoring…",
        _ => "Opening the backup…",
    });
    let numbers = Memo::new(move |_| match state.get() {
        Restoring::Checking { all, done } | Restoring::Writing { all, done } => Some((done, all)),
        _ => None,
    });
    let words =
        move || numbers.get().map(|(done, all)| format!("{} of {}", bytes(done), bytes(all)));
    view! {
        <p role="status">{stage}</p>
        <progress
            max=move || numbers.get().map(|(_, all)| all.to_string())
            value=move || numbers.get().map(|(done, _)| done.to_string())
            aria-label="How much of the backup was read"
        ></progress>
        <p class="hint" data-numbers="">{words}</p>
    }
}
