//! The view of the accounts of this browser.

use leptos::prelude::*;

use crate::app::Model;
use crate::parts::{AddAccount, Avatar, Name, OtherAccounts, Screen, ShortKey};

/// You › Accounts: the one that is open, the others, one more, and the way out.
#[component]
pub(crate) fn Accounts() -> impl IntoView {
    let me = expect_context::<Model>().me();
    view! {
        <Screen title="Accounts" back="#/you">
            <p>"Each account in this browser has its own posts, friends, keys and drafts. A tab has one of them open; for two side by side, switch in a second tab."</p>
            {me.map(|synod| view! {
                <ul class="rows rows-boxed" role="list" aria-label="The account of this tab">
                    <li class="row">
                        <Avatar synod/>
                        <span class="row-words">
                            <span class="row-title"><Name synod/>" "<span class="badge">"open here"</span></span>
                            <span class="row-note">"key "<ShortKey synod/></span>
                        </span>
                    </li>
                </ul>
            })}
            <OtherAccounts/>
            <div class="actions">
                <AddAccount/>
                <a class="button" href="#/you/accounts/leave">"Remove this account from here"</a>
            </div>
            <p class="hint">"What friends send to an account arrives while it is open. Whoever uses this browser can open all of its accounts, and a meeting point can tell that they come from the same place."</p>
        </Screen>
    }
}
