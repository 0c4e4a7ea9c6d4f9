//! The view of the recovery words.

use effigy_core::mnemonic::Words;
use leptos::prelude::*;
use zeroize::Zeroizing;

use super::ask::Ask;
use super::file::ToFile;
use super::friends::Friends;
use super::held::Held;
use crate::app::{Handle, Model, task};
use crate::browser::{clipboard, page};
use crate::parts::{AskLock, LockFirst, Screen, WordsEntry};

/// How far the person is with their words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    Told,
    Shown,
    Asked,
}

/// Backup and recovery.
#[component]
pub(crate) fn Backup() -> impl IntoView {
    let has_words = expect_context::<Model>().has_words();
    // While somebody enters their words for friends, they are asked for nowhere else.
    let choosing = RwSignal::new(false);
    view! {
        <Screen title="Backup and recovery" back="#/you">
            <Show when=move || !choosing.get()>
                <Show when=move || has_words.get() fallback=|| view! { <Kept/> }><Keeping/></Show>
            </Show>
            <Friends choosing/>
            <Held/>
            <ToFile/>
        </Screen>
    }
}

/// The words are still on this device: they are to be written down.
#[component]
fn Keeping() -> impl IntoView {
    let handle = expect_context::<Handle>();
    let step = RwSignal::new(Step::Told);
    // Only while the screen is shown.
    let words = RwSignal::new(None::<Words>);
    let first = LockFirst::then(Callback::new(move |()| {
        task::run_while_shown(async move {
            words.try_set(handle.words().await);
            step.try_set(Step::Shown);
        });
    }));
    let back = Callback::new(move |()| step.set(Step::Shown));
    move || {
        match (step.get(), words.get()) {
        (Step::Asked, Some(words)) => view! { <Ask words back/> }.into_any(),
        (Step::Shown, Some(words)) => {
            view! { <Shown words next=Callback::new(move |()| step.set(Step::Asked))/> }.into_any()
        }
        _ => view! {
            <section class="panel" aria-labelledby="keep-title">
                <h2 id="keep-title">"Write down your recovery words"</h2>
                <p>"Your account is on your devices and nowhere else. If you lose them all, twelve words bring it back: your name, your follows and what others keep of your posts."</p>
                <p>"Whoever has the words has your account. Write them on paper, where nobody else reads them. Afterwards this device forgets them."</p>
                <div class="actions"><button class="button primary" type="button" on:click=move |_| first.ask(())>"Show my words"</button></div>
                <AskLock first before="your words are shown"/>
            </section>
        }
        .into_any(),
    }
    }
}

/// The words in their order.
#[component]
pub(crate) fn Shown(words: Words, next: Callback<()>) -> impl IntoView {
    let model = expect_context::<Model>();
    let may_copy = RwSignal::new(false);
    let grid: Vec<&'static str> = words.iter().collect();
    let copy = move |_| {
        let words = words.clone();
        task::run(async move {
            let text = Zeroizing::new(words.iter().collect::<Vec<_>>().join(" "));
            if clipboard::copy(&text).await {
                model.toasts().note(
                    "Copied. Paste them where only you read them, and then copy something else.",
                );
            } else {
                model
                    .toasts()
                    .trouble("The browser did not allow copying. Write the words on paper.");
            }
        });
    };
    view! {
        <section class="panel words-sheet" aria-labelledby="words-title">
            <h2 id="words-title">"Your recovery words"</h2>
            <p class="print-only">"Effigy: whoever has these words has the account. Keep this sheet where nobody else reads it."</p>
            <ol class="words-grid" class:may-copy=may_copy on:copy=move |event| if !may_copy.get_untracked() { event.prevent_default() }>
                {grid.into_iter().map(|word| view! { <li>{word}</li> }).collect_view()}
            </ol>
            <div class="actions">
                <button class="button" type="button" on:click=|_| page::print()>"Print a sheet"</button>
                <Show when=move || may_copy.get()><button class="button" type="button" on:click=copy.clone()>"Copy the words"</button></Show>
            </div>
            <label class="check"><input type="checkbox" prop:checked=may_copy on:change=move |event| may_copy.set(event_target_checked(&event))/>" Allow copying. Other programs may read what is copied."</label>
            <div class="actions"><button class="button primary" type="button" on:click=move |_| next.run(())>"I have written them down"</button></div>
        </section>
    }
}

/// The words are with the person alone.
#[component]
fn Kept() -> impl IntoView {
    let model = expect_context::<Model>();
    let right = RwSignal::new(false);
    let take = Callback::new(move |words: Words| {
        let is_mine = model.me() == Some(words.root_sign().identity());
        right.set(is_mine);
        if is_mine {
            Ok(())
        } else {
            Err("These are the words of another account, not of this one. Nothing was changed.")
        }
    });
    view! {
        <section class="panel" aria-labelledby="kept-title">
            <h2 id="kept-title">"Your words are kept by you"</h2>
            <p>"This device has forgotten them, so nobody who finds it can read them, and they cannot be shown again. On a new device choose “I already have an account”, then Recovery words."</p>
        </section>
        <section class="panel" aria-labelledby="check-title">
            <h2 id="check-title">"Check that you still have them"</h2>
            <Show when=move || right.get() fallback=move || view! { <WordsEntry take action="Check"/> }>
                <p role="status">"These are the words of this account. Put them back where you keep them."</p>
            </Show>
        </section>
    }
}
