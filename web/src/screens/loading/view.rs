//! The view while everything is read.

use leptos::prelude::*;

/// Shown for as long as reading takes.
#[component]
pub(crate) fn Loading() -> impl IntoView {
    view! {
        <main class="plain" aria-busy="true">
            <img class="plain-mark" src="/icons/mark.svg" width="96" height="96" alt=""/>
            <p role="status">"Opening your posts…"</p>
        </main>
    }
}
