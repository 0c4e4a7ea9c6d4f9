//! The view of a tab that does not write.

use leptos::prelude::*;

use crate::app::{Handle, Wish};

/// Offers to write here instead.
#[component]
pub(crate) fn OtherTab() -> impl IntoView {
    let handle = expect_context::<Handle>();
    let asked = RwSignal::new(false);
    let take_over = move |_| asked.set(handle.wish(Wish::UseHere));
    view! {
        <main class="plain">
            <img class="plain-mark" src="/icons/mark.svg" width="96" height="96" alt=""/>
            <h1>"Effigy is open in another tab"</h1>
            <p>"One tab at a time writes your posts, so that they never contradict each other."</p>
            <button class="button primary" type="button" disabled=asked on:click=take_over>"Use it here"</button>
        </main>
    }
}
