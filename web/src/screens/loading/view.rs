//! The view while everything is read.

use leptos::prelude::*;

use crate::browser::page;

/// Shown for as long as reading takes.
#[component]
pub(crate) fn Loading() -> impl IntoView {
    page::set_title("Effigy");
    view! {
        <main class="plain" aria-busy="true">
            <img class="plain-mark" src="/icons/mark.svg" width="96" height="96" alt=""/>
            <h1>"Effigy"</h1>
            <p role="status">"Opening your posts…"</p>
        </main>
    }
}
