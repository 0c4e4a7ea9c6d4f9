//! The view for taking an account out of this browser.

use leptos::prelude::*;

use crate::app::{Handle, Model, NotDone, Wish, error};
use crate::parts::{AskLock, Glyph, Icon, LockFirst, Name, Question, Screen, called, is_same_name};

/// Says what goes and what stays, has the words kept first, asks once more, and removes the account.
#[component]
pub(crate) fn Leave() -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let has_words = model.has_words();
    let name =
        Memo::new(move |_| model.with_view(|view| called(view, &view.me())).unwrap_or_default());
    let typed = RwSignal::new(String::new());
    let (asked, trouble) = (RwSignal::new(false), RwSignal::new(None::<&'static str>));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let is_named = !has_words.get_untracked()
            || is_same_name(&typed.get_untracked(), &name.get_untracked());
        trouble.set((!is_named).then_some(
            "This is not the name of this account. Nothing was changed; type it as it stands above.",
        ));
        asked.set(is_named);
    };
    let first = LockFirst::then(Callback::new(move |()| {
        if !handle.wish(Wish::Leave) {
            model.toasts().trouble(error::not_done(NotDone::Busy));
        }
    }));
    let act = Callback::new(move |()| first.ask(()));
    let title =
        Signal::derive(move || format!("Remove \u{2068}{}\u{2069} from this browser?", name.get()));
    view! {
        <Screen title="Remove from this browser" back="#/you/accounts">
            {model.me().map(|synod| view! {
                <p>"Everything that this browser keeps of "<b><Name synod/></b>" is removed: keys, posts, pictures and drafts. Other accounts here stay as they are."</p>
            })}
            <ul class="effects">
                <li>"The account itself goes on, with your friends, at meeting points and on other devices of yours. To end it, "<a href="#/you/close">"close it"</a>" instead."</li>
                <li>"This browser stays in the list of your devices until you remove it there on another device."</li>
                <Risks/>
            </ul>
            <Show when=move || has_words.get()><WordsFirst/></Show>
            <form class="stack" on:submit=submit>
                <Show when=move || has_words.get()>
                    <label>
                        <span class="label">"To remove it all the same, type its name: "<bdi>{name}</bdi></span>
                        <input type="text" maxlength="80" dir="auto" autocomplete="off" bind:value=typed/>
                    </label>
                </Show>
                <p class="fault" role="alert">{trouble}</p>
                <div class="actions">
                    <a class="button" href="#/you/accounts">"Cancel"</a>
                    <button class="button danger" type="submit">"Remove from this browser"</button>
                </div>
            </form>
            <Question open=asked title yes="Remove it" act>
                <p>"What only this browser has is gone then. You come back by another device of yours, the recovery words, friends who help, or a backup file; there is no other way."</p>
            </Question>
            <AskLock first before="the account is removed from here"/>
        </Screen>
    }
}

/// What would be lost with this browser.
#[component]
fn Risks() -> impl IntoView {
    let network = expect_context::<Model>().network();
    let waiting = Memo::new(move |_| network.with(|network| network.waiting));
    let is_only = Memo::new(move |_| network.with(|network| network.devices.len() == 1));
    let words = move || match waiting.get() {
        1 => "1 thing that you posted or changed has reached nobody yet, and would be lost."
            .to_owned(),
        n => format!(
            "{n} things that you posted or changed have reached nobody yet, and would be lost."
        ),
    };
    view! {
        <Show when=move || is_only.get()>
            <li>"No other device of yours has this account."</li>
        </Show>
        <Show when=move || waiting.get() != 0><li>{words}</li></Show>
    }
}

/// The words are on this device and nowhere else.
#[component]
fn WordsFirst() -> impl IntoView {
    view! {
        <div class="notice notice-trouble" role="status" data-notice="words-first">
            <Glyph icon=Icon::Alert/>
            <p>"The recovery words of this account are in this browser and nowhere else. Without them, another device or a backup file, nobody can bring the account back."</p>
            <div class="notice-actions">
                <a class="button primary" href="#/you/backup">"Write them down, or back up"</a>
            </div>
        </div>
    }
}
