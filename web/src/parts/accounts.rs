//! The other accounts of this browser: going to one of them, or making one more.

use effigy_core::Identity;
use effigy_net_web::fence;
use leptos::prelude::*;

use super::identicon::Identicon;
use super::{Glyph, Icon, ShortKey};
use crate::app::start::unmarked;
use crate::app::{Handle, Model, Phase, Route, error, task};
use crate::browser::accounts::{self, Listed};
use crate::browser::{page, update};

/// What an account is called of which the browser lost the note.
const NAMELESS: &str = "An account without a name";

/// Opens another account in this tab, once what is being written was written down.
fn open(model: Model, handle: Handle, number: u32) {
    task::run(async move {
        if !update::can_load_again().await {
            return model.toasts().trouble(error::NOT_LOADED);
        }
        if model.phase().get_untracked() == Phase::Running {
            model.desk().save_in_time(handle).await;
        }
        if !accounts::choose(number) {
            return model.toasts().trouble(error::NOT_SWITCHED);
        }
        // An invite waits for whoever comes; everything else was about who goes.
        if !matches!(Route::parse(&page::hash()), Route::Invite(_)) {
            page::replace("#/");
        }
        page::reload();
    });
}

/// The other accounts, each with a button that opens it; nothing where there are none.
#[component]
pub(crate) fn OtherAccounts() -> impl IntoView {
    let others = RwSignal::new(accounts::others());
    task::run_while_shown(async move {
        unmarked::find().await;
        others.try_set(accounts::others());
    });
    view! {
        <Show when=move || !others.with(Vec::is_empty)>
            <section class="accounts" aria-labelledby="others-title">
                <h2 id="others-title">"Other accounts in this browser"</h2>
                <ul class="rows rows-boxed" role="list" aria-labelledby="others-title">
                    <For each=move || others.get() key=|other| other.number children=|other| view! { <Other other/> }/>
                </ul>
            </section>
        </Show>
    }
}

#[component]
fn Other(other: Listed) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let Listed { account, name, number } = other;
    let name = name.unwrap_or_else(|| NAMELESS.to_owned());
    let label = format!("Switch to {name}");
    // What two accounts of one name differ in.
    let id = format!("account-{number}");
    view! {
        <li class="row">
            <Face account/>
            <span class="row-words">
                <span class="row-title"><bdi>{name}</bdi></span>
                <span class="row-note" id=id.clone()>{account.map(|synod| view! { "key "<ShortKey synod/> })}</span>
            </span>
            <button class="button" type="button" aria-label=label aria-describedby=id on:click=move |_| open(model, handle, number)>"Switch"</button>
        </li>
    }
}

/// Pictures are in the account's own store, which is closed: what is made from the key stands for it.
#[component]
fn Face(account: Option<Identity>) -> impl IntoView {
    match account {
        Some(identity) => view! { <span class="avatar"><Identicon identity/></span> }.into_any(),
        None => view! { <Glyph icon=Icon::Person/> }.into_any(),
    }
}

/// Has this tab make one more account, or says why it cannot.
#[component]
pub(crate) fn AddAccount() -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let add = move |_| match accounts::free() {
        // Without a note beside it, nobody would find it again.
        _ if !fence::is_kept() => model.toasts().trouble(error::ONE_ACCOUNT),
        Some(number) => open(model, handle, number),
        None => model.toasts().trouble(error::ENOUGH_ACCOUNTS),
    };
    view! {
        <button class="button" type="button" on:click=add><Glyph icon=Icon::PersonAdd/>"Add another account"</button>
    }
}
