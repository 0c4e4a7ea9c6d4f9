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
    let (title, hint) = match out {
        Out::Closed => ("This account was closed", None),
        Out::Removed { .. } => (
            "This device was removed",
            Some(
                "If you did not do this, look at \u{201c}Linked devices\u{201d} on another device of yours. To use this one again, wipe it and link it anew. If somebody else has your other devices, wipe this one and enter your recovery words: they outweigh every device.",
            ),
        ),
    };
    // How much counts is known only when all was read.
    let now = move || model.out().get().unwrap_or(out);
    let words = move || {
        match now() {
        Out::Closed => "Nothing of it counts any more: friends and meeting points drop its posts and pictures as soon as they hear of it. Nothing can be posted, here or on any other of its devices, and this cannot be undone.".to_owned(),
        Out::Removed { counts, of } => removed(counts, of),
    }
    };
    let has_lost = move || matches!(now(), Out::Removed { counts, of } if counts < of);
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
                <Show when=has_lost><p>"What counts for nobody any more is on this device alone, and is gone then."</p></Show>
            </Question>
        </main>
    }
}

/// What a removal means for what this device wrote.
fn removed(counts: u64, of: u64) -> String {
    let begin = "It no longer belongs to your account, so it can post nothing. Your account goes on, on your other devices.";
    let drop = "friends and meeting points drop it. It is on this device alone now: read it, and copy what you want to keep, before you wipe this device.";
    match (counts, of.saturating_sub(counts)) {
        (_, 0) => format!(
            "{begin} What it posted before stays; anything that no other device had seen by then counts for nobody."
        ),
        (0, _) => format!(
            "{begin} Whoever removed it said that nothing counts of what it posted and changed: {drop}"
        ),
        (_, 1) => format!(
            "{begin} 1 of the {of} things that it posted or changed no longer counts: {drop}"
        ),
        (_, lost) => format!(
            "{begin} {lost} of the {of} things that it posted or changed no longer count: {drop}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::removed;

    #[test]
    fn what_is_lost_is_said() {
        assert!(removed(7, 7).contains("What it posted before stays"));
        assert!(removed(0, 7).contains("nothing counts"));
        assert!(removed(4, 7).contains("3 of the 7 things"));
        assert!(!removed(0, 0).contains("nothing counts"), "where there was nothing");
    }
}
