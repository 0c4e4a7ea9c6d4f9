//! The view before a start that may fail again.

use leptos::prelude::*;

use crate::app::{Handle, Opening, Wish};
use crate::browser::page;
use crate::parts::OtherAccounts;

/// What a person may choose: the way, its name, and what it means.
const WAYS: [(Opening, &str, &str); 3] = [
    (Opening::Usual, "Start as usual", "Tries once more."),
    (
        Opening::OwnOnly,
        "Start with my posts only",
        "Leaves out posts of others and all pictures until you say otherwise: one of them may be what stops Effigy.",
    ),
    (
        Opening::Thorough,
        "Look through everything first",
        "Reads all that is stored and sets aside what is damaged. With many posts that takes a while.",
    ),
];

/// Says what happened, and asks how to go on.
#[component]
pub(crate) fn Careful() -> impl IntoView {
    let handle = expect_context::<Handle>();
    let chosen = RwSignal::new(false);
    page::set_title("Effigy did not start · Effigy");
    view! {
        <main class="plain">
            <img class="plain-mark" src="/icons/mark.svg" width="96" height="96" alt=""/>
            <h1 tabindex="-1">"Effigy did not start the last two times"</h1>
            <p role="alert">"It stopped before it could show anything. Nothing is lost: what you posted is kept on this device. Choose how to start now."</p>
            <ul class="ways">
                {WAYS.map(|(way, name, means)| {
                    let id = format!("way-{way:?}");
                    view! {
                        <li>
                            <button class="button wide" class:primary=way == Opening::Usual type="button" disabled=chosen aria-describedby=id.clone()
                                on:click=move |_| chosen.set(handle.wish(Wish::Open(way)))>{name}</button>
                            <p class="hint" id=id>{means}</p>
                        </li>
                    }
                })}
            </ul>
            <OtherAccounts/>
            <button class="quiet" type="button" data-effigy="report" data-fault="did not start twice" data-version=env!("CARGO_PKG_VERSION")>"Copy report"</button>
        </main>
    }
}
