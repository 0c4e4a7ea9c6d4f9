//! The view of a device that can write nothing any more.

use leptos::prelude::*;

use super::wiping::{Countdown, Wiping};
use crate::app::{Handle, Model, Out, Phase, Wish};
use crate::browser::page;
use crate::parts::{OtherAccounts, Question};

/// Says why, what it means for what is here, and what can be done.
#[component]
pub(crate) fn OutScreen(out: Out) -> impl IntoView {
    let handle = expect_context::<Handle>();
    let model = expect_context::<Model>();
    let asked = RwSignal::new(false);
    let wipe = Callback::new(move |()| {
        let _ = handle.wish(Wish::StartOver);
    });
    let (title, words, hint) = match out {
        Out::Closed => (
            "This account was closed",
            "Nothing of it counts any more: friends and meeting points drop its posts and pictures as soon as they hear of it. Nothing can be posted, here or on any other of its devices, and this cannot be undone.",
            None,
        ),
        Out::Removed => (
            "This device was removed",
            "It no longer belongs to your account, so it can post nothing. What it posted before stays; anything that no other device had seen by then counts for nobody. Your account goes on, on your other devices.",
            Some(
                "If you did not do this, look at \u{201c}Linked devices\u{201d} on another device of yours. To use this one again, wipe it and link it anew. If somebody else has your other devices, wipe this one and enter your recovery words: they outweigh every device.",
            ),
        ),
    };
    page::set_title(&format!("{title} · Effigy"));
    let countdown = (out == Out::Closed).then(|| Countdown::begin(model, wipe));
    let read = move |_| {
        // Whoever reads is not to be surprised.
        model.keep_for_now();
        model.set_phase(Phase::Running);
    };
    view! {
        <main class="plain">
            <img class="plain-mark" src="/icons/mark.svg" width="96" height="96" alt=""/>
            <h1 tabindex="-1">{title}</h1>
            <p>{words}</p>
            {hint.map(|hint| view! { <p>{hint}</p> })}
            {countdown.map(|countdown| view! { <Wiping countdown/> })}
            <div class="actions">
                <button class="button" type="button" on:click=read>"Read what is here"</button>
                <button class="button danger" type="button" on:click=move |_| asked.set(true)>"Wipe this device"</button>
            </div>
            <OtherAccounts/>
            <Question open=asked title="Wipe this device?" yes="Wipe" act=wipe>
                <p>"Everything of this account is removed from this browser. What your other devices and your friends hold stays with them."</p>
            </Question>
        </main>
    }
}
