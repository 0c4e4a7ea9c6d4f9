//! The view when nothing works.

use leptos::prelude::*;

use crate::app::Fault;
use crate::browser::faults::WAYS_OUT;
use crate::browser::page;
use crate::parts::OtherAccounts;

/// What happened, what it means for the data, what to do.
const fn words(fault: Fault) -> (&'static str, &'static str) {
    match fault {
        Fault::Insecure => (
            "This address is not secure",
            "Browsers give a page keys and storage only over HTTPS or from the same machine. Nothing was \
             written. Open the https:// address of your meeting point.",
        ),
        Fault::LaterVersion => (
            "A newer version was here before",
            "Your posts were last written by a newer version of Effigy, and this one leaves them alone. \
             Nothing is lost. Try again to get the newer version.",
        ),
        Fault::NoStore => (
            "This browser keeps nothing",
            "The browser does not let this page store anything, perhaps because the window is private. \
             Nothing was written. Open Effigy in a normal window, or allow storage for this page.",
        ),
        Fault::Stopped => (
            "Effigy has stopped",
            "Something went wrong inside the app. What you posted before is kept on this device.",
        ),
        Fault::Unguarded => (
            "This browser cannot keep two tabs apart",
            "If two tabs wrote your posts at once, they would contradict each other. Nothing was written. \
             Allow storage for this page, or use a current browser.",
        ),
        Fault::Unsupported => (
            "This browser is too old",
            "It lacks something that Effigy needs. Nothing was written. Update the browser, or use a \
             current Firefox, Chrome, Edge or Safari.",
        ),
    }
}

/// Says why nothing works.
#[component]
pub(crate) fn Broken(fault: Fault) -> impl IntoView {
    let (title, text) = words(fault);
    page::set_title(&format!("{title} · Effigy"));
    view! {
        <main class="plain">
            <img class="plain-mark" src="/icons/mark.svg" width="96" height="96" alt=""/>
            <h1 tabindex="-1">{title}</h1>
            <p role="alert">{text}</p>
            <div class="actions">
                {WAYS_OUT.map(|(act, name)| view! {
                    <button class="button" class:primary=act == "again" type="button" data-effigy=act data-fault=format!("{fault:?}") data-version=env!("CARGO_PKG_VERSION")>{name}</button>
                })}
            </div>
            <OtherAccounts/>
        </main>
    }
}
