//! Where a passphrase is entered: a new one twice, with how well it stands up to guessing.

use effigy_core::passphrase::{LEAST, Strength, strength};
use leptos::prelude::*;
use web_sys::SubmitEvent;
use zeroize::Zeroize as _;

use super::LockFirst;

/// A passphrase that is being entered. Wiped with the screen.
#[derive(Clone, Copy)]
pub(crate) struct Passphrase {
    /// What was typed.
    pub(crate) text: RwSignal<String>,
    /// The same once more.
    again: RwSignal<String>,
}

impl Passphrase {
    /// Nothing was typed yet.
    pub(crate) fn new() -> Self {
        let passphrase =
            Self { text: RwSignal::new(String::new()), again: RwSignal::new(String::new()) };
        on_cleanup(move || passphrase.wipe());
        passphrase
    }

    /// Takes away what was typed.
    pub(crate) fn wipe(self) {
        for field in [self.text, self.again] {
            let _ = field.try_update(|text| text.zeroize());
        }
    }

    /// What a form with a new one does when it is sent: it says what is amiss, or asks for the lock and goes on.
    pub(crate) fn on_submit(
        self,
        trouble: RwSignal<Option<String>>,
        first: LockFirst<()>,
    ) -> impl Fn(SubmitEvent) + Copy {
        move |event| {
            event.prevent_default();
            let amiss = self.amiss();
            let is_fine = amiss.is_none();
            trouble.set(amiss);
            if is_fine {
                first.ask(());
            }
        }
    }

    /// What is amiss with a new one; `None` when it may be used.
    fn amiss(self) -> Option<String> {
        let text = self.text.get_untracked();
        if strength(&text) == Strength::Short {
            Some(format!(
                "Choose a passphrase of at least {LEAST} characters, and not the same few again and again. Nothing was changed."
            ))
        } else if text != self.again.get_untracked() {
            Some(
                "The two passphrases are not the same. Nothing was changed; type them once more."
                    .to_owned(),
            )
        } else {
            None
        }
    }
}

const fn words(strength: Strength) -> &'static str {
    match strength {
        Strength::Short => "Too short, or too much the same.",
        Strength::Weak => "Weak: somebody who is serious guesses it. Make it longer.",
        Strength::Fair => "Fair: guessing it takes years.",
        Strength::Strong => "Strong.",
    }
}

/// Two fields for a new passphrase.
#[component]
pub(crate) fn NewPassphrase(passphrase: Passphrase) -> impl IntoView {
    let shown = RwSignal::new(false);
    let kind = move || if shown.get() { "text" } else { "password" };
    let judged =
        move || passphrase.text.with(|text| (!text.is_empty()).then(|| words(strength(text))));
    view! {
        <label>
            <span class="label">"Passphrase"</span>
            <input type=kind autocomplete="new-password" autocapitalize="none" spellcheck="false" maxlength="512" aria-describedby="passphrase-hint" bind:value=passphrase.text/>
        </label>
        <p class="hint" id="passphrase-hint">"Four or more words that do not belong together are easy to remember and hard to guess. A line of a song or a book is not."</p>
        <p class="hint" role="status" data-strength="">{judged}</p>
        <label>
            <span class="label">"Passphrase, once more"</span>
            <input type=kind autocomplete="new-password" autocapitalize="none" spellcheck="false" maxlength="512" bind:value=passphrase.again/>
        </label>
        <label class="check"><input type="checkbox" prop:checked=shown on:change=move |event| shown.set(event_target_checked(&event))/>" Show what I type"</label>
    }
}
