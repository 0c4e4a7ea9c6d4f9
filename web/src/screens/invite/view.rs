//! The view of an invite link.

use effigy_core::Invite;
use effigy_proto::Command;
use leptos::prelude::*;

use crate::app::{Handle, Model, error, route, task};
use crate::browser::page;
use crate::parts::{AddAccount, Avatar, Empty, Icon, Name, OtherAccounts, Screen, ShortKey};

/// Says whose invite it is. Opening a link alone follows nobody.
#[component]
pub(crate) fn InviteScreen(code: String) -> impl IntoView {
    let read = route::invite(&code, &page::origin());
    view! {
        <Screen title="Invite" back="#/">
            {match read {
                Ok(invite) => view! { <Asked invite/> }.into_any(),
                Err(why) => view! {
                    <Empty icon=Icon::Alert text=error::invite(why).to_owned()>
                        <a class="button primary" href="#/people/add">"Add a friend another way"</a>
                    </Empty>
                }.into_any(),
            }}
        </Screen>
    }
}

#[component]
fn Asked(invite: Invite) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let synod = invite.synod;
    let busy = RwSignal::new(false);
    let invite = StoredValue::new(invite);
    let agree = move |_| {
        busy.set(true);
        task::run(async move {
            let invite = invite.get_value();
            match handle.request(|ticket| Command::AcceptInvite { invite, ticket }).await {
                Ok(_) => {
                    model
                        .toasts()
                        .note("Added. You follow each other as soon as one of you is reached.");
                    page::replace(&route::person(&synod));
                }
                Err(why) => {
                    busy.try_set(false);
                    model.toasts().trouble(error::not_done(why));
                }
            }
        });
    };
    view! {
        <section class="invite">
            <Avatar synod size="large"/>
            <p class="person-name"><Name synod/></p>
            <p class="row-note">"key "<ShortKey synod/></p>
            <p>"Follow each other? You will see their posts, and they will see yours."</p>
            <div class="actions">
                <button class="button primary" type="button" disabled=busy on:click=agree>"Follow each other"</button>
                <a class="button" href="#/">"Not now"</a>
            </div>
            <details>
                <summary>"As another account of yours"</summary>
                <div class="stack">
                    <p class="hint">"The invite stays open until you are there."</p>
                    <OtherAccounts/>
                    <AddAccount/>
                </div>
            </details>
        </section>
    }
}
