//! The view of a tab that does not write.

use std::time::Duration;

use leptos::prelude::*;

use crate::app::{Handle, Wish};
use crate::browser::{accounts, page};
use crate::parts::OtherAccounts;

/// How long the other tab may take to finish and give way.
const PATIENCE: Duration = Duration::from_secs(12);

/// Offers to write here instead.
#[component]
pub(crate) fn OtherTab() -> impl IntoView {
    let handle = expect_context::<Handle>();
    let asked = RwSignal::new(false);
    let in_vain = RwSignal::new(false);
    let take_over = move |_| {
        asked.set(handle.wish(Wish::UseHere));
        in_vain.set(false);
        // Where it succeeds, this view is gone by then.
        let ask_again = move || {
            asked.try_set(false);
            in_vain.try_set(true);
        };
        set_timeout(ask_again, PATIENCE);
    };
    // Who has one account knows which it is.
    let who = (!accounts::others().is_empty()).then(accounts::name_here).flatten();
    page::set_title("Open in another tab · Effigy");
    view! {
        <main class="plain">
            <img class="plain-mark" src="/icons/mark.svg" width="96" height="96" alt=""/>
            <h1 tabindex="-1">"Effigy is open in another tab"</h1>
            {who.map(|name| view! { <p>"There it is open as "<b><bdi>{name}</bdi></b>"."</p> })}
            <p>"One tab at a time writes your posts, so that they never contradict each other."</p>
            <button class="button primary" type="button" disabled=asked on:click=take_over>"Use it here"</button>
            <p class="hint" role="status">
                {move || in_vain.get().then_some("The other tab has not given way. Try once more, or close it.")}
            </p>
            <OtherAccounts/>
        </main>
    }
}
